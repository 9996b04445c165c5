"""Firebase Authentication's client on a server of one's own, which the client takes for the Auth emulator."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import firebase_admin
import pytest
from firebase_admin import auth

from adapters.firebase_owners import FirebaseOwners

NOBODY_LISTENS = "127.0.0.1:1"


@contextmanager
def owners_at(address: str, project: str = "demo-adapters", seconds: float = 5.0) -> Iterator[FirebaseOwners]:
    """The adapter, patient for so long."""
    options = {"projectId": project, "httpTimeout": seconds}
    app = firebase_admin.initialize_app(options=options, name=uuid.uuid4().hex)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FIREBASE_AUTH_EMULATOR_HOST", address)
        client = auth._get_client(app)  # so that it does not read the environment later
    try:
        yield FirebaseOwners(app)
    finally:
        client._user_manager.http_client.close()
        firebase_admin.delete_app(app)
