"""Endings on a Pub/Sub that misbehaves: an ending is a hint, and may never stand in the way of a job."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.cloud.pubsub_v1 import PublisherClient
from google.pubsub_v1 import types

from adapters.pubsub_endings import PubSubEndings
from contracts.dead_letter import DeadLetter
from contracts.ending import Ending
from contracts.errors import ErrorCode
from tests.adapters.grpc_server import Answer, GrpcError, Metadata, grpc_server

LETTER = DeadLetter(
    document="generations/u1/images/f1", code=ErrorCode.WORKER_LOST, stage="generating", failures=3, attempts=4
)
ENDING = Ending(user_id="u1", media_type="images", file_uid="f1", status="failed", error_code="unknown_model")


@contextmanager
def endings_on(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PubSubEndings]:
    with grpc_server(answer) as server:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", server.address)
        publisher = PublisherClient()
        yield PubSubEndings(publisher, "my-app")
        publisher.stop()


def test_the_message_says_what_ended_and_how(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived: list[Any] = []

    def take(method: str, request: bytes, metadata: Metadata) -> list[bytes]:
        arrived.append(types.PublishRequest.deserialize(request))
        return [types.PublishResponse.serialize(types.PublishResponse(message_ids=["1"]))]

    with endings_on(take, monkeypatch) as endings:
        endings.publish(ENDING)

    (request,) = arrived
    assert request.topic == "projects/my-app/topics/generation-events"
    (message,) = request.messages
    assert Ending.model_validate_json(message.data) == ENDING
    assert dict(message.attributes) == {"status": "failed"}


def test_a_dead_letter_says_what_was_given_up_on_a_topic_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived: list[Any] = []

    def take(method: str, request: bytes, metadata: Metadata) -> list[bytes]:
        arrived.append(types.PublishRequest.deserialize(request))
        return [types.PublishResponse.serialize(types.PublishResponse(message_ids=["1"]))]

    with endings_on(take, monkeypatch) as endings:
        endings.publish_dead_letter(LETTER)

    (request,) = arrived
    assert request.topic == "projects/my-app/topics/generation-dead-letters"
    (message,) = request.messages
    assert DeadLetter.model_validate_json(message.data) == LETTER
    assert dict(message.attributes) == {"code": "worker_lost"}


def refuses(code: grpc.StatusCode) -> Answer:
    def answer(method: str, request: bytes, metadata: Metadata) -> list[bytes]:
        raise GrpcError(code)

    return answer


def hangs(method: str, request: bytes, metadata: Metadata) -> list[bytes]:
    threading.Event().wait(1.5)
    return []


@pytest.mark.parametrize(
    "answer",
    [
        refuses(grpc.StatusCode.NOT_FOUND),
        refuses(grpc.StatusCode.PERMISSION_DENIED),
        refuses(grpc.StatusCode.UNAVAILABLE),
        refuses(grpc.StatusCode.INTERNAL),
        hangs,
    ],
    ids=["no topic", "no permission", "unavailable", "internal", "silent"],
)
def test_what_cannot_be_published_is_a_warning_and_nothing_more(
    answer: Callable[..., list[bytes]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("adapters.pubsub_endings.PUBLISH_TIMEOUT_SECONDS", 0.5)
    caplog.set_level(logging.WARNING, logger="adapters")

    with endings_on(answer, monkeypatch) as endings:
        endings.publish(ENDING)
        endings.publish_dead_letter(LETTER)

    ending, letter = [record for record in caplog.records if record.name == "adapters.pubsub_endings"]
    assert ending.message == letter.message == "ending_not_published"
    assert ending.__dict__["file_uid"] == "f1"
    assert letter.__dict__["generation"] == "generations/u1/images/f1"


def test_what_was_given_up_is_not_tried_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.pubsub_endings.PUBLISH_TIMEOUT_SECONDS", 0.5)

    with endings_on(refuses(grpc.StatusCode.UNAVAILABLE), monkeypatch) as endings:
        endings.publish(ENDING)
        trying = [thread for thread in threading.enumerate() if thread.name == "Thread-CommitBatchPublisher"]
        for thread in trying:
            thread.join(2)

    assert not any(thread.is_alive() for thread in trying)
