"""Every query that the code makes has its index: the emulator needs none, and production refuses what has none."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from contracts.command import COMMANDS
from contracts.paths import MediaType

ROOT = Path(__file__).parent.parent
GROUPS = {"media_type.value": {media_type.value for media_type in MediaType}, "COMMANDS": {COMMANDS}}
"""What `collection_group` is called with, as the source has it."""


def queries(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Of each query over a collection group: the group, a field, and how the query uses it."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        named = [(call.func.attr, call) for call in calls if isinstance(call.func, ast.Attribute)]
        groups = [ast.unparse(call.args[0]) for name, call in named if name == "collection_group"]
        for name, call in named:
            if groups and name in {"FieldFilter", "order_by"}:
                assert isinstance(call.args[0], ast.Constant), "a field's name is written out"
                yield groups[0], str(call.args[0].value), name


OVERRIDES = json.loads((ROOT / "firestore.indexes.json").read_text())["fieldOverrides"]


def indexed() -> set[tuple[str, str]]:
    """The fields that can be asked for over all collections of a name, upwards."""
    return {
        (override["collectionGroup"], override["fieldPath"])
        for override in OVERRIDES
        if {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"} in override["indexes"]
    }


def needed() -> set[tuple[str, str]]:
    found = [query for path in (ROOT / "adapters").glob("*.py") for query in queries(ast.parse(path.read_text()))]
    return {
        (group, field) for written, field, _ in found for group in GROUPS[written] if field != "__name__"
    }  # each index ends with the name


def test_every_query_has_its_index_and_no_index_is_for_nothing() -> None:
    assert needed() == indexed()
    assert ("images", "lease_expires_at") in needed()


def test_a_field_that_is_indexed_over_all_collections_stays_indexed_in_each() -> None:
    """An override takes the place of Firestore's own indexes, also in an app's collection of the same name."""
    for override in OVERRIDES:
        each = [index["order"] for index in override["indexes"] if index["queryScope"] == "COLLECTION"]
        assert each == (["ASCENDING", "DESCENDING"] if override["indexes"] else []), override


def test_a_query_filters_and_orders_by_one_field() -> None:
    """Two would need a composite index, which is another entry of the file."""
    for path in (ROOT / "adapters").glob("*.py"):
        for function in [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
        ]:
            assert len({field for _, field, _ in queries(function) if field != "__name__"}) <= 1


def test_a_query_is_found() -> None:
    source = "self.c.collection_group(COMMANDS).where(filter=x.FieldFilter('a', '<', 1)).order_by('b')"
    tree = ast.parse(f"def f(self):\n  {source}\n")

    assert set(queries(tree)) == {("COMMANDS", "a", "FieldFilter"), ("COMMANDS", "b", "order_by")}


def test_queries_over_groups_are_made_in_the_adapters_alone() -> None:
    for package in ("triggers", "worker", "contracts", "local"):
        for path in (ROOT / package).rglob("*.py"):
            assert "collection_group" not in path.read_text(), path
