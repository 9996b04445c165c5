"""Events as Eventarc and the Functions emulator post them, through functions-framework to the use cases."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from google.cloud.firestore_v1._helpers import encode_dict
from google.cloud.firestore_v1.types import Document as FirestoreDocument
from google.events.cloud.firestore import Document, DocumentEventData

from contracts.paths import GenerationPath, MediaType
from contracts.runpod_job import RunPodJob, RunPodStatus
from contracts.webhook_token import Hint
from tests.contracts.documents import CREATED_AT, ENDED_AT, IMAGE_PATH, PROCESSING, QUEUED
from tests.triggers.outside_in_memory import InMemory

MAIN = Path(__file__).parent.parent.parent / "triggers" / "main.py"
CREATED = "google.cloud.firestore.document.v1.created"

NAME = "projects/my-app/databases/(default)/documents/"


@dataclass
class App:
    """The functions as they are served, and what they reach at the moment."""

    client: Any
    memory: InMemory

    def post(self, document: str, copy: Mapping[str, Any] | None = None) -> int:
        """Post the event of a new document, with this copy of it; the answer's HTTP status."""
        status: int = self.client.post("/", data=event(document, copy), headers=headers_for(document)).status_code
        return status


@pytest.fixture(scope="module")
def served() -> Iterator[App]:
    """Loading main.py declares parameters and sets up logging, once in a process."""
    loggers = [logging.getLogger(name) for name in (None, "adapters", "triggers")]
    before = [(logger, logger.handlers, logger.level, logger.propagate) for logger in loggers]
    app = App(client=None, memory=InMemory())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNCTION_SIGNATURE_TYPE", "cloudevent")
        patch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")  # the library makes a client, and never asks it
        patch.setenv("GCLOUD_PROJECT", "my-app")
        patch.setattr("triggers.wiring.outside", lambda: app.memory.outside)
        create_app: Any = functions_framework.create_app  # the library is untyped
        app.client = create_app("on_created", str(MAIN)).test_client()
        yield app
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.level, logger.propagate = handlers, level, propagate


@pytest.fixture
def app(served: App) -> App:
    served.memory = InMemory()
    return served


def requested(path: GenerationPath) -> dict[str, Any]:
    return QUEUED | {
        "user_id": path.user_id,
        "file_uid": path.file_uid,
        "request_data": {"prompt": "a red circle"},
    }


def event(document: str, copy: Mapping[str, Any] | None) -> bytes:
    value = None
    if copy is not None:  # the same message, in two libraries
        written = FirestoreDocument(name=NAME + document, fields=encode_dict(copy))
        value = Document.deserialize(FirestoreDocument.serialize(written))
    data: bytes = DocumentEventData.serialize(DocumentEventData(value=value, update_mask={"field_paths": ["x"]}))
    return data


def headers_for(document: str) -> dict[str, str]:
    """Those that Eventarc sends. Ids travel as UTF-8, which WSGI reads byte by byte."""
    return {
        "Content-Type": "application/protobuf",
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-type": CREATED,
        "ce-source": "//firestore.googleapis.com/projects/my-app/databases/(default)",
        "ce-subject": f"documents/{document}".encode().decode("latin-1"),
        "ce-time": "2026-11-23T12:00:00.000000Z",
        "ce-location": "nam5",
        "ce-project": "my-app",
        "ce-database": "(default)",
        "ce-namespace": "(default)",
        "ce-document": document.encode().decode("latin-1"),
    }


@pytest.mark.parametrize("media_type", MediaType)
@pytest.mark.parametrize("user_id", ["u1", "übung", "日本😀", "a b%20+"])
def test_a_new_generation_is_dispatched(media_type: MediaType, user_id: str, app: App) -> None:
    path = GenerationPath(user_id=user_id, media_type=media_type, file_uid="f1")
    app.memory.generations.put(path, requested(path))

    assert app.post(path.document) == 200

    assert len(app.memory.runpod.submitted) == 1
    assert app.memory.generations.documents[path]["runpod_job_id"] == "job-1"


def test_an_id_that_arrives_as_it_is_stays_as_it_is(app: App) -> None:
    """As from a sender whose headers are Latin-1."""
    path = GenerationPath(user_id="übung", media_type=MediaType.IMAGES, file_uid="f1")
    app.memory.generations.put(path, requested(path))

    as_it_is = headers_for(path.document) | {"ce-document": path.document}
    answer = app.client.post("/", data=event(path.document, None), headers=as_it_is)

    assert answer.status_code == 200
    assert len(app.memory.runpod.submitted) == 1


def test_the_events_copy_is_not_looked_at(app: App) -> None:
    """It can be old: the document may have been cancelled since."""
    path = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1")
    app.memory.generations.put(path, requested(path) | {"status": "cancelled"})

    assert app.post(path.document, copy=requested(path)) == 200

    assert app.memory.runpod.submitted == []


def test_an_event_for_a_document_that_is_gone_does_nothing(app: App) -> None:
    assert app.post("generations/u1/images/f1") == 200

    assert app.memory.runpod.submitted == []


def test_a_new_command_is_carried_out(app: App) -> None:
    path = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1")
    app.memory.generations.put(path, requested(path))
    app.memory.commands.documents["u1", "c1"] = {
        "type": "cancel", "media_type": "images", "file_uid": "f1", "created_at": CREATED_AT,
    }  # fmt: skip

    assert app.post("generations/u1/commands/c1") == 200

    assert app.memory.generations.documents[path]["status"] == "cancelled"
    assert app.memory.commands.documents == {}


def test_other_collections_are_left_alone(app: App) -> None:
    """An app may keep documents of its own beside ours."""
    app.memory.commands.documents["u1", "n1"] = {"type": "cancel"}  # whatever the collection is called

    assert app.post("generations/u1/notes/n1") == 200
    assert app.post("generations/u1/Images/f1") == 200

    assert app.memory.runpod.submitted == []
    assert list(app.memory.commands.documents) == [("u1", "n1")]


def test_a_failure_of_ours_is_told_to_whoever_delivers(app: App) -> None:
    path = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1")
    app.memory.generations.put(path, requested(path))
    app.memory.generations.unavailable = True

    assert app.post(path.document) == 500


SECRET = "0123456789abcdef" * 2


def call(name: str, path: str, patch: pytest.MonkeyPatch, memory: InMemory, **kept: str) -> int:
    """The answer of one of the functions that are called over HTTP."""
    patch.setenv("FUNCTION_SIGNATURE_TYPE", "http")
    patch.setattr("triggers.wiring.outside", lambda: memory.outside)
    patch.setattr("firebase_functions.params._params", {})  # each can be declared once in a process
    for variable, value in kept.items():
        patch.setenv(variable, value)
    create_app: Any = functions_framework.create_app
    status: int = create_app(name, str(MAIN)).test_client().post(path).status_code
    return status


@pytest.fixture
def processing() -> InMemory:
    memory = InMemory()
    memory.generations.put(IMAGE_PATH, PROCESSING)
    memory.runpod.jobs["ab-u1"] = RunPodJob(status=RunPodStatus.FAILED)
    return memory


def test_each_minute_what_stopped_moving_is_finished(
    monkeypatch: pytest.MonkeyPatch, processing: InMemory, served: App
) -> None:
    processing.now = PROCESSING["lease_expires_at"]

    assert call("on_minute", "/", monkeypatch, processing) == 200

    assert processing.generations.documents[IMAGE_PATH]["status"] == "queued"


def test_each_day_what_nobody_owns_is_removed(
    monkeypatch: pytest.MonkeyPatch, processing: InMemory, served: App
) -> None:
    collected: list[object] = []
    processing.objects.all = lambda **when: collected.append(when) or iter(())  # type: ignore[method-assign,func-returns-value]

    assert call("on_day", "/", monkeypatch, processing) == 200

    assert collected == [{"stored_before": processing.now - timedelta(days=1)}]


def hint(expires_at: datetime = ENDED_AT) -> str:
    return Hint(path=IMAGE_PATH, created_at=CREATED_AT, attempt=1, expires_at=expires_at).sign(SECRET)


def test_the_webhook_with_a_token_of_ours_is_followed(
    monkeypatch: pytest.MonkeyPatch, processing: InMemory, served: App
) -> None:
    status = call("on_runpod_webhook", f"/{hint()}", monkeypatch, processing, RUNPOD_WEBHOOK_SECRET=SECRET)

    assert status == 200
    assert processing.generations.documents[IMAGE_PATH]["status"] == "queued"


@pytest.mark.parametrize("token", ["", "x", "x.y", hint() + "x", hint(expires_at=CREATED_AT)])
def test_the_webhook_with_another_token_is_not(
    monkeypatch: pytest.MonkeyPatch, processing: InMemory, served: App, token: str
) -> None:
    status = call("on_runpod_webhook", f"/{token}", monkeypatch, processing, RUNPOD_WEBHOOK_SECRET=SECRET)

    assert status == 404
    assert processing.generations.documents[IMAGE_PATH] == PROCESSING


@pytest.mark.parametrize("secret", ["", "short"])
def test_the_webhook_without_a_secret_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, processing: InMemory, served: App, secret: str
) -> None:
    assert call("on_runpod_webhook", "/x.y", monkeypatch, processing, RUNPOD_WEBHOOK_SECRET=secret) == 500

    assert processing.generations.documents[IMAGE_PATH] == PROCESSING
