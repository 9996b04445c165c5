"""Endings on the real Pub/Sub emulator: from the adapter to whoever subscribes."""

import uuid
from typing import Any

import pytest
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from adapters.pubsub_endings import PubSubEndings
from contracts.dead_letter import DEAD_LETTERS, DeadLetter
from contracts.ending import TOPIC, Ending
from local.emulator_environment import PROJECT
from local.ports import address

pytestmark = pytest.mark.usefixtures("safelight")

LETTER = DeadLetter(
    document="generations/u1/images/f1", code="worker_lost", stage="generating", failures=3, attempts=4
)
ENDING = Ending(user_id="u1", media_type="videos", file_uid="f1", status="completed")


@pytest.fixture(autouse=True)
def emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address("pubsub"))


def test_an_ending_arrives() -> None:
    subscriber: Any = SubscriberClient()
    subscription = subscriber.subscription_path(PROJECT, f"test-{uuid.uuid4().hex}")
    with subscriber:
        subscriber.create_subscription(name=subscription, topic=subscriber.topic_path(PROJECT, TOPIC))

        PubSubEndings(PublisherClient(), PROJECT).publish(ENDING)

        (received,) = subscriber.pull(subscription=subscription, max_messages=10, timeout=30).received_messages
        subscriber.delete_subscription(subscription=subscription)
    assert Ending.model_validate_json(received.message.data) == ENDING
    assert dict(received.message.attributes) == {"status": "completed"}


def test_a_dead_letter_arrives_on_a_topic_of_its_own() -> None:
    subscriber: Any = SubscriberClient()
    subscription = subscriber.subscription_path(PROJECT, f"test-{uuid.uuid4().hex}")
    topic = subscriber.topic_path(PROJECT, DEAD_LETTERS)
    with subscriber:
        subscriber.create_subscription(name=subscription, topic=topic)

        PubSubEndings(PublisherClient(), PROJECT).publish_dead_letter(LETTER)

        (received,) = subscriber.pull(subscription=subscription, max_messages=10, timeout=30).received_messages
        subscriber.delete_subscription(subscription=subscription)
    assert DeadLetter.model_validate_json(received.message.data) == LETTER
    assert dict(received.message.attributes) == {"code": "worker_lost"}


def test_a_project_without_the_topic_gets_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    PubSubEndings(PublisherClient(), "demo-of-somebody-else").publish(ENDING)

    (record,) = [record for record in caplog.records if record.message == "ending_not_published"]
    assert record.__dict__["cause"] == "NotFound"
