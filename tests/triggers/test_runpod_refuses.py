"""What the document says when RunPod did not take the job: the real adapter against a real, bad server."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryRunPod
from adapters.runpod_http import RunPodHttp
from contracts.errors import Broken, ErrorCode, FailedStage, GenerationFailed, Unavailable
from contracts.paths import GenerationPath, MediaType
from tests.adapters.http_server import Answer, http_server, resets, says, says_json
from tests.contracts.documents import (
    CANCELLED,
    CREATED_AT,
    DISPATCHED_AGAIN,
    IMAGE_PATH,
    PROCESSING,
    QUEUED,
    VIDEO_PATH,
)
from tests.triggers.outside_in_memory import PATIENCE, InMemory
from triggers.breaker import OPERATOR_HAS_TO_ACT
from triggers.dispatch import dispatch

API_KEY = "rpa_VERY-SECRET"
PROMPT = QUEUED["request_data"]["prompt"]
REQUESTED: dict[str, Any] = QUEUED | {"request_data": {"prompt": PROMPT}}


SECOND = timedelta(seconds=1)
LATER_PATH = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="later")


def after(answer: Answer, world: InMemory, requested: Mapping[str, Any] = REQUESTED) -> dict[str, Any]:
    """The document after RunPod has given this answer to its one POST."""
    world.generations.put(IMAGE_PATH, requested)
    with http_server(answer) as server:
        runpod = RunPodHttp(base_url=server.url, endpoint_id="e1", api_key=API_KEY)
        dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))
    assert len(server.requests) == 1
    return world.generations.documents[IMAGE_PATH]


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "runpod_unauthorized"), (402, "runpod_no_credit"), (404, "runpod_endpoint_not_found")],
)
def test_what_only_the_operator_can_mend_costs_the_request_nothing(
    status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="triggers")
    world = InMemory()

    document = after(says(status), world)

    assert (document["status"], document["failures"], document["attempt"]) == ("queued", 0, 2)
    assert document["lease_expires_at"] == world.now + PATIENCE.breaker
    assert [attempt["code"] for attempt in document["attempts"]] == [code]
    assert world.sweeper.breaker_opened == (code, world.now + PATIENCE.breaker)
    assert world.endings.published == []
    refused, called = caplog.records
    assert (refused.levelname, refused.message) == ("ERROR", "runpod_refused")
    assert (vars(refused)["generation"], vars(refused)["code"]) == (IMAGE_PATH.document, code)
    assert (called.levelname, called.message) == ("CRITICAL", "operator_needed")
    assert (vars(called)["code"], vars(called)["what"]) == (code, OPERATOR_HAS_TO_ACT[ErrorCode(code)])
    assert not any(secret in str(vars(record)) for record in caplog.records for secret in (API_KEY, PROMPT))


class RefusesAll(InMemoryRunPod):
    """No credit. While the first is on its way, `meanwhile` happens."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile = meanwhile
        self.failure = Broken(ErrorCode.RUNPOD_NO_CREDIT, FailedStage.DISPATCHING, "No credit.")

    def submit(self, body: Mapping[str, Any]) -> str:
        if not self.submitted:
            self.submitted.append(body)
            self._meanwhile()
        return super().submit(body)


def test_the_operator_is_called_once_for_all_that_hear_it_and_again_when_it_was_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = InMemory()
    for path in (IMAGE_PATH, VIDEO_PATH, LATER_PATH):
        world.generations.put(path, REQUESTED | {"file_uid": path.file_uid})
    outside = world.outside_with(runpod=RefusesAll(lambda: dispatch(VIDEO_PATH, outside)))

    dispatch(IMAGE_PATH, outside)
    dispatch(LATER_PATH, outside)  # is not even tried

    assert called(caplog) == ["runpod_no_credit"]
    world.now += PATIENCE.breaker
    dispatch(LATER_PATH, outside)
    assert called(caplog) == ["runpod_no_credit"] * 2


def called(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The codes that the operator was called for."""
    return [vars(record)["code"] for record in caplog.records if record.message == "operator_needed"]


def test_a_busy_runpod_is_asked_again_after_longer_and_longer_pauses() -> None:
    world = InMemory()

    first = after(says(429), world)
    history = [first["attempts"][0] | {"attempt": attempt} for attempt in range(1, 4)]
    fourth = after(says(429), world, REQUESTED | {"attempts": history})

    assert (first["status"], first["failures"], first["attempt"]) == ("queued", 0, 2)
    assert first["lease_expires_at"] - world.now == 10 * SECOND
    assert fourth["lease_expires_at"] - world.now == 600 * SECOND
    assert world.sweeper.breaker_opened is None


@pytest.mark.parametrize(
    "answer", [says(500), says(200, b"<html>"), resets], ids=["a server error", "garbage", "nothing"]
)
def test_what_runpod_may_have_taken_keeps_its_lease_and_its_chance(answer: Answer) -> None:
    world = InMemory()

    document = after(answer, world)

    assert (document["status"], document["attempt"]) == ("queued", 1)
    assert document["lease_expires_at"] == world.now + PATIENCE.submitting + 10 * SECOND
    assert "runpod_job_id" not in document
    assert world.endings.published == []


def test_a_job_that_runpod_will_never_take_fails_with_a_code_and_a_sentence() -> None:
    world = InMemory()

    document = after(says(400), world)

    assert document["status"] == "failed"
    assert document["error"] == {
        "code": "runpod_refused",
        "stage": "dispatching",
        "retryable": False,
        "message": "RunPod refused this job. The operator of this app has to act.",
    }
    assert not {"lease_expires_at", "stage", "claim", "progress", "runpod_job_id"} & document.keys()
    assert [(ending.status, ending.error_code) for ending in world.endings.published] == [
        ("failed", "runpod_refused")
    ]
    assert [letter.code for letter in world.endings.dead_letters] == ["runpod_refused"]


def test_a_job_that_runpod_took_over_http_is_recorded() -> None:
    world = InMemory()
    world.generations.put(IMAGE_PATH, REQUESTED)

    with http_server(says_json(200, {"id": "ab-u1"})) as server:
        runpod = RunPodHttp(base_url=server.url, endpoint_id="e1", api_key=API_KEY)
        dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    assert world.generations.documents[IMAGE_PATH]["runpod_job_id"] == "ab-u1"


class FailsMeanwhile(InMemoryRunPod):
    """Something happens to the document, and then the answer is lost."""

    def __init__(self, world: InMemory, fields: Mapping[str, Any] | None, failure: GenerationFailed) -> None:
        super().__init__()
        self._world = world
        self._fields = fields
        self.failure = failure

    def submit(self, body: Mapping[str, Any]) -> str:
        if self._fields is None:
            self._world.generations.delete(IMAGE_PATH, CREATED_AT)
        else:
            self._world.generations.put(IMAGE_PATH, self._fields)
        return super().submit(body)


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(PROCESSING, id="a worker claimed it"),
        pytest.param(DISPATCHED_AGAIN, id="another attempt began"),
        pytest.param(CANCELLED, id="its user cancelled it"),
        pytest.param(None, id="its user deleted it"),
    ],
)
@pytest.mark.parametrize(
    "failure",
    [
        Unavailable(ErrorCode.RUNPOD_UNREACHABLE, FailedStage.DISPATCHING, "lost"),
        Unavailable(ErrorCode.RUNPOD_BUSY, FailedStage.DISPATCHING, "busy"),
        Broken(ErrorCode.RUNPOD_REFUSED, FailedStage.DISPATCHING, "refused"),
    ],
    ids=["lost", "busy", "refused"],
)
def test_a_bad_answer_changes_nothing_that_has_moved_on(
    meanwhile: dict[str, Any] | None, failure: GenerationFailed
) -> None:
    world = InMemory()
    world.generations.put(IMAGE_PATH, REQUESTED)

    dispatch(IMAGE_PATH, world.outside_with(runpod=FailsMeanwhile(world, meanwhile, failure)))

    assert world.generations.documents.get(IMAGE_PATH) == meanwhile
    assert world.endings.published == []
