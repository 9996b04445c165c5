"""The Firestore adapters on the real emulator: the same suites that hold the twins in memory to account."""

from collections.abc import Iterator

import pytest
from google.cloud import firestore

from local.ports import address
from tests.adapters.command_store_suite import CommandStoreSuite
from tests.adapters.firestore_documents import (
    FirestoreCommandDocuments,
    FirestoreDocuments,
    FirestoreSweepers,
    a_project,
    client_of,
)
from tests.adapters.firestore_faults_suite import FirestoreFaultsSuite
from tests.adapters.firestore_queries_suite import FirestoreQueriesSuite
from tests.adapters.generation_queries_suite import GenerationQueriesSuite
from tests.adapters.generation_store_suite import GenerationStoreSuite
from tests.adapters.grpc_server import GrpcServer, forwards_to, grpc_server
from tests.adapters.sweeper_store_suite import SweeperStoreSuite

pytestmark = pytest.mark.usefixtures("safelight")


@pytest.fixture
def faulty() -> Iterator[GrpcServer]:
    """In front of the emulator."""
    with forwards_to(address("firestore")) as emulator, grpc_server(emulator) as server:
        yield server


@pytest.fixture
def direct() -> firestore.Client:
    return client_of(address("firestore"), a_project())


@pytest.fixture
def documents(faulty: GrpcServer, direct: firestore.Client) -> FirestoreDocuments:
    return FirestoreDocuments(faulty, direct)


class TestFirestoreGenerations(GenerationStoreSuite, FirestoreFaultsSuite):
    """The suites, with the fixture above."""


class TestFirestoreQueries(GenerationQueriesSuite, FirestoreQueriesSuite):
    """The same."""


class TestFirestoreCommands(CommandStoreSuite):
    @pytest.fixture
    def commands(self, faulty: GrpcServer, direct: firestore.Client) -> FirestoreCommandDocuments:
        return FirestoreCommandDocuments(faulty, direct)


class TestFirestoreSweeper(SweeperStoreSuite):
    @pytest.fixture
    def sweepers(self, faulty: GrpcServer, direct: firestore.Client) -> FirestoreSweepers:
        return FirestoreSweepers(faulty, direct)
