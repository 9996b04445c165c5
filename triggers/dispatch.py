"""Hand a generation to RunPod, or say why not: when it has been created, and whenever it is tried again."""

import logging
from datetime import datetime, timedelta

from adapters.announcing import announce
from adapters.moderating import check_input
from contracts import transitions
from contracts.catalogue import Model
from contracts.errors import ErrorCode, Failure, GenerationFailed, RequestInvalid, Unavailable
from contracts.generation import Generation, Malformed, check_identity
from contracts.paths import GenerationPath
from contracts.ports import Applied, Refused
from contracts.runpod_job import build_run_body
from contracts.status import Status
from contracts.transitions import Change, Reason, Snapshot
from contracts.validation import resolve_request
from triggers.breaker import OPERATOR_HAS_TO_ACT, open_breaker
from triggers.wiring import Outside

log = logging.getLogger(__name__)


def dispatch(path: GenerationPath, outside: Outside, *, attempt: int = 0) -> None:
    """Begin the attempt after `attempt`. A second call, as by a duplicate event, does nothing."""
    closed_until = outside.sweeper.breaker()
    if closed_until is not None and outside.now() < closed_until:
        _wait(path, attempt, closed_until, outside)
        return
    try:
        begun = outside.generations.apply(path, lambda found: _begin_or_reject(path, found, attempt, outside))
    except Unavailable:  # it could not be checked
        _wait(path, attempt, outside.now() + outside.patience.look_again, outside)
        return
    if not isinstance(begun, Applied):
        log.info("not_dispatched", extra={"generation": path.document, "reason": begun.reason})
        return
    if begun.fields["status"] == Status.FAILED:
        log.info("rejected", extra={"generation": path.document, "field": begun.fields["error"].get("field")})
        announce(path, begun.fields, outside.endings)
        return
    _submit(path, begun, outside)


def _begin_or_reject(path: GenerationPath, found: Snapshot, attempt: int, outside: Outside) -> Change | Reason:
    now, patience = outside.now(), outside.patience
    try:
        judge(path, found, outside)
    except RequestInvalid as invalid:
        return transitions.reject(found, attempt=attempt, failure=invalid.failure, now=now)
    return transitions.dispatch(
        found,
        attempt=attempt,
        seed=_asked_seed(found, outside),
        now=now,
        lease_expires_at=now + patience.submitting + patience.pause_before(attempt + 1, outside.chance()),
    )


def judge(path: GenerationPath, found: Snapshot, outside: Outside) -> Model:
    """The model that serves it. Raises `RequestInvalid`, or `Unavailable` where it could not be checked."""
    if isinstance(found, Malformed):
        raise found.problem
    check_identity(found, path)
    model, request = resolve_request(path, found.request_data, outside.catalogue)
    check_input(outside.input_check, path, request)
    return model


def _asked_seed(found: Snapshot, outside: Outside) -> int:
    asked = found.request_data.get("seed") if isinstance(found, Generation) else None
    return outside.draw_seed() if asked is None else asked


def _wait(path: GenerationPath, attempt: int, until: datetime, outside: Outside) -> None:
    """RunPod is left alone for now, or the check gave no answer. It costs the generation nothing but time."""
    outside.generations.apply(
        path,
        lambda found: transitions.wait(found, attempt=attempt, now=outside.now(), lease_expires_at=until),
    )
    log.warning("waiting", extra={"generation": path.document, "until": until.isoformat()})


def _submit(path: GenerationPath, begun: Applied, outside: Outside) -> None:
    """One POST, never repeated: an answer that is lost may hide a job that was taken."""
    generation = begun.generation
    model, _ = resolve_request(path, generation.request_data, outside.catalogue)
    webhook = outside.webhook_for(path, generation)
    try:
        runpod_job_id = outside.runpod.submit(build_run_body(path, generation, model, webhook))
    except GenerationFailed as refused:
        _not_taken(path, generation, refused.failure, outside)
        return
    log.info("dispatched", extra={"generation": path.document, "runpod_job_id": runpod_job_id})
    now = outside.now()
    recorded = outside.generations.apply(
        path,
        lambda found: transitions.record_runpod_job(
            found,
            created_at=generation.created_at,
            attempt=generation.attempt,
            runpod_job_id=runpod_job_id,
            now=now,
            lease_expires_at=now + timedelta(seconds=model.deadlines_seconds.queued),
        ),
        after=begun,
    )
    if isinstance(recorded, Refused) and recorded.reason is not Reason.RECORDED:
        outside.runpod.cancel(runpod_job_id)  # it has ended, or another attempt has begun: nobody waits for this


def _not_taken(path: GenerationPath, generation: Generation, failure: Failure, outside: Outside) -> None:
    """What RunPod refused is tried later; what it may have taken all the same keeps its lease, and its chance."""
    log.error("runpod_refused", extra={"generation": path.document, "code": failure.code})
    now = outside.now()
    if failure.code in OPERATOR_HAS_TO_ACT:
        retry_at = open_breaker(failure.code, outside)
        _again(path, generation, failure, retry_at=retry_at, outside=outside)
    elif failure.code is ErrorCode.RUNPOD_BUSY:
        again = 1 + len(generation.attempts or ())
        _again(
            path,
            generation,
            failure,
            retry_at=now + outside.patience.pause_before(again, outside.chance()),
            outside=outside,
        )
    elif failure.code is ErrorCode.RUNPOD_REFUSED:
        ended = outside.generations.apply(
            path,
            lambda found: transitions.fail_dispatch(
                found, created_at=generation.created_at, attempt=generation.attempt, failure=failure, now=now
            ),
        )
        if isinstance(ended, Applied):
            announce(path, ended.fields, outside.endings)


def _again(
    path: GenerationPath, generation: Generation, failure: Failure, *, retry_at: datetime, outside: Outside
) -> None:
    def again(found: Snapshot) -> Change | Reason:
        if isinstance(found, Generation) and found.status is Status.PROCESSING:
            return Reason.NOT_QUEUED  # taken all the same
        return transitions.redispatch(
            found,
            created_at=generation.created_at,
            attempt=generation.attempt,
            failure=failure,
            counts=False,
            now=outside.now(),
            retry_at=retry_at,
        )

    outside.generations.apply(path, again)
