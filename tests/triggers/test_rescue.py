"""What becomes of a generation that has stopped moving, wherever it stopped."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryGenerations, InMemoryRunPod
from contracts.errors import Broken, ErrorCode, FailedStage, Unavailable
from contracts.paths import GenerationPath
from contracts.ports import StoreUnavailable
from contracts.runpod_job import RunPodJob, RunPodStatus
from contracts.stored_object import File, describe
from tests.contracts import documents
from tests.contracts.documents import (
    BEAT_AT,
    CANCELLED,
    COMPLETED_IMAGE,
    CREATED_AT,
    DISPATCHED_AT,
    FAILED,
    IMAGE_DATA,
    IMAGE_PATH,
    LEASE,
    PROCESSING,
)
from tests.triggers.outside_in_memory import PATIENCE, InMemory
from triggers.dispatch import dispatch
from triggers.rescue import follow_hint, rescue

ASKED = {"request_data": {"prompt": "a red circle"}}
QUEUED = documents.QUEUED | ASKED
DISPATCHED = documents.DISPATCHED | ASKED
WAITING = documents.WAITING | ASKED
OVER = BEAT_AT + LEASE
"""All leases of the example documents are over then."""
CONTENT = b"a picture"
NAME = IMAGE_PATH.object_names("png", 1)[0]
FACTS = {
    key: value for key, value in IMAGE_DATA.items() if key not in {"image_urls", "object_paths", "sha256", "bytes"}
}
FILE = File(name=NAME, content=CONTENT, content_type="image/png", sha256=hashlib.sha256(CONTENT).hexdigest())
RETURNED: dict[str, Any] = {
    "outcome": "returned",
    "facts": FACTS,
    "files": [
        {
            "object_path": NAME,
            "content_type": "image/png",
            "sha256": FILE.sha256,
            "base64": base64.b64encode(CONTENT).decode(),
        }
    ],
}
SUBMITTED_AGAIN = {"status": "queued", "stage": "dispatched", "runpod_job_id": "job-1"}


@pytest.fixture
def world() -> InMemory:
    return InMemory(now=OVER)


def rescued(world: InMemory, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The document after somebody looked after it."""
    world.generations.put(IMAGE_PATH, fields)
    rescue(IMAGE_PATH, world.outside)
    return world.generations.documents[IMAGE_PATH]


def at_runpod(world: InMemory, status: RunPodStatus, output: object = None) -> None:
    world.runpod.jobs["ab-u1"] = RunPodJob(status=status, output=output)


def stored(world: InMemory, *, attempt: int = 1, of: int = 1) -> None:
    """What a worker stored before it died: the first of so many files."""
    files = [FILE, *[File(name=f"{NAME}.{n}", content=b"", content_type="", sha256="") for n in range(1, of)]]
    metadata = describe(IMAGE_PATH, created_at=CREATED_AT, attempt=attempt, files=files, facts=FACTS)
    world.objects.put(FILE, metadata[0], replacing=0)


def parts(document: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document.get(name) for name in names}


# What is not ours to touch.


@pytest.mark.parametrize("fields", [COMPLETED_IMAGE, FAILED, CANCELLED], ids=["completed", "failed", "cancelled"])
def test_what_has_ended_is_left_alone(world: InMemory, fields: dict[str, Any]) -> None:
    assert rescued(world, fields | {"lease_expires_at": DISPATCHED_AT}) == fields | {
        "lease_expires_at": DISPATCHED_AT
    }
    assert (world.runpod.submitted, world.runpod.cancelled) == ([], [])


@pytest.mark.parametrize("fields", [QUEUED, PROCESSING | {"lease_expires_at": OVER + timedelta(seconds=1)}])
def test_what_has_no_lease_or_one_that_runs_is_left_alone(world: InMemory, fields: dict[str, Any]) -> None:
    assert rescued(world, fields) == fields


def test_what_is_gone_stays_gone(world: InMemory) -> None:
    rescue(IMAGE_PATH, world.outside)

    assert world.generations.documents == {}


# What never reached RunPod, as far as anybody knows.


def test_what_waited_for_its_next_attempt_is_dispatched(world: InMemory) -> None:
    document = rescued(world, WAITING)

    assert parts(document, SUBMITTED_AGAIN) == SUBMITTED_AGAIN
    assert (document["attempt"], document["failures"]) == (3, 1)


def test_a_function_that_died_around_its_post_costs_nothing_but_time(world: InMemory) -> None:
    unnoted = {key: value for key, value in DISPATCHED.items() if key != "runpod_job_id"}

    document = rescued(world, unnoted)

    assert parts(document, SUBMITTED_AGAIN) == SUBMITTED_AGAIN
    assert (document["attempt"], document["failures"]) == (2, 0)


def test_a_request_that_waited_for_the_breaker_is_dispatched_for_the_first_time(world: InMemory) -> None:
    document = rescued(world, QUEUED | {"stage": "waiting", "lease_expires_at": OVER})

    assert (document["attempt"], document["runpod_job_id"]) == (1, "job-1")


def test_a_document_that_is_none_is_failed(world: InMemory) -> None:
    document = rescued(world, {"status": "processing", "lease_expires_at": DISPATCHED_AT})

    assert (document["status"], document["error"]["code"]) == ("failed", "invalid_request")


# What RunPod says of it.


UNREADABLE = PROCESSING | {"stage": "dreaming"}
"""As a release that is newer than this one may write it."""


def test_a_document_that_a_newer_release_has_begun_is_given_a_day(world: InMemory) -> None:
    assert rescued(world, UNREADABLE) == UNREADABLE | {
        "lease_expires_at": OVER + PATIENCE.look_again,
        "modified": OVER,
    }
    world.now = CREATED_AT + timedelta(hours=25)

    document = rescued(world, UNREADABLE)

    assert (document["status"], document["error"]["field"]) == ("failed", "stage")
    assert [ending.status for ending in world.endings.published] == ["failed"]


def test_a_document_that_a_newer_release_is_at_work_on_is_left_alone(world: InMemory) -> None:
    running = UNREADABLE | {"lease_expires_at": OVER + timedelta(seconds=1)}

    assert rescued(world, running) == running


def test_a_late_event_does_not_end_what_a_newer_release_has_begun(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, UNREADABLE)

    dispatch(IMAGE_PATH, world.outside)

    assert world.generations.documents[IMAGE_PATH] == UNREADABLE


def test_what_is_in_runpods_queue_is_waited_for(world: InMemory) -> None:
    at_runpod(world, RunPodStatus.IN_QUEUE)

    assert rescued(world, DISPATCHED) == DISPATCHED | {
        "lease_expires_at": OVER + PATIENCE.ask_again,
        "modified": OVER,
    }
    assert world.runpod.cancelled == []


def test_a_runpod_that_cannot_be_asked_is_asked_later(world: InMemory) -> None:
    world.runpod.failure = Unavailable(ErrorCode.RUNPOD_UNREACHABLE, FailedStage.DISPATCHING, "Try again later.")

    assert rescued(world, PROCESSING) == PROCESSING | {
        "lease_expires_at": OVER + PATIENCE.ask_again,
        "modified": OVER,
    }


def test_a_key_that_runpod_refuses_here_as_well_closes_the_way_to_it(
    world: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    world.runpod.failure = Broken(ErrorCode.RUNPOD_UNAUTHORIZED, FailedStage.DISPATCHING, "No.")

    document = rescued(world, PROCESSING)

    assert document == PROCESSING | {"lease_expires_at": world.now + PATIENCE.ask_again, "modified": world.now}
    assert world.sweeper.breaker_opened == ("runpod_unauthorized", world.now + PATIENCE.breaker)
    assert "operator_needed" in [record.message for record in caplog.records]


LOST_JOBS = [
    pytest.param(None, False, id="unknown to RunPod"),
    pytest.param(RunPodStatus.IN_PROGRESS, True, id="in progress, and silent"),
    pytest.param(RunPodStatus.RUNNING, True, id="running, and silent"),
    pytest.param(RunPodStatus.FAILED, False, id="failed"),
    pytest.param(RunPodStatus.TIMED_OUT, False, id="timed out"),
    pytest.param(RunPodStatus.CANCELLED, False, id="cancelled by somebody else"),
    pytest.param(RunPodStatus.COMPLETED, False, id="completed without a result"),
]


@pytest.mark.parametrize(("status", "cancelled"), LOST_JOBS)
@pytest.mark.parametrize(
    ("fields", "code", "stage"),
    [(DISPATCHED, "runpod_lost", "dispatching"), (PROCESSING, "worker_lost", "generating")],
    ids=["queued", "processing"],
)
def test_a_lost_attempt_is_queued_again_after_a_pause(
    world: InMemory, fields: dict[str, Any], code: str, stage: str, status: RunPodStatus | None, *, cancelled: bool
) -> None:
    if status is not None:
        at_runpod(world, status)

    document = rescued(world, fields)

    assert (document["status"], document["stage"], document["attempt"]) == ("queued", "waiting", 2)
    assert document["failures"] == 1
    assert document["attempts"] == [{"attempt": 1, "code": code, "stage": stage, "ended_at": OVER}]
    assert document["lease_expires_at"] == OVER + timedelta(seconds=10)
    assert not {"claim", "progress", "runpod_job_id"} & document.keys()
    assert world.runpod.cancelled == (["ab-u1"] if cancelled else [])
    assert (world.runpod.submitted, world.endings.published) == ([], [])


def test_runpod_has_put_it_back_into_its_queue_but_its_claim_is_a_dead_workers(world: InMemory) -> None:
    """A second worker would be refused: the document says that it is being processed."""
    at_runpod(world, RunPodStatus.IN_QUEUE)

    document = rescued(world, PROCESSING)

    assert (document["status"], document["attempt"], document["failures"]) == ("queued", 2, 1)
    assert world.runpod.cancelled == ["ab-u1"]


def test_the_third_loss_is_the_last_and_leaves_no_file(world: InMemory) -> None:
    stored(world, of=2)

    document = rescued(world, PROCESSING | {"failures": 2})

    assert (document["status"], document["error"]["code"]) == ("failed", "worker_lost")
    assert document["error"]["retryable"] is True
    assert world.objects.objects == {}
    assert [ending.status for ending in world.endings.published] == ["failed"]
    assert [(letter.code, letter.failures) for letter in world.endings.dead_letters] == [("worker_lost", 3)]


# What is there already.


def test_files_that_are_all_there_complete_it(world: InMemory) -> None:
    stored(world)

    document = rescued(world, PROCESSING)

    assert document["status"] == "completed"
    assert document["generation_data"]["object_paths"] == [NAME]
    assert list(world.objects.objects) == [NAME]
    assert [ending.status for ending in world.endings.published] == ["completed"]


def test_files_of_an_earlier_attempt_complete_a_later_one(world: InMemory) -> None:
    stored(world, attempt=1)

    assert rescued(world, WAITING)["status"] == "completed"
    assert world.runpod.submitted == []


def test_a_part_of_the_files_completes_nothing(world: InMemory) -> None:
    stored(world, of=2)

    assert rescued(world, PROCESSING)["status"] == "queued"


def test_files_that_cannot_be_read_complete_nothing_and_are_made_again(world: InMemory) -> None:
    metadata = describe(IMAGE_PATH, created_at=CREATED_AT, attempt=1, files=[FILE], facts={})
    world.objects.put(FILE, metadata[0], replacing=0)

    assert rescued(world, WAITING)["runpod_job_id"] == "job-1"


def test_files_that_came_back_in_runpods_result_are_stored(world: InMemory) -> None:
    at_runpod(world, RunPodStatus.COMPLETED, RETURNED)

    document = rescued(world, PROCESSING)

    assert document["status"] == "completed"
    assert document["generation_data"]["bytes"] == [len(CONTENT)]
    assert world.objects.objects[NAME][1] == CONTENT


@pytest.mark.parametrize(
    "output",
    [
        pytest.param(RETURNED | {"outcome": "completed"}, id="an outcome that brings none"),
        pytest.param(RETURNED | {"files": []}, id="no files"),
        pytest.param(RETURNED | {"facts": {}}, id="no facts"),
        pytest.param(RETURNED | {"files": [RETURNED["files"][0] | {"sha256": "0" * 64}]}, id="half a file"),
        pytest.param(
            RETURNED | {"files": [RETURNED["files"][0] | {"object_path": "generating/u2/image/f1.png"}]},
            id="somebody else's file",
        ),
        pytest.param("COMPLETED", id="text"),
    ],
)
def test_a_result_that_does_not_hold_the_files_is_none(world: InMemory, output: object) -> None:
    at_runpod(world, RunPodStatus.COMPLETED, output)

    assert rescued(world, PROCESSING)["status"] == "queued"
    assert world.objects.objects == {}


def test_files_whose_name_another_generation_has_taken_end_it_and_cost_no_other_attempt(world: InMemory) -> None:
    at_runpod(world, RunPodStatus.COMPLETED, RETURNED)
    other = GenerationPath(user_id="u1", media_type=IMAGE_PATH.media_type, file_uid="other")
    theirs = describe(other, created_at=CREATED_AT, attempt=1, files=[FILE], facts=FACTS)
    world.objects.put(FILE, theirs[0], replacing=0)

    document = rescued(world, PROCESSING)

    assert (document["status"], document["error"]["code"]) == ("failed", "object_taken")
    assert NAME in world.objects.objects


def test_files_that_nobody_can_read_the_facts_of_are_made_again(world: InMemory) -> None:
    metadata = describe(IMAGE_PATH, created_at=CREATED_AT, attempt=1, files=[FILE], facts={})
    world.objects.put(FILE, metadata[0], replacing=0)

    assert rescued(world, PROCESSING)["status"] == "queued"


def test_only_a_job_that_is_over_is_asked_for_files(world: InMemory) -> None:
    at_runpod(world, RunPodStatus.IN_PROGRESS, RETURNED)

    assert rescued(world, PROCESSING)["status"] == "queued"


def test_a_storage_that_still_takes_nothing_is_tried_again_by_the_next_sweep(world: InMemory) -> None:
    at_runpod(world, RunPodStatus.COMPLETED, RETURNED)
    world.generations.put(IMAGE_PATH, PROCESSING)
    world.objects.unavailable = True

    with pytest.raises(StoreUnavailable):
        rescue(IMAGE_PATH, world.outside)

    assert world.generations.documents[IMAGE_PATH] == PROCESSING


# Who is no longer there.


def test_a_user_who_has_gone_wants_nothing_any_more(world: InMemory) -> None:
    world.owners.gone.add("u1")

    assert rescued(world, PROCESSING)["status"] == "cancelled"
    assert world.runpod.cancelled == ["ab-u1"]


@pytest.mark.parametrize("fields", [WAITING, DISPATCHED], ids=["waiting", "in RunPod's queue"])
def test_after_a_day_nobody_waits_any_more(world: InMemory, fields: dict[str, Any]) -> None:
    at_runpod(world, RunPodStatus.IN_QUEUE)
    world.now = CREATED_AT + timedelta(hours=24, seconds=1)

    document = rescued(world, fields)

    assert (document["status"], document["error"]["code"]) == ("failed", "expired")
    assert world.runpod.cancelled == (["ab-u1"] if fields is DISPATCHED else [])
    assert [letter.code for letter in world.endings.dead_letters] == ["expired"]


@pytest.mark.parametrize(
    ("fields", "stage"), [(DISPATCHED, "dispatching"), (PROCESSING, "generating")], ids=["queued", "processing"]
)
def test_a_runpod_that_never_gives_an_answer_is_not_asked_for_longer_than_a_day(
    world: InMemory, fields: dict[str, Any], stage: str
) -> None:
    """It may be at work all the same, so it is told to stop."""
    world.runpod.failure = Unavailable(ErrorCode.RUNPOD_UNREADABLE, FailedStage.DISPATCHING, "Try again later.")
    world.now = CREATED_AT + timedelta(hours=24, seconds=1)

    document = rescued(world, fields)

    assert (document["status"], document["error"]["code"]) == ("failed", "expired")
    assert document["error"]["stage"] == stage
    assert world.runpod.cancelled == ["ab-u1"]
    assert [letter.code for letter in world.endings.dead_letters] == ["expired"]


# Races.


class Meanwhile(InMemoryRunPod):
    """Before RunPod answers, something happens to the document."""

    def __init__(self, world: InMemory, fields: Mapping[str, Any] | None) -> None:
        super().__init__()
        self._world = world
        self._fields = fields

    def look(self, runpod_job_id: str) -> RunPodJob | None:
        if self._fields is None:
            self._world.generations.delete(IMAGE_PATH, CREATED_AT)
        else:
            self._world.generations.put(IMAGE_PATH, self._fields)
        return super().look(runpod_job_id)


ANEW = QUEUED | {"created_at": CREATED_AT + timedelta(seconds=9)}
MEANWHILE = [
    pytest.param(COMPLETED_IMAGE, id="completed"),
    pytest.param(CANCELLED, id="cancelled"),
    pytest.param(None, id="deleted"),
    pytest.param(WAITING, id="given to another by another sweep"),
    pytest.param(ANEW | DISPATCHED | {"created_at": ANEW["created_at"]}, id="deleted and created again"),
]


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("status", [None, RunPodStatus.IN_QUEUE, RunPodStatus.FAILED])
def test_who_looks_too_late_changes_nothing(
    world: InMemory, meanwhile: dict[str, Any] | None, status: RunPodStatus | None
) -> None:
    world.runpod = Meanwhile(world, meanwhile)
    if status is not None:
        at_runpod(world, status)
    world.generations.put(IMAGE_PATH, DISPATCHED)

    rescue(IMAGE_PATH, world.outside)

    assert world.generations.documents.get(IMAGE_PATH) == meanwhile
    assert world.endings.published == []


@pytest.mark.parametrize("answers", [True, False], ids=["in the queue", "no answer"])
def test_a_worker_that_claims_it_while_runpod_is_asked_keeps_its_longer_lease(
    world: InMemory, *, answers: bool
) -> None:
    claimed = PROCESSING | {"lease_expires_at": OVER + 10 * LEASE}
    world.runpod = Meanwhile(world, claimed)
    if answers:
        at_runpod(world, RunPodStatus.IN_QUEUE)
    else:
        world.runpod.failure = Unavailable(ErrorCode.RUNPOD_UNREACHABLE, FailedStage.DISPATCHING, "Later.")

    assert rescued(world, DISPATCHED) == claimed


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_files_that_nobody_wants_any_more_are_not_left_behind(
    world: InMemory, meanwhile: dict[str, Any] | None
) -> None:
    world.runpod = Meanwhile(world, meanwhile)
    at_runpod(world, RunPodStatus.COMPLETED, RETURNED)
    world.generations.put(IMAGE_PATH, PROCESSING)

    rescue(IMAGE_PATH, world.outside)

    completed = meanwhile in (COMPLETED_IMAGE, WAITING)
    assert list(world.objects.objects) == ([NAME] if completed else [])


def test_a_heartbeat_in_between_keeps_the_work_where_it_is(world: InMemory) -> None:
    """The lease is not what keeps a worker safe, but the sweeper reads again before it writes."""
    beats = iter([PROCESSING | {"attempt": 2}])

    def beat(path: object) -> None:
        for fields in beats:
            world.generations.put(IMAGE_PATH, fields)

    world.generations = InMemoryGenerations(before_write=beat)

    assert rescued(world, PROCESSING) == PROCESSING | {"attempt": 2}


# A hint from RunPod, long before the lease is over.


def hinted(world: InMemory, fields: Mapping[str, Any], attempt: int = 1) -> dict[str, Any]:
    world.now = BEAT_AT
    world.generations.put(IMAGE_PATH, fields)
    follow_hint(IMAGE_PATH, CREATED_AT, attempt, world.outside)
    return world.generations.documents[IMAGE_PATH]


@pytest.mark.parametrize("status", [RunPodStatus.FAILED, RunPodStatus.TIMED_OUT, RunPodStatus.CANCELLED])
def test_a_hint_that_runpod_gave_up_is_followed_at_once(world: InMemory, status: RunPodStatus) -> None:
    at_runpod(world, status)

    assert hinted(world, PROCESSING)["status"] == "queued"


def test_a_hint_that_files_came_back_is_followed_at_once(world: InMemory) -> None:
    at_runpod(world, RunPodStatus.COMPLETED, RETURNED)

    assert hinted(world, PROCESSING)["status"] == "completed"


def test_a_hint_finds_files_that_are_there(world: InMemory) -> None:
    at_runpod(world, RunPodStatus.COMPLETED)
    stored(world)

    assert hinted(world, PROCESSING)["status"] == "completed"


@pytest.mark.parametrize("status", [None, RunPodStatus.IN_QUEUE, RunPodStatus.IN_PROGRESS, RunPodStatus.COMPLETED])
def test_a_hint_that_runpod_does_not_confirm_changes_nothing(world: InMemory, status: RunPodStatus | None) -> None:
    """Also where it was delivered twice, and the worker that was refused has ended it for RunPod."""
    if status is not None:
        at_runpod(world, status, {"outcome": "refused"})

    assert hinted(world, PROCESSING) == PROCESSING


def test_a_hint_when_runpod_cannot_be_asked_changes_nothing(world: InMemory) -> None:
    world.runpod.failure = Unavailable(ErrorCode.RUNPOD_UNREACHABLE, FailedStage.DISPATCHING, "Try again later.")

    assert hinted(world, PROCESSING) == PROCESSING


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(COMPLETED_IMAGE, id="ended"),
        pytest.param(PROCESSING | {"attempt": 2}, id="of another attempt"),
        pytest.param(PROCESSING | {"created_at": CREATED_AT + timedelta(seconds=9)}, id="created again"),
        pytest.param({"status": "queued"}, id="malformed"),
        pytest.param(QUEUED, id="not dispatched"),
    ],
)
def test_a_hint_about_something_else_changes_nothing(world: InMemory, fields: dict[str, Any]) -> None:
    at_runpod(world, RunPodStatus.FAILED)

    assert hinted(world, fields) == fields
