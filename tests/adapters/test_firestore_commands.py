"""`FirestoreCommands` on a tiny Firestore of our own; emulator_tests/ has the same on the emulator."""

from collections.abc import Iterator

import pytest

from tests.adapters.command_store_suite import CANCEL, CommandStoreSuite
from tests.adapters.firestore_documents import FirestoreCommandDocuments, client_of
from tests.adapters.grpc_server import Fault, grpc_server
from tests.adapters.tiny_firestore import TinyFirestore
from tests.contracts.documents import CREATED_AT


@pytest.fixture
def commands() -> Iterator[FirestoreCommandDocuments]:
    firestore = TinyFirestore()
    with grpc_server(firestore) as faulty, grpc_server(firestore) as sound:
        yield FirestoreCommandDocuments(faulty, client_of(sound.address))


class TestFirestoreCommands(CommandStoreSuite):
    """The suite, with the fixture above."""


def test_calls_that_fail_in_passing_are_repeated(commands: FirestoreCommandDocuments) -> None:
    commands.put("u1", "c1", CANCEL)
    commands.server.faults.extend([Fault(method="BatchGetDocuments"), Fault(method="Commit")])

    assert commands.store.read("u1", "c1") is not None
    commands.store.remove("u1", "c1")

    assert commands.store.read("u1", "c1") is None
    assert commands.server.faults == []


def test_what_lies_elsewhere_is_no_command_that_waits(commands: FirestoreCommandDocuments) -> None:
    commands.put("u1", "c1", CANCEL)
    for document in ("elsewhere/u1/commands/c1", "generations/u1/images/f1/commands/c1", "commands/c1"):
        commands.put_at(document, CANCEL)

    assert commands.store.waiting(until=CREATED_AT, limit=10) == [("u1", "c1")]


def test_a_query_that_fails_in_passing_is_asked_again(commands: FirestoreCommandDocuments) -> None:
    commands.put("u1", "c1", CANCEL)
    commands.server.faults.append(Fault(method="RunQuery"))

    assert commands.store.waiting(until=CREATED_AT, limit=10) == [("u1", "c1")]
    assert commands.server.faults == []
