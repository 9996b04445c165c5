from collections.abc import Mapping
from typing import Any

import pytest

from adapters.in_memory import InMemoryGenerations
from contracts.paths import GenerationPath
from tests.adapters.generation_queries_suite import GenerationQueriesSuite
from tests.adapters.generation_store_suite import GenerationStoreSuite, claims
from tests.contracts.documents import DISPATCHED, IMAGE_PATH


class InMemoryDocuments:
    def __init__(self) -> None:
        self.store = InMemoryGenerations()
        self.unreachable = InMemoryGenerations()
        self.unreachable.unavailable = True

    def put(self, path: GenerationPath, fields: Mapping[str, Any]) -> None:
        self.store.put(path, fields)

    def fields(self, path: GenerationPath) -> dict[str, Any] | None:
        return self.store.documents.get(path)

    def drop(self, path: GenerationPath) -> None:
        self.store.documents.pop(path, None)
        self.store._versions[path] = self.store._versions.get(path, 0) + 1


@pytest.fixture
def documents() -> InMemoryDocuments:
    return InMemoryDocuments()


class TestInMemoryGenerations(GenerationStoreSuite):
    """The suite, with the fixture above."""


class TestInMemoryQueries(GenerationQueriesSuite):
    """The same."""


def test_a_test_can_slip_in_before_a_write() -> None:
    seen: list[GenerationPath] = []
    store = InMemoryGenerations(before_write=seen.append)
    store.put(IMAGE_PATH, DISPATCHED)

    store.apply(IMAGE_PATH, claims("mine"))

    assert seen == [IMAGE_PATH]
