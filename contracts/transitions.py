"""How a generation moves: each legal change is one function here, and there are no others.

A transition looks at the generation as it was read and builds the whole change, or says why not. It knows no
clock: `now`, nonces and seeds come in. A store applies the change only if the document is still the one that
was read (`ports.GenerationStore.apply`), so a guard that held when it was evaluated holds when it is written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.errors import Failure
from contracts.generation import Attempt, Generation, Malformed, Progress, is_newer, same_moment
from contracts.generation_data import ImageData, VideoData
from contracts.retries import MAX_FAILURES
from contracts.status import Stage, Status


class Reason(StrEnum):
    """Why a change was refused. Losing a race is ordinary; none of these is an error."""

    GONE = "gone"
    """There is no such document (any more)."""
    ENDED = "ended"
    """It has ended, and an ending absorbs everything."""
    MALFORMED = "malformed"
    """It is no generation; it can only be failed."""
    NOT_QUEUED = "not_queued"
    """It is being processed already."""
    OTHER_ATTEMPT = "other_attempt"
    """Another attempt than the caller's is the current one."""
    OTHER_JOB = "other_job"
    """The id was deleted and created again: this is a new job under an old name."""
    LEASED = "leased"
    """Its lease runs: whoever renewed it is at work, or will look after it."""
    RECORDED = "recorded"
    """A worker has claimed it, and has written itself which RunPod job it is."""
    NOT_MINE = "not_mine"
    """Another worker holds the claim, or none does."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What to write: whole top-level fields, and those to take away."""

    set: Mapping[str, Any]
    remove: frozenset[str] = field(default_factory=frozenset)

    def apply_to(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields after the change."""
        return {key: value for key, value in {**fields, **self.set}.items() if key not in self.remove}

    def is_in(self, fields: Mapping[str, Any]) -> bool:
        """Whether these fields already hold the change, as they do after a commit whose answer was lost.

        All but `modified`: somebody else may have written other fields since.
        """
        return all(fields.get(key) == value for key, value in self.set.items() if key != "modified") and not (
            self.remove & fields.keys()
        )


Snapshot = Generation | Malformed
Transition = Callable[[Snapshot], Change | Reason]

# Taken away by every ending: they say who is at work, and nobody is any more.
OF_WORK = frozenset({"claim", "lease_expires_at", "stage", "progress"})
MAX_ATTEMPTS_KEPT = 20
"""Of the history. What RunPod never took can be tried for a day."""


def dispatch(
    generation: Snapshot, *, attempt: int, seed: int, now: datetime, lease_expires_at: datetime
) -> Change | Reason:
    """Begin attempt `attempt` + 1 of a queued generation. The seed is kept if one was ever drawn."""
    queued = _queued(generation, attempt)
    if isinstance(queued, Reason):
        return queued
    return Change(
        set={
            "stage": Stage.DISPATCHED,
            "attempt": attempt + 1,
            "failures": queued.failures,
            "seed": seed if queued.seed is None else queued.seed,
            "dispatched_at": now,
            "lease_expires_at": lease_expires_at,
            "modified": now,
        },
        remove=frozenset({"runpod_job_id"} if queued.runpod_job_id is not None else ()),
    )


def wait(generation: Snapshot, *, attempt: int, now: datetime, lease_expires_at: datetime) -> Change | Reason:
    """Dispatch it, or reject it, later: RunPod is left alone for a while, or Firestore did not take it now."""
    if not isinstance(generation, Malformed) or generation.is_terminal:
        queued = _queued(generation, attempt)
        if isinstance(queued, Reason):
            return queued
    return Change(set={"stage": Stage.WAITING, "lease_expires_at": lease_expires_at, "modified": now})


def record_runpod_job(
    generation: Snapshot,
    *,
    created_at: datetime,
    attempt: int,
    runpod_job_id: str,
    now: datetime,
    lease_expires_at: datetime,
) -> Change | Reason:
    """Note which RunPod job serves this attempt, and give it time to be claimed.

    Never the status. The worker may have been quicker: its claim says which job it is, and has a lease of its own.
    """
    open_ = _open_as(generation, created_at, attempt)
    if isinstance(open_, Reason):
        return open_
    if open_.status is not Status.QUEUED:
        return Reason.RECORDED
    return Change(set={"runpod_job_id": runpod_job_id, "lease_expires_at": lease_expires_at, "modified": now})


def claim(
    generation: Snapshot,
    *,
    created_at: datetime,
    attempt: int,
    claim: str,
    runpod_job_id: str,
    now: datetime,
    lease_expires_at: datetime,
) -> Change | Reason:
    """Make it this worker's, just before its GPU turn."""
    queued = _queued_as(generation, created_at, attempt)
    if isinstance(queued, Reason):
        return queued
    return Change(
        set={
            "status": Status.PROCESSING,
            "stage": Stage.LOADING,
            "claim": claim,
            "runpod_job_id": runpod_job_id,
            "started_at": now,
            "lease_expires_at": lease_expires_at,
            "modified": now,
        }
    )


def heartbeat(
    generation: Snapshot,
    *,
    claim: str,
    stage: Stage,
    progress: Progress | None,
    now: datetime,
    lease_expires_at: datetime,
) -> Change | Reason:
    """Report that work has moved on, and keep the lease."""
    if reason := _not_mine(generation, claim):
        return reason
    reported = {} if progress is None else {"progress": progress.model_dump(exclude_none=True)}
    return Change(set={"stage": stage, **reported, "lease_expires_at": lease_expires_at, "modified": now})


def complete(
    generation: Snapshot, *, claim: str, generation_data: ImageData | VideoData, now: datetime
) -> Change | Reason:
    """End well: the files are stored and this says where."""
    return _not_mine(generation, claim) or _completed(generation_data, now)


def fail(generation: Snapshot, *, claim: str, failure: Failure, now: datetime) -> Change | Reason:
    """End badly, by the worker that holds the claim."""
    return _not_mine(generation, claim) or _failed(failure, now)


def give_back(
    generation: Snapshot, *, claim: str, failure: Failure, now: datetime, retry_at: datetime
) -> Change | Reason:
    """Leave it to a later attempt, by the worker that holds the claim; end it badly where none is left."""
    if reason := _not_mine(generation, claim):
        return reason
    open_ = _open(generation)
    return open_ if isinstance(open_, Reason) else _again(open_, failure, now, retry_at, counts=True)


def redispatch(
    generation: Snapshot,
    *,
    created_at: datetime,
    attempt: int,
    failure: Failure,
    counts: bool,
    now: datetime,
    retry_at: datetime,
) -> Change | Reason:
    """Take attempt `attempt` away from whoever has it, and queue it again; end it badly where none is left.

    Args:
        generation: as it was read.
        created_at: of the job that is meant.
        attempt: the one that came to nothing.
        failure: why.
        counts: whether RunPod had accepted it. What RunPod never took costs a job none of its attempts.
        now: the time.
        retry_at: when to dispatch it again; nobody does before.

    """
    open_ = _open_as(generation, created_at, attempt)
    return open_ if isinstance(open_, Reason) else _again(open_, failure, now, retry_at, counts=counts)


def extend(
    generation: Snapshot, *, created_at: datetime, attempt: int, now: datetime, lease_expires_at: datetime
) -> Change | Reason:
    """Look after it later: RunPod has it in its queue, or could not be asked.

    Never a lease that runs: a worker can have claimed it in the meantime, for a step that takes longer.
    """
    open_ = _open_as(generation, created_at, attempt)
    return open_ if isinstance(open_, Reason) else postpone(open_, now=now, lease_expires_at=lease_expires_at)


def postpone(generation: Snapshot, *, now: datetime, lease_expires_at: datetime) -> Change | Reason:
    """Look after it later, whatever it is, because it could not be done this time. Never a lease that runs."""
    if generation.is_terminal:
        return Reason.ENDED
    if not _is_overdue(generation, now):
        return Reason.LEASED
    return Change(set={"lease_expires_at": lease_expires_at, "modified": now})


def adopt(
    generation: Snapshot, *, created_at: datetime, generation_data: ImageData | VideoData, now: datetime
) -> Change | Reason:
    """End well with files that an attempt at this very job has stored, whichever it was."""
    open_ = _open(generation)
    if isinstance(open_, Reason):
        return open_
    if not same_moment(open_.created_at, created_at):
        return Reason.OTHER_JOB
    return _completed(generation_data, now)


def fail_overdue(
    generation: Snapshot, *, created_at: datetime, attempt: int, failure: Failure, now: datetime
) -> Change | Reason:
    """End badly, wherever it is, because no attempt can help."""
    open_ = _open_as(generation, created_at, attempt)
    return open_ if isinstance(open_, Reason) else _failed(failure, now)


def fail_dispatch(
    generation: Snapshot, *, created_at: datetime, attempt: int, failure: Failure, now: datetime
) -> Change | Reason:
    """End badly because RunPod did not take attempt `attempt`; not if a worker has claimed it all the same."""
    queued = _queued_as(generation, created_at, attempt)
    return queued if isinstance(queued, Reason) else _failed(failure, now)


def reject(generation: Snapshot, *, attempt: int, failure: Failure, now: datetime) -> Change | Reason:
    """End badly instead of being dispatched: the request, or the document itself, is no good.

    One that cannot be read and has an attempt was begun by a release that could read it: only who has looked at
    that attempt ends it.
    """
    if isinstance(generation, Malformed) and not generation.is_terminal:
        return _failed(failure, now) if generation.attempt == attempt else Reason.OTHER_ATTEMPT
    queued = _queued(generation, attempt)
    return queued if isinstance(queued, Reason) else _failed(failure, now)


def cancel(generation: Snapshot, *, now: datetime, asked_at: datetime | None = None) -> Change | Reason:
    """End it because its user says so, wherever it is; not one that was created after he `asked_at` it."""
    if generation.is_terminal:
        return Reason.ENDED
    if asked_at is not None and is_newer(generation, asked_at):
        return Reason.OTHER_JOB
    return Change(set={"status": Status.CANCELLED, "ended_at": now, "modified": now}, remove=OF_WORK)


def _completed(generation_data: ImageData | VideoData, now: datetime) -> Change:
    return Change(
        set={
            "status": Status.COMPLETED,
            "completed_at": now,
            "generated": True,
            "generation_data": generation_data.model_dump(exclude_none=True),
            "modified": now,
        },
        remove=OF_WORK,
    )


def _again(open_: Generation, failure: Failure, now: datetime, retry_at: datetime, *, counts: bool) -> Change:
    failures = open_.failures + counts
    ended = Attempt(attempt=open_.attempt, code=failure.code, stage=failure.stage, ended_at=now)
    history = {
        "failures": failures,
        "attempts": [attempt.model_dump() for attempt in (*(open_.attempts or ()), ended)][-MAX_ATTEMPTS_KEPT:],
    }
    if failures >= MAX_FAILURES:
        gone = _failed(failure, now)
        return Change(set={**gone.set, **history}, remove=gone.remove)
    return Change(
        set={
            "status": Status.QUEUED,
            "stage": Stage.WAITING,
            "attempt": open_.attempt + 1,
            **history,
            "lease_expires_at": retry_at,
            "modified": now,
        },
        remove=frozenset({"claim", "progress", "runpod_job_id"}),
    )


def _failed(failure: Failure, now: datetime) -> Change:
    return Change(
        set={
            "status": Status.FAILED,
            "ended_at": now,
            "error": failure.model_dump(exclude_none=True),
            "modified": now,
        },
        remove=OF_WORK,
    )


def _is_overdue(generation: Snapshot, now: datetime) -> bool:
    if isinstance(generation, Malformed):
        lease = generation.fields.get("lease_expires_at")
    else:
        lease = generation.lease_expires_at
    return isinstance(lease, datetime) and lease <= now


def _open(generation: Snapshot) -> Generation | Reason:
    if generation.is_terminal:
        return Reason.ENDED
    return Reason.MALFORMED if isinstance(generation, Malformed) else generation


def _open_as(generation: Snapshot, created_at: datetime, attempt: int) -> Generation | Reason:
    """Only of the very job that was created then: `attempt` alone starts again with each document."""
    open_ = _open(generation)
    if isinstance(open_, Reason):
        return open_
    if not same_moment(open_.created_at, created_at):
        return Reason.OTHER_JOB
    return open_ if open_.attempt == attempt else Reason.OTHER_ATTEMPT


def _queued(generation: Snapshot, attempt: int) -> Generation | Reason:
    open_ = _open(generation)
    if isinstance(open_, Reason):
        return open_
    if open_.attempt != attempt:
        return Reason.OTHER_ATTEMPT
    return open_ if open_.status is Status.QUEUED else Reason.NOT_QUEUED


def _queued_as(generation: Snapshot, created_at: datetime, attempt: int) -> Generation | Reason:
    open_ = _open_as(generation, created_at, attempt)
    return Reason.NOT_QUEUED if isinstance(open_, Generation) and open_.status is not Status.QUEUED else open_


def _not_mine(generation: Snapshot, claim: str) -> Reason | None:
    open_ = _open(generation)
    if isinstance(open_, Reason):
        return open_
    return None if open_.status is Status.PROCESSING and open_.claim == claim else Reason.NOT_MINE
