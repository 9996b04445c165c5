"""What Authentication can answer. Who is taken for gone loses what he waits for, so doubt is never a no."""

import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import firebase_admin
import pytest
from firebase_admin import credentials
from google.auth.credentials import Credentials
from google.auth.exceptions import RefreshError

from adapters.firebase_owners import FirebaseOwners
from contracts.ports import StoreUnavailable
from tests.adapters.firebase_accounts import NOBODY_LISTENS, owners_at
from tests.adapters.http_server import (
    Answer,
    HttpServer,
    hangs_until_the_client_leaves,
    http_server,
    resets,
    says,
    says_json,
)
from tests.adapters.owners_suite import OwnersSuite

NOT_FOUND = says_json(200, {"kind": "identitytoolkit#GetAccountInfoResponse"})


@contextmanager
def owners_on(answer: Answer, seconds: float = 5.0) -> Iterator[tuple[FirebaseOwners, HttpServer]]:
    with http_server(answer) as server, owners_at(server.url.removeprefix("http://"), seconds=seconds) as owners:
        yield owners, server


class TinyAuth:
    """As much of Authentication as the adapter asks: one account."""

    somebody = "u1"
    nobody = "u2"

    def __init__(self, unreachable: FirebaseOwners) -> None:
        self.owners = unreachable
        self.unreachable = unreachable
        self.requests: list[Any] = []

    def __call__(self, connection: socket.socket) -> None:
        asked = json.loads(self.requests[-1].body)
        answer = says_json(200, {"users": [{"localId": "u1"}]}) if asked == {"localId": ["u1"]} else NOT_FOUND
        answer(connection)


class TestFirebaseOwners(OwnersSuite):
    @pytest.fixture
    def accounts(self) -> Iterator[TinyAuth]:
        with owners_at(NOBODY_LISTENS) as unreachable:
            accounts = TinyAuth(unreachable)
            with owners_on(accounts) as (owners, server):
                accounts.owners, accounts.requests = owners, server.requests
                yield accounts


def test_it_is_asked_once_for_the_user_of_this_project() -> None:
    with owners_on(NOT_FOUND) as (owners, server):
        owners.exists("u1")

    (request,) = server.requests
    assert request.method == "POST"
    assert request.target.endswith("/v1/projects/demo-adapters/accounts:lookup")


def test_an_id_that_no_account_can_have_is_not_even_asked_for() -> None:
    with owners_on(says(500)) as (owners, server):
        assert not owners.exists("a/b")

    assert server.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says(400), id="400"),
        pytest.param(says_json(400, {"error": {"message": "INVALID_ID_TOKEN"}}), id="400 with a code"),
        pytest.param(says(401), id="401"),
        pytest.param(says_json(403, {"error": {"message": "PERMISSION_DENIED"}}), id="403"),
        pytest.param(says_json(404, {"error": {"message": "CONFIGURATION_NOT_FOUND"}}), id="no such project"),
        pytest.param(says(404), id="404"),
        pytest.param(says(429), id="429"),
        pytest.param(says(502), id="502"),
        pytest.param(says(200, b"<html>"), id="an HTML page"),
        pytest.param(says(200), id="nothing"),
        pytest.param(resets, id="a reset"),
        pytest.param(lambda _: None, id="a connection closed at once"),
    ],
)
def test_whatever_else_it_says_is_no_word_about_the_user(answer: Answer) -> None:
    with owners_on(answer) as (owners, _), pytest.raises(StoreUnavailable, match=r"^Authentication could not "):
        owners.exists("u1")


def test_a_server_that_never_answers_is_not_waited_for_longer_than_was_said() -> None:
    with owners_on(hangs_until_the_client_leaves, seconds=0.2) as (owners, _), pytest.raises(StoreUnavailable):
        owners.exists("u1")


class Revoked(Credentials):
    def refresh(self, request: object) -> None:
        error: Any = RefreshError  # the library is untyped
        raise error("secret-canary")


class Key(credentials.Base):  # type: ignore[misc]  # the library is untyped
    def get_credential(self) -> Credentials:
        revoked: Any = Revoked
        credential: Credentials = revoked()
        return credential


@pytest.mark.parametrize("project", ["my-app", None], ids=["a key that was revoked", "no project at all"])
def test_what_is_wrong_with_our_own_settings_is_no_word_about_the_user(
    project: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "FIREBASE_CONFIG", "FIREBASE_AUTH_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    options = {"projectId": project} if project else {}
    app = firebase_admin.initialize_app(Key(), options, name=uuid.uuid4().hex)

    with pytest.raises(StoreUnavailable) as raised:
        FirebaseOwners(app).exists("u1")

    firebase_admin.delete_app(app)
    assert "secret-canary" not in str(raised.value)
