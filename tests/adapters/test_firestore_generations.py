"""`FirestoreGenerations` on a tiny Firestore of our own; emulator_tests/ has the same on the emulator."""

from collections.abc import Iterator

import pytest

from adapters.firestore_calls import CALL_TIMEOUT_SECONDS, GIVE_UP_AFTER_SECONDS, RETRY
from tests.adapters.firestore_documents import FirestoreDocuments, client_of
from tests.adapters.firestore_faults_suite import FirestoreFaultsSuite
from tests.adapters.firestore_queries_suite import FirestoreQueriesSuite
from tests.adapters.generation_queries_suite import GenerationQueriesSuite
from tests.adapters.generation_store_suite import GenerationStoreSuite
from tests.adapters.grpc_server import grpc_server
from tests.adapters.tiny_firestore import TinyFirestore


@pytest.fixture
def documents() -> Iterator[FirestoreDocuments]:
    firestore = TinyFirestore()
    with grpc_server(firestore) as faulty, grpc_server(firestore) as sound:
        yield FirestoreDocuments(faulty, client_of(sound.address))


class TestFirestoreGenerations(GenerationStoreSuite, FirestoreFaultsSuite):
    """The suites, with the fixture above."""


class TestFirestoreQueries(GenerationQueriesSuite, FirestoreQueriesSuite):
    """The same."""


def test_an_unreachable_firestore_is_given_up_while_a_function_still_lives() -> None:
    assert RETRY.timeout == GIVE_UP_AFTER_SECONDS
    assert (
        GIVE_UP_AFTER_SECONDS + CALL_TIMEOUT_SECONDS <= 15.0
    )  # the library's own would be 300 s, a function has 60 s
