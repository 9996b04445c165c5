"""A generation has stopped moving: find out what became of it, and finish it or begin it again.

Whoever calls this can be early, late or one of many: each write is guarded by the attempt that was looked at.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from adapters.announcing import announce
from adapters.stored_files import adopt, discard, store
from contracts import transitions
from contracts.errors import ClaimLost, ErrorCode, FailedStage, Failure, GenerationFailed, RequestInvalid
from contracts.generation import Generation, Malformed, same_moment
from contracts.generation_data import ImageData, VideoData
from contracts.paths import GenerationPath
from contracts.ports import Applied
from contracts.retries import GIVE_UP_AFTER
from contracts.returned_files import returned_files
from contracts.runpod_job import RunPodJob, RunPodStatus
from contracts.status import Stage, Status
from contracts.stored_object import are_wanted
from triggers.breaker import OPERATOR_HAS_TO_ACT, open_breaker
from triggers.commands import cancel
from triggers.dispatch import dispatch
from triggers.wiring import Outside

LATER = "Try again later."
MADE_BY_WORKERS = {Stage.LOADING, Stage.GENERATING, Stage.ENCODING, Stage.UPLOADING}

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """One attempt at one job, as it was found."""

    path: GenerationPath
    generation: Generation

    @property
    def created_at(self) -> datetime:
        """Which of several jobs under the same id."""
        return self.generation.created_at

    @property
    def attempt(self) -> int:
        """Whose turn it is."""
        return self.generation.attempt


def rescue(path: GenerationPath, outside: Outside) -> None:
    """Finish one whose lease is over, begin it again, or look after it later.

    Raises `StoreUnavailable` where Firestore or Storage do not do their part; the next sweep comes in a minute.
    """
    found = outside.generations.read(path)
    if found is None or found.is_terminal:
        return
    if isinstance(found, Malformed):
        _end_unreadable(path, found, outside)
        return
    if found.lease_expires_at is None or outside.now() < found.lease_expires_at:
        return  # somebody has been quicker
    if not outside.owners.exists(path.user_id):
        cancel(path, outside)
        return
    stopped = Stopped(path=path, generation=found)
    if not _adopted(stopped, outside):
        _follow_runpod(stopped, outside)


def _end_unreadable(path: GenerationPath, found: Malformed, outside: Outside) -> None:
    """At once where no function has begun it. Else a newer release may be at work, and has a day."""
    if found.attempt == 0:
        dispatch(path, outside)  # which rejects it
        return
    now, created_at, lease = outside.now(), found.fields.get("created_at"), found.fields.get("lease_expires_at")
    if isinstance(lease, datetime) and now < lease:
        return
    if isinstance(created_at, datetime) and now - created_at <= GIVE_UP_AFTER:
        later = now + outside.patience.look_again
        outside.generations.apply(path, lambda again: transitions.postpone(again, now=now, lease_expires_at=later))
        return
    failure = found.problem.failure
    ended = outside.generations.apply(
        path, lambda again: transitions.reject(again, attempt=found.attempt, failure=failure, now=now)
    )
    if isinstance(ended, Applied):
        announce(path, ended.fields, outside.endings)


def follow_hint(path: GenerationPath, created_at: datetime, attempt: int, outside: Outside) -> None:
    """RunPod says that the job of this attempt is over: if so, and the document is not, do not wait for its lease.

    A job that is COMPLETED and brings no files says nothing: RunPod can have delivered it twice, and the other
    worker may be at work. Raises `StoreUnavailable` as `rescue` does.
    """
    found = outside.generations.read(path)
    if not isinstance(found, Generation) or found.is_terminal or found.runpod_job_id is None:
        return
    if found.attempt != attempt or not same_moment(found.created_at, created_at):
        return
    stopped = Stopped(path=path, generation=found)
    try:
        job = outside.runpod.look(found.runpod_job_id)
    except GenerationFailed:
        return
    if job is None or not job.is_over or _adopted(stopped, outside) or _rescued(stopped, job, outside):
        return
    if job.status is not RunPodStatus.COMPLETED:
        _lost(stopped, job, outside)


def _adopted(stopped: Stopped, outside: Outside) -> bool:
    """Complete it with what an attempt has stored already, if that is all there."""
    if stopped.attempt == 0:
        return False
    stored = adopt(stopped, outside.objects)
    if stored is not None:
        _complete(stopped, stored, outside)
    return stored is not None


def _follow_runpod(stopped: Stopped, outside: Outside) -> None:
    generation = stopped.generation
    if generation.runpod_job_id is None:
        _begin_again(stopped, outside)
        return
    try:
        job = outside.runpod.look(generation.runpod_job_id)
    except GenerationFailed as failed:
        log.warning("runpod_not_asked", extra={"generation": stopped.path.document, "code": failed.failure.code})
        _wait_for_runpod(stopped, outside)
        if failed.failure.code in OPERATOR_HAS_TO_ACT:
            open_breaker(failed.failure.code, outside)
        return
    if job is not None and job.status is RunPodStatus.IN_QUEUE and generation.status is Status.QUEUED:
        _wait_for_runpod(stopped, outside)
    elif job is None or not _rescued(stopped, job, outside):
        _lost(stopped, job, outside)


def _begin_again(stopped: Stopped, outside: Outside) -> None:
    """No RunPod job is known: it waits for its next attempt, or its function died before it could note one."""
    if _is_too_old(stopped, outside):
        _give_up(stopped, outside)
    else:
        dispatch(stopped.path, outside, attempt=stopped.attempt)


def _wait_for_runpod(stopped: Stopped, outside: Outside) -> None:
    """RunPod has it in its queue, or does not say what became of it: not for longer than a day."""
    if _is_too_old(stopped, outside):
        _cancel_at_runpod(stopped, outside)
        _give_up(stopped, outside)
    else:
        _look_later(stopped, outside)


def _rescued(stopped: Stopped, job: RunPodJob, outside: Outside) -> bool:
    """Store what came back in RunPod's result, and complete it."""
    returned = returned_files(stopped.path, job.output) if job.status is RunPodStatus.COMPLETED else None
    if returned is None:
        return False
    files, facts = returned
    try:
        stored = store(stopped, files, facts, outside.objects)
    except RequestInvalid as taken:  # another generation has a file of this name: no attempt can help
        _end(stopped, taken.failure, outside)
        return True
    except ClaimLost:
        return False
    _complete(stopped, stored, outside)
    return True


def _lost(stopped: Stopped, job: RunPodJob | None, outside: Outside) -> None:
    """The attempt came to nothing. It counts: RunPod had it."""
    generation, now = stopped.generation, outside.now()
    if job is not None and not job.is_over:
        _cancel_at_runpod(stopped, outside)
    failure = Failure(
        code=ErrorCode.WORKER_LOST if generation.status is Status.PROCESSING else ErrorCode.RUNPOD_LOST,
        stage=_failed_stage(generation.stage),
        retryable=True,
        message=f"The machine that was making this was lost. {LATER}",
    )
    retry_at = now + outside.patience.pause_before(generation.failures + 1, outside.chance())
    applied = outside.generations.apply(
        stopped.path,
        lambda found: transitions.redispatch(
            found,
            created_at=stopped.created_at,
            attempt=stopped.attempt,
            failure=failure,
            counts=True,
            now=now,
            retry_at=retry_at,
        ),
    )
    if isinstance(applied, Applied):
        log.warning("attempt_lost", extra={"generation": stopped.path.document, "code": failure.code})
        _after_ending(stopped, applied, outside)


def _give_up(stopped: Stopped, outside: Outside) -> None:
    expired = Failure(
        code=ErrorCode.EXPIRED,
        stage=_failed_stage(stopped.generation.stage),
        retryable=True,
        message=f"This could not be made within a day. {LATER}",
    )
    _end(stopped, expired, outside)


def _end(stopped: Stopped, failure: Failure, outside: Outside) -> None:
    applied = outside.generations.apply(
        stopped.path,
        lambda found: transitions.fail_overdue(
            found,
            created_at=stopped.created_at,
            attempt=stopped.attempt,
            failure=failure,
            now=outside.now(),
        ),
    )
    if isinstance(applied, Applied):
        _after_ending(stopped, applied, outside)


def _after_ending(stopped: Stopped, applied: Applied, outside: Outside) -> None:
    """Where that was the last attempt: tell, and leave no part of its files."""
    if applied.fields["status"] == Status.FAILED:
        announce(stopped.path, applied.fields, outside.endings)
        discard(stopped, outside.objects)


def _complete(stopped: Stopped, stored: ImageData | VideoData, outside: Outside) -> None:
    applied = outside.generations.apply(
        stopped.path,
        lambda found: transitions.adopt(
            found, created_at=stopped.created_at, generation_data=stored, now=outside.now()
        ),
    )
    if isinstance(applied, Applied):
        log.info("adopted", extra={"generation": stopped.path.document, "attempt": stopped.attempt})
        announce(stopped.path, applied.fields, outside.endings)
        return
    if not are_wanted(outside.generations.read(stopped.path), stopped.created_at):
        discard(stopped, outside.objects)


def _look_later(stopped: Stopped, outside: Outside) -> None:
    now = outside.now()
    outside.generations.apply(
        stopped.path,
        lambda found: transitions.extend(
            found,
            created_at=stopped.created_at,
            attempt=stopped.attempt,
            now=now,
            lease_expires_at=now + outside.patience.ask_again,
        ),
    )


def _cancel_at_runpod(stopped: Stopped, outside: Outside) -> None:
    if stopped.generation.runpod_job_id is not None:
        outside.runpod.cancel(stopped.generation.runpod_job_id)


def _is_too_old(stopped: Stopped, outside: Outside) -> bool:
    return outside.now() - stopped.created_at > GIVE_UP_AFTER


def _failed_stage(stage: Stage | None) -> FailedStage:
    return FailedStage(stage.value) if stage in MADE_BY_WORKERS else FailedStage.DISPATCHING
