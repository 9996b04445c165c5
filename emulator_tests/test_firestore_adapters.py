"""The Firestore adapters on the real emulator: the same suites that hold the twins in memory to account."""

from collections.abc import Iterator

import pytest

from local.ports import address
from tests.adapters.command_store_suite import CommandStoreSuite
from tests.adapters.firestore_documents import FirestoreCommandDocuments, FirestoreDocuments, client_of
from tests.adapters.firestore_faults_suite import FirestoreFaultsSuite
from tests.adapters.generation_store_suite import GenerationStoreSuite
from tests.adapters.grpc_server import GrpcServer, forwards_to, grpc_server

pytestmark = pytest.mark.usefixtures("safelight")


@pytest.fixture
def faulty() -> Iterator[GrpcServer]:
    """In front of the emulator."""
    with forwards_to(address("firestore")) as emulator, grpc_server(emulator) as server:
        yield server


class TestFirestoreGenerations(GenerationStoreSuite, FirestoreFaultsSuite):
    @pytest.fixture
    def documents(self, faulty: GrpcServer) -> FirestoreDocuments:
        return FirestoreDocuments(faulty, client_of(address("firestore")))


class TestFirestoreCommands(CommandStoreSuite):
    @pytest.fixture
    def commands(self, faulty: GrpcServer) -> FirestoreCommandDocuments:
        return FirestoreCommandDocuments(faulty, client_of(address("firestore")))
