"""What the document says when RunPod did not take the job: the real adapter against a real, bad server."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.in_memory import InMemoryRunPod
from adapters.runpod_http import RunPodHttp
from contracts.errors import ErrorCode, FailedStage, Unavailable
from tests.adapters.http_server import Answer, http_server, resets, says, says_json
from tests.contracts.documents import CANCELLED, DISPATCHED_AGAIN, IMAGE_PATH, PROCESSING, QUEUED
from tests.triggers.outside_in_memory import InMemory
from triggers.dispatch import dispatch

API_KEY = "rpa_VERY-SECRET"
PROMPT = QUEUED["request_data"]["prompt"]
REQUESTED: dict[str, Any] = QUEUED | {"request_data": {"prompt": PROMPT}}
OPERATOR = "The operator of this app has to act."
LATER = "Try again later."


@pytest.mark.parametrize(
    ("answer", "code", "retryable", "message"),
    [
        pytest.param(
            says(401),
            "runpod_unauthorized",
            False,
            f"RunPod refused this app's API key. {OPERATOR}",
            id="401",
        ),
        pytest.param(
            says(402),
            "runpod_no_credit",
            False,
            f"This app's RunPod account has no credit left. {OPERATOR}",
            id="402",
        ),
        pytest.param(
            says(404),
            "runpod_endpoint_not_found",
            False,
            f"RunPod does not know this app's endpoint. {OPERATOR}",
            id="404",
        ),
        pytest.param(says(400), "runpod_refused", False, f"RunPod refused this job. {OPERATOR}", id="400"),
        pytest.param(
            says(429), "runpod_busy", True, f"Too many requests are on their way to RunPod. {LATER}", id="429"
        ),
        pytest.param(
            says(500),
            "runpod_unavailable",
            True,
            f"RunPod has a problem of its own just now. {LATER}",
            id="500",
        ),
        pytest.param(
            says(200, b"<html>"),
            "runpod_unreadable",
            True,
            f"RunPod's answer could not be read. {LATER}",
            id="garbage",
        ),
        pytest.param(
            resets,
            "runpod_unreachable",
            True,
            f"RunPod could not be reached, or did not answer. {LATER}",
            id="nothing",
        ),
    ],
)
def test_the_document_fails_with_a_code_and_a_sentence(
    answer: Answer, code: str, message: str, caplog: pytest.LogCaptureFixture, *, retryable: bool
) -> None:
    caplog.set_level(logging.INFO, logger="triggers")
    world = InMemory()
    world.generations.put(IMAGE_PATH, REQUESTED)

    with http_server(answer) as server:
        runpod = RunPodHttp(base_url=server.url, endpoint_id="e1", api_key=API_KEY)
        dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    document = world.generations.documents[IMAGE_PATH]
    assert document["status"] == "failed"
    assert document["error"] == {
        "code": code,
        "stage": "dispatching",
        "retryable": retryable,
        "message": message,
    }
    assert document["attempt"] == 1
    assert not {"lease_expires_at", "stage", "claim", "progress", "runpod_job_id"} & document.keys()
    assert len(server.requests) == 1
    assert [(ending.status, ending.error_code) for ending in world.endings.published] == [("failed", code)]
    (record,) = caplog.records
    assert (record.levelname, record.message) == ("ERROR", "runpod_refused")
    assert (vars(record)["generation"], vars(record)["code"]) == (IMAGE_PATH.document, code)
    assert API_KEY not in str(vars(record))
    assert PROMPT not in str(vars(record))


def test_a_job_that_runpod_took_over_http_is_recorded() -> None:
    world = InMemory()
    world.generations.put(IMAGE_PATH, REQUESTED)

    with http_server(says_json(200, {"id": "ab-u1"})) as server:
        runpod = RunPodHttp(base_url=server.url, endpoint_id="e1", api_key=API_KEY)
        dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    assert world.generations.documents[IMAGE_PATH]["runpod_job_id"] == "ab-u1"


class FailsMeanwhile(InMemoryRunPod):
    """Something happens to the document, and then the answer is lost."""

    def __init__(self, world: InMemory, fields: Mapping[str, Any] | None) -> None:
        super().__init__()
        self._world = world
        self._fields = fields
        self.failure = Unavailable(ErrorCode.RUNPOD_UNREACHABLE, FailedStage.DISPATCHING, "lost")

    def submit(self, body: Mapping[str, Any]) -> str:
        if self._fields is None:
            self._world.generations.delete(IMAGE_PATH, None)
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
def test_a_lost_answer_fails_nothing_that_has_moved_on(meanwhile: dict[str, Any] | None) -> None:
    world = InMemory()
    world.generations.put(IMAGE_PATH, REQUESTED)

    dispatch(IMAGE_PATH, world.outside_with(runpod=FailsMeanwhile(world, meanwhile)))

    assert world.generations.documents.get(IMAGE_PATH) == meanwhile
    assert world.endings.published == []
