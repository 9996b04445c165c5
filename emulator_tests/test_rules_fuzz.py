"""One of each kind of what is malicious, and some of what is not; and a hole in the rules is seen."""

import functools
from collections.abc import Iterator
from random import Random

import pytest

from chaos.rules import run, valid
from chaos.rules.coverage import Coverage
from chaos.rules.emulator import Emulator
from chaos.rules.run import RULES, malicious_creations, prove, wrong_answers
from chaos.rules.tries import GRANTED, Try, commit
from local.emulator_suite import EmulatorSuite

pytestmark = pytest.mark.own_stack

ONE_OF_EACH = len(malicious_creations())
FEW = 150
HOLES = {
    "images: from a stranger": ("request.auth.uid == user_id", "request.auth.uid is string"),
    "videos: from nobody": ("return request.auth != null && request.auth.uid == user_id", "return true"),
    "commands: created at this moment": (" data.created_at == request.time", " data.created_at is timestamp"),
    "images: in a stranger's name": ("data.user_id == user_id", "data.user_id is string"),
    "commands: '__x__' for file_uid": (" && !id.matches('__.*__')", ""),
    "images: maps in maps for width": ("data[key] is int && data[key] >= least && data[key] <= most", "true"),
    "videos: NaN for guidance_scale": ("data[key] >= least && data[key] <= most", "!(data[key] < least)"),
    "images: somebody else's upload as input_image": ("path == 'uploads/' + user_id + '/'", "path == path || ''"),
    "images: attempt, which the server writes": ("'schema_version', 'request_data'", "'attempt', 'request_data'"),
    "images: a prompt that is too long": (".size() <= most", ".size() <= most + 2"),
}


@pytest.fixture(scope="module", autouse=True)
def emulator() -> Iterator[Emulator]:
    with EmulatorSuite(only={"firestore"}), Emulator() as emulator:
        yield emulator


def test_whatever_is_malicious_is_refused_and_nothing_else() -> None:
    assert prove(1, ONE_OF_EACH, FEW, FEW).violations == []


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_seen(hole: str, emulator: Emulator) -> None:
    wall, gone = HOLES[hole]
    assert wall in RULES
    rules = RULES.replace(wall, gone)
    emulator.hold(rules)
    emulator.empty()
    tries = [one for one in three_of_each() if one.what == hole]

    violations = list(wrong_answers(emulator, tries, Coverage(rules)))

    assert any(violation.startswith(f"answered {GRANTED} instead of") for violation in violations)


@functools.cache
def three_of_each() -> list[Try]:
    return [one for seed in range(3) for one in drawn(seed)]


def drawn(seed: int) -> Iterator[Try]:
    return (draw(Random(seed)) for draw in malicious_creations())


def test_a_document_that_was_changed_is_seen_whatever_was_answered() -> None:
    rules = RULES.replace("allow read: if owns(user_id);", "allow read, update, delete: if owns(user_id);")

    violations = prove(1, 0, 0, FEW, rules=rules).violations

    assert any(violation.startswith("was changed or removed: generations/") for violation in violations)


def test_rules_that_refuse_what_is_valid_are_seen() -> None:
    rules = RULES.replace("allow create: if ", "allow create: if false && ")

    violations = prove(1, 0, 3, 0, rules=rules).violations

    assert sum(violation.startswith("answered 403 instead of 200") for violation in violations) >= 3


def test_contracts_that_say_otherwise_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "contracts_accept", lambda _: True)

    violations = prove(1, 20, 1, 0).violations

    assert any(violation.startswith("contracts/ do not agree: ") for violation in violations)


def test_an_expression_that_was_of_no_use_is_seen(emulator: Emulator) -> None:
    coverage = Coverage(RULES)
    emulator.hold(RULES)
    emulator.empty()
    creation = valid.generation(Random(1))

    assert coverage.gaps() == ["the emulator told of no expression at all"]
    written = commit("", creation.user, [creation.write], answer=GRANTED)
    assert list(wrong_answers(emulator, [written], coverage)) == []

    gaps = {gap.partition(": ")[2] for gap in coverage.gaps()}
    assert "data.status == 'queued': was never false" in gaps
    assert "request.auth != null: was never false" in gaps
    assert "data.type in ['cancel', 'delete': never came to anything" in gaps


def test_the_same_seed_tries_the_same() -> None:
    asked = [str(one) for one in drawn(3) if "this moment" not in one.what]

    assert asked == [str(one) for one in drawn(3) if "this moment" not in one.what]
    assert asked != [str(one) for one in drawn(4) if "this moment" not in one.what]
