"""A Firestore as the suites want it: a store that sees it through a faulty server, and a way around that."""

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore

from adapters.firestore_calls import RETRY
from adapters.firestore_commands import FirestoreCommands
from adapters.firestore_generations import FirestoreGenerations
from adapters.firestore_sweeper import FirestoreSweeper
from contracts.command import COMMANDS
from contracts.paths import GenerationPath
from tests.adapters.grpc_server import GrpcServer

PROJECT = "demo-adapters"  # not the project whose functions the emulator wakes
NOBODY_LISTENS = "127.0.0.1:1"
AT_ONCE = Retry(predicate=if_exception_type(), timeout=1.0)
"""Gives up at the first error."""
LONGEST_PAUSE_SECONDS = 0.05  # those who contend need their jitter, the others need not wait


class FirestoreDocuments:
    """See `generation_store_suite.Documents`."""

    def __init__(self, server: GrpcServer, direct: firestore.Client) -> None:
        self.server = server
        self.client = client_of(server.address, direct.project)
        self.store = FirestoreGenerations(self.client, sleep=self._sleep, retry=RETRY)
        self.unreachable = FirestoreGenerations(client_of(NOBODY_LISTENS), retry=AT_ONCE)
        self.pauses: list[float] = []
        self.between_tries: Callable[[], None] = lambda: None
        self._direct = direct

    def put(self, path: GenerationPath, fields: Mapping[str, Any]) -> None:
        self.put_at(path.document, fields)

    def put_at(self, document: str, fields: Mapping[str, Any]) -> None:
        """Anywhere, also where no generation can be."""
        self._direct.document(document).set(dict(fields))

    def fields(self, path: GenerationPath) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._direct.document(path.document).get().to_dict()
        return found

    def drop(self, path: GenerationPath) -> None:
        self._direct.document(path.document).delete()

    def calls_of_store(self, method: str) -> int:
        return self.server.calls.count(method)

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        time.sleep(min(seconds, LONGEST_PAUSE_SECONDS))
        self.between_tries()


@contextmanager
def emulator_at(address: str) -> Iterator[None]:
    """Google's client reads this variable where it is made."""
    before = os.environ.get("FIRESTORE_EMULATOR_HOST")
    os.environ["FIRESTORE_EMULATOR_HOST"] = address
    try:
        yield
    finally:
        del os.environ["FIRESTORE_EMULATOR_HOST"]
        if before is not None:
            os.environ["FIRESTORE_EMULATOR_HOST"] = before


def a_project() -> str:
    """With no documents: a query of the real emulator would find those of other tests."""
    return f"{PROJECT}-{uuid.uuid4().hex[:8]}"


def client_of(address: str, project: str = PROJECT) -> firestore.Client:
    """A client that is connected already, so that it does not read the environment later."""
    with emulator_at(address):
        client = firestore.Client(project=project)
        _ = client._firestore_api
    return client


class FirestoreCommandDocuments:
    """See `command_store_suite.Commands`."""

    def __init__(self, server: GrpcServer, direct: firestore.Client) -> None:
        self.server = server
        self.store = FirestoreCommands(client_of(server.address, direct.project))
        self.unreachable = FirestoreCommands(client_of(NOBODY_LISTENS), retry=AT_ONCE)
        self._direct = direct

    def put(self, user_id: str, command_id: str, fields: Mapping[str, Any]) -> None:
        self.put_at(f"generations/{user_id}/{COMMANDS}/{command_id}", fields)

    def put_at(self, document: str, fields: Mapping[str, Any]) -> None:
        """Anywhere, also where no command can be."""
        self._direct.document(document).set(dict(fields))


class FirestoreSweepers:
    """See `sweeper_store_suite.Sweepers`."""

    def __init__(self, server: GrpcServer, direct: firestore.Client) -> None:
        self.server = server
        self.store = FirestoreSweeper(client_of(server.address, direct.project))
        self.unreachable = FirestoreSweeper(client_of(NOBODY_LISTENS), retry=AT_ONCE)
        self.direct = direct
