"""A creation is judged, dispatched and posted once, or it ends with a sentence."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryGenerations, InMemoryRunPod
from contracts.ending import Ending
from contracts.errors import ErrorCode, FailedStage, Unavailable
from contracts.generation import Generation
from contracts.moderation import Blocklist, allow_everything
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Applied, Refused, StoreUnavailable
from contracts.runpod_job import build_run_body
from contracts.transitions import Transition
from tests.contracts.catalogues import DEADLINES, default_model
from tests.contracts.documents import (
    CANCELLED,
    CANCELLED_WHILE_QUEUED,
    COMPLETED_IMAGE,
    CREATED_AT,
    DISPATCHED,
    DISPATCHED_AGAIN,
    DISPATCHED_AT,
    ENDED_AT,
    FAILED,
    IMAGE_PATH,
    PROCESSING,
    QUEUED,
    REJECTED,
    WAITING,
)
from tests.triggers.outside_in_memory import DRAWN_SEED, PATIENCE, InMemory
from triggers.dispatch import dispatch
from triggers.rescue import rescue

PROMPT = "a very private prompt"
REQUESTED: dict[str, Any] = QUEUED | {"request_data": {"prompt": PROMPT}}
BEGUN: dict[str, Any] = REQUESTED | {
    "stage": "dispatched",
    "attempt": 1,
    "failures": 0,
    "seed": DRAWN_SEED,
    "dispatched_at": DISPATCHED_AT,
    "lease_expires_at": DISPATCHED_AT + PATIENCE.submitting + PATIENCE.pause_before(1, 1.0),
    "modified": DISPATCHED_AT,
}
TAKEN = BEGUN | {
    "runpod_job_id": "job-1",
    "lease_expires_at": DISPATCHED_AT + timedelta(seconds=DEADLINES["queued"]),
}


@pytest.fixture
def world() -> InMemory:
    return InMemory()


def dispatched(world: InMemory, fields: Mapping[str, Any], path: GenerationPath = IMAGE_PATH) -> dict[str, Any]:
    """The document after its creation's event."""
    world.generations.put(path, fields)
    dispatch(path, world.outside)
    return world.generations.documents[path]


class MeanwhileAtRunPod(InMemoryRunPod):
    """Takes the job; something happens to the document before it answers."""

    def __init__(self, happening: Callable[[], None]) -> None:
        super().__init__()
        self._happening = happening

    def submit(self, body: Mapping[str, Any]) -> str:
        self._happening()
        return super().submit(body)


class UnavailableAfter(InMemoryGenerations):
    """Applies so many changes, then no more."""

    def __init__(self, applications: int) -> None:
        super().__init__()
        self._left = applications

    def apply(
        self, path: GenerationPath, transition: Transition, *, after: Applied | None = None
    ) -> Applied | Refused:
        self.unavailable = self._left == 0
        self._left -= 1
        return super().apply(path, transition, after=after)


class Counted(InMemoryGenerations):
    """Counts as Firestore bills: a write that its precondition stops is none."""

    def __init__(self) -> None:
        super().__init__()
        self.readings = self.writings = 0

    def _found(self, path: GenerationPath) -> tuple[dict[str, Any] | None, int | None]:
        self.readings += 1
        return super()._found(path)

    def _write(self, *written: Any) -> Applied | None:  # noqa: ANN401 - passed on
        applied = super()._write(*written)
        self.writings += applied is not None
        return applied


def test_a_queued_request_is_dispatched_and_posted_once(world: InMemory) -> None:
    document = dispatched(world, REQUESTED)

    assert document == TAKEN
    begun = Generation.from_fields(BEGUN)
    assert world.runpod.submitted == [build_run_body(IMAGE_PATH, begun, default_model(MediaType.IMAGES))]
    assert world.runpod.cancelled == []
    assert world.endings.published == []


@pytest.mark.parametrize("asked", [0, 7], ids=["zero", "seven"])
def test_a_seed_that_was_asked_for_is_not_drawn(world: InMemory, asked: int) -> None:
    document = dispatched(world, QUEUED | {"request_data": {"prompt": PROMPT, "seed": asked}})

    assert document["seed"] == asked
    assert world.runpod.submitted[0]["input"]["seed"] == asked


def test_the_document_is_dispatched_before_the_post(world: InMemory) -> None:
    seen: list[dict[str, Any]] = []
    runpod = MeanwhileAtRunPod(lambda: seen.append(world.generations.documents[IMAGE_PATH]))
    world.generations.put(IMAGE_PATH, REQUESTED)

    dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    assert seen == [BEGUN]


def test_a_second_event_posts_nothing(world: InMemory, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    document = dispatched(world, REQUESTED)

    dispatch(IMAGE_PATH, world.outside)

    assert world.generations.documents[IMAGE_PATH] == document
    assert len(world.runpod.submitted) == 1
    (record,) = [record for record in caplog.records if record.message == "not_dispatched"]
    assert vars(record)["reason"] == "other_attempt"


def test_a_document_that_is_gone_is_left_gone(world: InMemory) -> None:
    dispatch(IMAGE_PATH, world.outside)

    assert world.generations.documents == {}
    assert world.runpod.submitted == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(DISPATCHED, id="dispatched"),
        pytest.param(DISPATCHED_AGAIN, id="dispatched again"),
        pytest.param(PROCESSING, id="processing"),
        pytest.param(COMPLETED_IMAGE, id="completed"),
        pytest.param(FAILED, id="failed"),
        pytest.param(REJECTED, id="rejected"),
        pytest.param(CANCELLED, id="cancelled"),
        pytest.param(CANCELLED_WHILE_QUEUED, id="cancelled while queued"),
        pytest.param({"status": "failed", "created_at": "broken"}, id="malformed, and ended"),
    ],
)
def test_a_document_that_has_moved_on_is_left_alone(world: InMemory, fields: dict[str, Any]) -> None:
    assert dispatched(world, fields) == fields
    assert world.runpod.submitted == []
    assert world.endings.published == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"request_data": {"prompt": PROMPT, "width": 130}}, "width", id="a width off the grid"),
        pytest.param({"request_data": {"prompt": PROMPT, "model": "none"}}, "model", id="an unknown model"),
        pytest.param({"request_data": {}}, "prompt", id="no prompt"),
        pytest.param({"request_data": {"prompt": PROMPT, "x y": 1}}, "request_data", id="a key that is none"),
        pytest.param(
            {"request_data": {"prompt": PROMPT, "input_image": "uploads/u2/a.png"}},
            "input_image",
            id="somebody else's upload",
        ),
        pytest.param({"user_id": "u2"}, "user_id", id="the name of another user"),
        pytest.param({"file_uid": "f2"}, "file_uid", id="another id than its path's"),
        pytest.param({"created_at": "now"}, "created_at", id="no time"),
        pytest.param({"status": 5}, "status", id="no status"),
        pytest.param({"request_data": None}, "request_data", id="no request"),
    ],
)
def test_an_invalid_request_fails_with_its_field_and_is_not_posted(
    world: InMemory, changed: dict[str, Any], field: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    document = dispatched(world, REQUESTED | changed)

    assert document["status"] == "failed"
    error = document["error"]
    assert (error["code"], error["stage"], error["retryable"]) == ("invalid_request", "validating", False)
    assert error["field"] == field
    assert error["message"].startswith(field)
    assert PROMPT not in error["message"]
    assert world.runpod.submitted == []
    assert [(ending.status, ending.error_code) for ending in world.endings.published] == [
        ("failed", "invalid_request")
    ]
    (record,) = [record for record in caplog.records if record.message == "rejected"]
    assert (record.levelname, vars(record)["field"]) == ("INFO", field)
    assert PROMPT not in str([vars(record) for record in caplog.records])


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="a..b"), "file_uid"),
        (GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="übung"), "file_uid"),
        (GenerationPath(user_id="x" * 129, media_type=MediaType.IMAGES, file_uid="f1"), "user_id"),
    ],
    ids=["dots", "unicode", "a user id that is too long"],
)
def test_an_id_that_the_contract_forbids_fails_with_a_sentence(
    world: InMemory, path: GenerationPath, field: str
) -> None:
    fields = REQUESTED | {"user_id": path.user_id, "file_uid": path.file_uid}

    document = dispatched(world, fields, path)

    assert (document["status"], document["error"]["field"]) == ("failed", field)
    assert world.runpod.submitted == []


def test_a_document_in_the_videos_is_judged_as_a_video(world: InMemory) -> None:
    path = GenerationPath(user_id="u1", media_type=MediaType.VIDEOS, file_uid="f1")

    document = dispatched(world, QUEUED | {"request_data": {"prompt": PROMPT, "num_frames": 16}}, path)

    assert document["error"]["field"] == "num_frames"
    assert world.endings.published == [
        Ending(
            user_id="u1",
            media_type="videos",
            file_uid="f1",
            created_at=CREATED_AT,
            status="failed",
            error_code="invalid_request",
        )
    ]


def test_an_attempt_that_is_no_longer_mine_is_not_given_my_job(world: InMemory) -> None:
    again = BEGUN | {"attempt": 2, "failures": 1}
    runpod = MeanwhileAtRunPod(lambda: world.generations.put(IMAGE_PATH, again))
    world.generations.put(IMAGE_PATH, REQUESTED)

    dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    assert world.generations.documents[IMAGE_PATH] == again
    assert runpod.cancelled == ["job-1"]  # its worker's claim would be refused by the attempt


def test_a_worker_that_was_quicker_keeps_its_claim(world: InMemory) -> None:
    claimed = BEGUN | {"status": "processing", "stage": "loading", "claim": "nonce", "runpod_job_id": "job-1"}
    runpod = MeanwhileAtRunPod(lambda: world.generations.put(IMAGE_PATH, claimed))
    world.generations.put(IMAGE_PATH, REQUESTED)

    dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    assert world.generations.documents[IMAGE_PATH] == claimed
    assert runpod.cancelled == []


def test_what_a_dispatch_has_written_it_need_not_read_again(world: InMemory) -> None:
    world.generations = Counted()

    dispatched(world, REQUESTED)
    assert (world.generations.readings, world.generations.writings) == (1, 2)
    dispatch(IMAGE_PATH, world.outside)  # a second event
    assert (world.generations.readings, world.generations.writings) == (2, 2)


def test_where_a_worker_was_quicker_nothing_more_is_written(world: InMemory) -> None:
    documents = world.generations = Counted()
    claimed = BEGUN | {"status": "processing", "stage": "loading", "claim": "nonce", "runpod_job_id": "job-1"}
    runpod = MeanwhileAtRunPod(lambda: documents.put(IMAGE_PATH, claimed))
    documents.put(IMAGE_PATH, REQUESTED)

    dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    assert (documents.readings, documents.writings) == (2, 1)


@pytest.mark.parametrize("deleted", [True, False], ids=["deleted", "cancelled"])
def test_what_was_ended_before_its_job_was_known_is_cancelled_at_runpod(world: InMemory, *, deleted: bool) -> None:
    def end() -> None:
        if deleted:
            world.generations.delete(IMAGE_PATH, CREATED_AT)
        else:
            world.generations.put(IMAGE_PATH, CANCELLED)

    runpod = MeanwhileAtRunPod(end)
    world.generations.put(IMAGE_PATH, REQUESTED)

    dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    assert runpod.cancelled == ["job-1"]
    assert world.generations.documents.get(IMAGE_PATH) == (None if deleted else CANCELLED)


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "taken"])
def test_an_answer_for_a_deleted_job_does_not_touch_a_new_one_of_its_name(
    world: InMemory, *, refused: bool
) -> None:
    """Both are at attempt 1: only the time of their creation tells them apart."""
    anew = BEGUN | {"created_at": CREATED_AT + timedelta(seconds=3), "runpod_job_id": "job-of-the-new-one"}
    runpod = MeanwhileAtRunPod(lambda: world.generations.put(IMAGE_PATH, anew))
    if refused:
        runpod.failure = Unavailable(ErrorCode.RUNPOD_BUSY, FailedStage.DISPATCHING, "Try again later.")
    world.generations.put(IMAGE_PATH, REQUESTED)

    dispatch(IMAGE_PATH, world.outside_with(runpod=runpod))

    assert world.generations.documents[IMAGE_PATH] == anew
    assert runpod.cancelled == ([] if refused else ["job-1"])
    assert world.endings.published == []


def test_a_document_that_changes_while_it_is_judged_is_judged_again(world: InMemory) -> None:
    left = iter([REQUESTED | {"request_data": {"prompt": PROMPT, "width": 130}}])

    def page_writes(path: GenerationPath) -> None:
        for fields in left:
            world.generations.put(path, fields)

    world.generations = InMemoryGenerations(before_write=page_writes)

    assert dispatched(world, REQUESTED)["error"]["field"] == "width"
    assert world.runpod.submitted == []


def test_documents_out_of_reach_raise_before_anything_is_posted(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, REQUESTED)
    world.generations.unavailable = True

    with pytest.raises(StoreUnavailable):
        dispatch(IMAGE_PATH, world.outside)

    assert world.runpod.submitted == []


def test_documents_that_go_out_of_reach_after_the_post_leave_a_dispatched_one(world: InMemory) -> None:
    world.generations = UnavailableAfter(1)
    world.generations.put(IMAGE_PATH, REQUESTED)

    with pytest.raises(StoreUnavailable):
        dispatch(IMAGE_PATH, world.outside)

    assert world.generations.documents[IMAGE_PATH] == BEGUN
    assert len(world.runpod.submitted) == 1


def test_the_time_of_an_ending_is_its_own(world: InMemory) -> None:
    world.now = ENDED_AT

    document = dispatched(world, REQUESTED | {"request_data": {}})

    assert (document["ended_at"], document["modified"]) == (ENDED_AT, ENDED_AT)


def test_where_there_is_a_webhook_runpod_is_told(world: InMemory) -> None:
    world.webhook = "https://somewhere/token"

    dispatched(world, REQUESTED)

    assert world.runpod.submitted[0]["webhook"] == "https://somewhere/token"


def test_a_later_attempt_is_begun_as_the_first_one_was(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, WAITING | {"request_data": {"prompt": PROMPT}})

    dispatch(IMAGE_PATH, world.outside, attempt=2)

    document = world.generations.documents[IMAGE_PATH]
    assert (document["attempt"], document["failures"], document["seed"]) == (3, 1, WAITING["seed"])
    assert document["runpod_job_id"] == "job-1"
    assert world.runpod.submitted[0]["input"]["attempt"] == 3


def test_each_attempt_has_a_longer_lease_while_runpod_is_asked(world: InMemory) -> None:
    """A RunPod that says nothing is asked less and less often."""
    world.runpod.failure = Unavailable(ErrorCode.RUNPOD_UNREACHABLE, FailedStage.DISPATCHING, "Try again later.")
    world.generations.put(IMAGE_PATH, REQUESTED)
    leases = []
    for attempt in range(6):
        dispatch(IMAGE_PATH, world.outside, attempt=attempt)
        leases.append(world.generations.documents[IMAGE_PATH]["lease_expires_at"] - world.now)

    assert [lease.total_seconds() for lease in leases] == [70, 100, 220, 660, 660, 660]


def test_while_runpod_is_left_alone_a_request_waits_and_pays_nothing(world: InMemory) -> None:
    until = DISPATCHED_AT + timedelta(minutes=3)
    world.sweeper.open_breaker("runpod_no_credit", now=CREATED_AT, until=until)

    document = dispatched(world, REQUESTED)

    assert document == REQUESTED | {"stage": "waiting", "lease_expires_at": until, "modified": DISPATCHED_AT}
    assert world.runpod.submitted == []


def test_when_that_time_is_over_runpod_is_asked_again(world: InMemory) -> None:
    world.sweeper.open_breaker("runpod_no_credit", now=CREATED_AT, until=DISPATCHED_AT)

    assert dispatched(world, REQUESTED)["runpod_job_id"] == "job-1"


def test_a_model_that_has_gone_in_the_meantime_ends_a_later_attempt_with_its_sentence(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, WAITING | {"request_data": {"prompt": PROMPT, "model": "gone"}})

    dispatch(IMAGE_PATH, world.outside, attempt=2)

    assert world.generations.documents[IMAGE_PATH]["error"]["field"] == "model"


def test_what_the_input_check_does_not_allow_fails_before_a_gpu_is_paid_for_and_is_not_repeated(
    world: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.input_check = Blocklist(["private"])

    document = dispatched(world, REQUESTED)

    assert document["status"] == "failed"
    assert document["error"] == {
        "code": "prompt_blocked",
        "stage": "validating",
        "retryable": False,
        "message": "prompt asks for something that is not made here. Reword it.",
        "field": "prompt",
    }
    assert world.runpod.submitted == []
    assert [ending.error_code for ending in world.endings.published] == ["prompt_blocked"]
    assert "private" not in str([vars(record) for record in caplog.records])


def test_the_negative_prompt_is_checked_too(world: InMemory) -> None:
    world.input_check = Blocklist(["private"])

    document = dispatched(world, QUEUED | {"request_data": {"prompt": "", "negative_prompt": PROMPT}})

    assert (document["error"]["code"], document["error"]["field"]) == ("prompt_blocked", "negative_prompt")


@pytest.mark.parametrize("answer", [None, "yes", {"flagged": False}], ids=["nothing", "a text", "a dict"])
def test_what_a_check_does_not_answer_is_not_dispatched_and_waits(
    world: InMemory, answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str) -> Any:  # noqa: ANN401 - what it should not
        if answer is None:
            raise RuntimeError(text)
        return answer

    world.input_check = broken

    document = dispatched(world, REQUESTED)

    later = DISPATCHED_AT + PATIENCE.look_again
    assert document == REQUESTED | {"stage": "waiting", "lease_expires_at": later, "modified": DISPATCHED_AT}
    assert world.runpod.submitted == []
    (called,) = [vars(record) for record in caplog.records if record.message == "operator_needed"]
    assert (called["code"], called["generation"]) == ("check_failed", IMAGE_PATH.document)
    assert PROMPT not in str([vars(record) for record in caplog.records])

    world.input_check, world.now = allow_everything, later
    rescue(IMAGE_PATH, world.outside)  # which the sweeper does
    assert len(world.runpod.submitted) == 1
