from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from contracts import transitions
from contracts.errors import Failure
from contracts.generation import Progress, read_generation
from contracts.generation_data import ImageData, VideoData
from contracts.status import Stage
from contracts.transitions import Change, Reason, Snapshot
from tests.contracts import documents
from tests.contracts.documents import (
    BEAT_AT,
    CANCELLED,
    COMPLETED_IMAGE,
    COMPLETED_VIDEO,
    CREATED_AT,
    DISPATCHED,
    DISPATCHED_AT,
    ENDED_AT,
    FAILED,
    LEASE,
    PROCESSING,
    QUEUED,
    REJECTED,
    STARTED_AT,
    WAITING,
)
from tests.contracts.json_schema import fits

FAILURE = Failure.model_validate(documents.ERROR)
IMAGE_DATA = ImageData.model_validate(documents.IMAGE_DATA)
VIDEO_DATA = VideoData.model_validate(documents.VIDEO_DATA)
PROGRESS = Progress.model_validate(documents.PROGRESS)
LOST = Failure.model_validate(documents.LOST)
MALFORMED = QUEUED | {"failures": "one"}
OVER = BEAT_AT + LEASE
"""All leases of the example documents are over then."""


def dispatch(found: Snapshot, attempt: int = 0, seed: int = 81723) -> Change | Reason:
    lease = DISPATCHED_AT + LEASE / 2
    return transitions.dispatch(found, attempt=attempt, seed=seed, now=DISPATCHED_AT, lease_expires_at=lease)


def record(found: Snapshot, attempt: int = 1, created_at: datetime = CREATED_AT) -> Change | Reason:
    return transitions.record_runpod_job(
        found,
        created_at=created_at,
        attempt=attempt,
        runpod_job_id="ab-u1",
        now=DISPATCHED_AT,
        lease_expires_at=DISPATCHED_AT + LEASE,
    )


def claim(found: Snapshot, attempt: int = 1, created_at: datetime = CREATED_AT) -> Change | Reason:
    return transitions.claim(
        found,
        created_at=created_at,
        attempt=attempt,
        claim="nonce-1",
        runpod_job_id="ab-u1",
        now=STARTED_AT,
        lease_expires_at=STARTED_AT + LEASE,
    )


def heartbeat(found: Snapshot, nonce: str = "nonce-1", progress: Progress | None = PROGRESS) -> Change | Reason:
    return transitions.heartbeat(
        found,
        claim=nonce,
        stage=Stage.GENERATING,
        progress=progress,
        now=BEAT_AT,
        lease_expires_at=BEAT_AT + LEASE,
    )


def complete(found: Snapshot, nonce: str = "nonce-1") -> Change | Reason:
    return transitions.complete(found, claim=nonce, generation_data=IMAGE_DATA, now=ENDED_AT)


def complete_video(found: Snapshot) -> Change | Reason:
    return transitions.complete(found, claim="nonce-1", generation_data=VIDEO_DATA, now=ENDED_AT)


def fail(found: Snapshot, nonce: str = "nonce-1") -> Change | Reason:
    return transitions.fail(found, claim=nonce, failure=FAILURE, now=ENDED_AT)


def fail_dispatch(found: Snapshot, attempt: int = 1, created_at: datetime = CREATED_AT) -> Change | Reason:
    return transitions.fail_dispatch(found, created_at=created_at, attempt=attempt, failure=FAILURE, now=ENDED_AT)


def reject(found: Snapshot, attempt: int = 0) -> Change | Reason:
    return transitions.reject(found, attempt=attempt, failure=FAILURE, now=ENDED_AT)


def wait(found: Snapshot, attempt: int = 0) -> Change | Reason:
    return transitions.wait(found, attempt=attempt, now=BEAT_AT, lease_expires_at=BEAT_AT + LEASE)


def give_back(found: Snapshot, nonce: str = "nonce-1") -> Change | Reason:
    return transitions.give_back(found, claim=nonce, failure=LOST, now=BEAT_AT, retry_at=BEAT_AT + LEASE)


def redispatch(
    found: Snapshot,
    attempt: int = 1,
    created_at: datetime = CREATED_AT,
    *,
    counts: bool = True,
) -> Change | Reason:
    return transitions.redispatch(
        found,
        created_at=created_at,
        attempt=attempt,
        failure=LOST,
        counts=counts,
        now=BEAT_AT,
        retry_at=BEAT_AT + LEASE,
    )


def extend(found: Snapshot, attempt: int = 1, created_at: datetime = CREATED_AT) -> Change | Reason:
    return transitions.extend(
        found, created_at=created_at, attempt=attempt, now=OVER, lease_expires_at=OVER + LEASE
    )


def postpone(found: Snapshot) -> Change | Reason:
    return transitions.postpone(found, now=OVER, lease_expires_at=OVER + LEASE)


def adopt(found: Snapshot, created_at: datetime = CREATED_AT) -> Change | Reason:
    return transitions.adopt(found, created_at=created_at, generation_data=IMAGE_DATA, now=ENDED_AT)


def fail_overdue(found: Snapshot, attempt: int = 1, created_at: datetime = CREATED_AT) -> Change | Reason:
    return transitions.fail_overdue(found, created_at=created_at, attempt=attempt, failure=LOST, now=ENDED_AT)


def cancel(found: Snapshot) -> Change | Reason:
    return transitions.cancel(found, now=ENDED_AT)


Step = Callable[[Snapshot], Change | Reason]
EVERY_STEP: list[Step] = [
    dispatch,
    record,
    claim,
    heartbeat,
    complete,
    fail,
    fail_dispatch,
    reject,
    cancel,
    wait,
    give_back,
    redispatch,
    extend,
    postpone,
    adopt,
    fail_overdue,
]


def walk(fields: Mapping[str, Any], *steps: Step) -> dict[str, Any]:
    """The document after these changes, each of which must be allowed."""
    for step in steps:
        change = step(read_generation(fields))
        assert isinstance(change, Change), f"{step} was refused: {change}"
        fields = change.apply_to(fields)
    return dict(fields)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([dispatch, record], DISPATCHED),
        ([dispatch, record, claim, heartbeat], PROCESSING),
        ([dispatch, record, claim, heartbeat, complete], COMPLETED_IMAGE),
        ([dispatch, record, claim, heartbeat, complete_video], COMPLETED_VIDEO),
        ([dispatch, record, claim, heartbeat, fail], FAILED),
        ([dispatch, record, claim, heartbeat, cancel], CANCELLED),
        ([dispatch, record, claim, heartbeat, give_back], WAITING),
        ([dispatch, record, claim, heartbeat, redispatch], WAITING),
        ([dispatch, record, claim, heartbeat, adopt], COMPLETED_IMAGE),
        ([reject], REJECTED),
    ],
    ids=[
        "dispatched",
        "processing",
        "completed image",
        "completed video",
        "failed",
        "cancelled",
        "given back",
        "taken away",
        "adopted",
        "rejected",
    ],
)
def test_the_transitions_lead_to_the_example_documents(steps: list[Step], expected: dict[str, Any]) -> None:
    reached = walk(QUEUED, *steps)

    assert reached == expected
    assert reached.keys() == expected.keys()
    assert fits(reached, "Generation")


@pytest.mark.parametrize("end", [complete, fail, cancel, adopt, fail_overdue])
def test_an_ending_takes_away_who_is_at_work_and_nothing_else(end: Step) -> None:
    ended = walk(PROCESSING, end)

    assert PROCESSING.keys() - ended.keys() == {"claim", "lease_expires_at", "stage", "progress"}


def test_a_worker_that_is_quicker_than_the_dispatcher_says_which_job_it_is() -> None:
    assert walk(QUEUED, dispatch, claim)["runpod_job_id"] == "ab-u1"


def test_a_claim_has_noted_its_job_so_that_the_dispatcher_need_not() -> None:
    claimed = walk(QUEUED, dispatch, claim)

    assert claimed["runpod_job_id"] == "ab-u1"
    assert record(read_generation(claimed)) is Reason.RECORDED


def test_a_seed_is_drawn_at_the_first_dispatch() -> None:
    assert walk(QUEUED, dispatch)["seed"] == 81723


def test_a_seed_that_was_drawn_is_kept() -> None:
    dispatched = walk(QUEUED, dispatch, lambda found: dispatch(found, attempt=1, seed=5))

    assert dispatched["attempt"] == 2
    assert dispatched["seed"] == 81723


def test_a_seed_of_zero_is_kept() -> None:
    dispatched = walk(QUEUED, lambda found: dispatch(found, seed=0), lambda found: dispatch(found, 1, seed=5))

    assert dispatched["seed"] == 0


def test_a_heartbeat_without_progress_keeps_the_progress_that_is_there() -> None:
    beaten = walk(PROCESSING, lambda found: heartbeat(found, progress=None))

    assert beaten["progress"] == PROCESSING["progress"]


def test_progress_without_a_preview_has_no_empty_fields() -> None:
    bare = Progress(sequence=1, fraction=0, step=0, steps=12)

    beaten = walk(PROCESSING, lambda found: heartbeat(found, progress=bare))

    assert beaten["progress"] == {"sequence": 1, "fraction": 0, "step": 0, "steps": 12}


@pytest.mark.parametrize("ended", [COMPLETED_IMAGE, COMPLETED_VIDEO, FAILED, REJECTED, CANCELLED])
@pytest.mark.parametrize("step", EVERY_STEP)
def test_an_ending_absorbs_every_change(ended: dict[str, Any], step: Step) -> None:
    assert step(read_generation(ended)) is Reason.ENDED


@pytest.mark.parametrize("step", EVERY_STEP)
def test_a_malformed_document_that_has_ended_absorbs_every_change(step: Step) -> None:
    assert step(read_generation(MALFORMED | {"status": "failed"})) is Reason.ENDED


@pytest.mark.parametrize("step", [step for step in EVERY_STEP if step not in {reject, cancel, wait, postpone}])
def test_a_malformed_document_is_not_worked_on(step: Step) -> None:
    assert step(read_generation(MALFORMED)) is Reason.MALFORMED


def test_a_malformed_document_can_wait_to_be_rejected() -> None:
    waiting = walk(MALFORMED, wait)

    assert {key: waiting[key] for key in MALFORMED} == MALFORMED
    assert waiting["lease_expires_at"]


@pytest.mark.parametrize(("step", "status"), [(reject, "failed"), (cancel, "cancelled")])
def test_a_malformed_document_can_be_ended(step: Step, status: str) -> None:
    ended = walk(MALFORMED | {"lease_expires_at": 5}, step)

    assert ended["status"] == status
    assert "lease_expires_at" not in ended


def test_a_document_that_another_release_has_begun_is_not_rejected_for_what_it_was_created_as() -> None:
    begun = read_generation(PROCESSING | {"stage": "dreaming"})

    assert reject(begun) is Reason.OTHER_ATTEMPT
    assert isinstance(reject(begun, attempt=1), Change)


@pytest.mark.parametrize("step", [dispatch, claim, fail_dispatch, wait])
def test_a_generation_that_is_processed_is_not_begun_again(step: Callable[..., Change | Reason]) -> None:
    assert step(read_generation(PROCESSING), attempt=1) is Reason.NOT_QUEUED


@pytest.mark.parametrize(
    ("step", "attempt"),
    [
        (step, attempt)
        for step in (dispatch, record, claim, fail_dispatch, wait, redispatch, extend, fail_overdue)
        for attempt in (0, 2)
    ],
)
def test_who_acts_on_another_attempt_acts_on_nothing(step: Callable[..., Change | Reason], attempt: int) -> None:
    assert step(read_generation(DISPATCHED), attempt=attempt) is Reason.OTHER_ATTEMPT


def test_only_the_attempt_that_was_looked_at_is_rejected() -> None:
    assert reject(read_generation(DISPATCHED)) is Reason.OTHER_ATTEMPT
    assert isinstance(reject(read_generation(DISPATCHED), attempt=1), Change)
    assert reject(read_generation(PROCESSING), attempt=1) is Reason.NOT_QUEUED


def test_a_lost_attempt_is_kept_in_the_history_and_its_worker_shut_out() -> None:
    waiting = walk(PROCESSING, redispatch)

    assert waiting["attempts"] == [
        {"attempt": 1, "code": "worker_lost", "stage": "generating", "ended_at": BEAT_AT}
    ]
    assert heartbeat(read_generation(waiting)) is Reason.NOT_MINE
    assert claim(read_generation(waiting)) is Reason.OTHER_ATTEMPT


def test_the_third_failure_is_the_last_and_says_what_it_was() -> None:
    again = [partial(redispatch, attempt=attempt) for attempt in (1, 2, 3)]

    ended = walk(DISPATCHED, *again)

    assert ended["status"] == "failed"
    assert ended["error"] == LOST.model_dump(exclude_none=True)
    assert (ended["failures"], len(ended["attempts"])) == (3, 3)
    assert not documents.OF_WORK & ended.keys()


def test_the_third_time_that_workers_give_it_back_is_the_last() -> None:
    ended = walk(PROCESSING | {"failures": 2}, give_back)

    assert ended["status"] == "failed"


def test_what_runpod_never_took_costs_no_attempt_however_often() -> None:
    tried = walk(DISPATCHED, *[partial(redispatch, attempt=attempt, counts=False) for attempt in range(1, 31)])

    assert (tried["status"], tried["failures"], tried["attempt"]) == ("queued", 0, 31)
    assert [attempt["attempt"] for attempt in tried["attempts"]] == list(range(11, 31))


def test_the_next_dispatch_forgets_the_job_of_the_last() -> None:
    assert "runpod_job_id" not in walk(DISPATCHED, lambda found: dispatch(found, attempt=1))


def test_a_job_that_is_noted_has_longer_to_be_claimed() -> None:
    assert walk(QUEUED, dispatch)["lease_expires_at"] == DISPATCHED_AT + LEASE / 2
    assert walk(QUEUED, dispatch, record)["lease_expires_at"] == DISPATCHED_AT + LEASE


@pytest.mark.parametrize("fields", [DISPATCHED, PROCESSING], ids=["queued", "processing"])
def test_an_extension_changes_nothing_but_the_lease(fields: dict[str, Any]) -> None:
    extended = walk(fields, extend)

    assert extended == fields | {"lease_expires_at": OVER + LEASE, "modified": OVER}


def test_a_lease_that_runs_is_not_shortened_by_an_extension() -> None:
    """Between the look and the extension a worker has taken it, and works on a step that takes ten minutes."""
    renewed = {"lease_expires_at": OVER + timedelta(microseconds=1)}

    assert extend(read_generation(PROCESSING | renewed)) is Reason.LEASED
    assert extend(read_generation(QUEUED), attempt=0) is Reason.LEASED
    assert postpone(read_generation(PROCESSING | renewed)) is Reason.LEASED
    assert postpone(read_generation(MALFORMED | renewed)) is Reason.LEASED


@pytest.mark.parametrize("fields", [DISPATCHED, PROCESSING, MALFORMED | {"lease_expires_at": OVER}])
def test_whatever_could_not_be_looked_after_is_put_off(fields: dict[str, Any]) -> None:
    assert walk(fields, postpone) == fields | {"lease_expires_at": OVER + LEASE, "modified": OVER}


def test_what_waits_for_runpod_has_a_lease_and_no_attempt() -> None:
    waiting = walk(QUEUED, wait)

    assert waiting == QUEUED | {"stage": "waiting", "lease_expires_at": BEAT_AT + LEASE, "modified": BEAT_AT}


def test_a_queued_generation_whose_files_are_there_is_completed_with_them() -> None:
    assert walk(DISPATCHED, adopt)["generation_data"] == documents.IMAGE_DATA


def test_a_video_that_has_no_thumbnail_says_nothing_of_one() -> None:
    older = VideoData.model_validate(documents.DATA_BEFORE_THUMBNAILS | {"thumbnail_url": None})

    change = transitions.complete(
        read_generation(PROCESSING), claim="nonce-1", generation_data=older, now=ENDED_AT
    )

    assert isinstance(change, Change)
    assert change.set["generation_data"] == documents.DATA_BEFORE_THUMBNAILS


def test_a_dispatch_that_runpod_refused_ends_it() -> None:
    ended = walk(QUEUED, dispatch, fail_dispatch)

    assert ended["status"] == "failed"
    assert ended["error"] == documents.ERROR
    assert "lease_expires_at" not in ended


@pytest.mark.parametrize("microseconds", [-1, 1])
@pytest.mark.parametrize("step", [record, claim, fail_dispatch, redispatch, extend, adopt, fail_overdue])
def test_nobody_takes_a_new_job_under_an_old_name_for_his(
    step: Callable[..., Change | Reason], microseconds: int
) -> None:
    other = CREATED_AT + timedelta(microseconds=microseconds)

    assert step(read_generation(DISPATCHED), created_at=other) is Reason.OTHER_JOB


@pytest.mark.parametrize("step", [heartbeat, complete, fail, give_back])
@pytest.mark.parametrize("fields", [QUEUED, DISPATCHED, PROCESSING], ids=["queued", "dispatched", "processing"])
def test_only_the_holder_of_the_claim_works_on_it(
    step: Callable[..., Change | Reason], fields: dict[str, Any]
) -> None:
    assert step(read_generation(fields), nonce="nonce-2") is Reason.NOT_MINE


@pytest.mark.parametrize("step", [heartbeat, complete, fail, give_back])
def test_a_claim_that_was_left_behind_in_a_queued_document_counts_for_nothing(step: Step) -> None:
    assert step(read_generation(DISPATCHED | {"claim": "nonce-1"})) is Reason.NOT_MINE


def test_a_change_is_in_a_document_that_has_its_fields_and_not_those_it_removes() -> None:
    change = Change(set={"status": "cancelled"}, remove=frozenset({"claim"}))

    assert change.is_in({"status": "cancelled", "prompt": ""})
    assert not change.is_in({"status": "cancelled", "claim": "nonce-1"})
    assert not change.is_in({"status": "queued"})
    assert not change.is_in({})


def test_a_claim_is_in_a_document_that_somebody_else_has_touched_since() -> None:
    """The dispatcher may note the job's id between a lost answer and the reading that resolves it."""
    claimed = claim(read_generation(DISPATCHED))

    assert isinstance(claimed, Change)
    assert claimed.is_in(claimed.apply_to(DISPATCHED) | {"modified": ENDED_AT})
    assert not claimed.is_in(claimed.apply_to(DISPATCHED) | {"claim": "nonce-2"})


@pytest.mark.parametrize("step", [dispatch, reject, cancel])
def test_a_change_is_in_the_document_that_it_led_to(step: Step) -> None:
    change = step(read_generation(QUEUED))

    assert isinstance(change, Change)
    assert change.is_in(change.apply_to(QUEUED))
    assert not change.is_in(QUEUED)


def test_applying_a_change_leaves_the_fields_it_was_given_alone() -> None:
    before = dict(PROCESSING)

    walk(PROCESSING, complete)

    assert before == PROCESSING
