"""A generation has been created: judge it, then hand it to RunPod or say why not."""

import logging
from datetime import timedelta

from contracts import transitions
from contracts.catalogue import Catalogue, Model
from contracts.ending import ending_of
from contracts.errors import Failure, GenerationFailed, RequestInvalid
from contracts.generation import Generation, Malformed, check_identity
from contracts.paths import GenerationPath
from contracts.ports import Applied
from contracts.runpod_job import build_run_body
from contracts.status import Status
from contracts.transitions import Change, Reason, Snapshot
from contracts.validation import resolve_request
from triggers.wiring import Outside

log = logging.getLogger(__name__)


def dispatch(path: GenerationPath, outside: Outside) -> None:
    """Begin the first attempt. A second call, as by a duplicate event, finds it begun and does nothing."""
    begun = outside.generations.apply(path, lambda found: _begin_or_reject(path, found, outside))
    if not isinstance(begun, Applied):
        log.info("not_dispatched", extra={"generation": path.document, "reason": begun.reason})
        return
    if begun.fields["status"] == Status.FAILED:
        log.info("rejected", extra={"generation": path.document, "field": begun.fields["error"].get("field")})
        outside.endings.publish(ending_of(path, begun.fields))
        return
    _submit(path, begun.generation, outside)


def _begin_or_reject(path: GenerationPath, found: Snapshot, outside: Outside) -> Change | Reason:
    now = outside.now()
    try:
        model = _judge(path, found, outside.catalogue)
    except RequestInvalid as invalid:
        return transitions.reject(found, failure=invalid.failure, now=now)
    return transitions.dispatch(
        found,
        attempt=0,
        seed=_asked_seed(found, outside),
        now=now,
        lease_expires_at=now + timedelta(seconds=model.deadlines_seconds.queued),
    )


def _judge(path: GenerationPath, found: Snapshot, catalogue: Catalogue) -> Model:
    """The model that will serve it. Raises `RequestInvalid`."""
    if isinstance(found, Malformed):
        raise found.problem
    check_identity(found, path)
    model, _ = resolve_request(path, found.request_data, catalogue)
    return model


def _asked_seed(found: Snapshot, outside: Outside) -> int:
    asked = found.request_data.get("seed") if isinstance(found, Generation) else None
    return outside.draw_seed() if asked is None else asked


def _submit(path: GenerationPath, generation: Generation, outside: Outside) -> None:
    """One POST, never repeated: an answer that is lost may hide a job that was taken."""
    model, _ = resolve_request(path, generation.request_data, outside.catalogue)
    try:
        runpod_job_id = outside.runpod.submit(build_run_body(path, generation, model))
    except GenerationFailed as refused:
        _give_up(path, generation, refused.failure, outside)
        return
    log.info("dispatched", extra={"generation": path.document, "runpod_job_id": runpod_job_id})
    recorded = outside.generations.apply(
        path,
        lambda found: transitions.record_runpod_job(
            found,
            created_at=generation.created_at,
            attempt=generation.attempt,
            runpod_job_id=runpod_job_id,
            now=outside.now(),
        ),
    )
    if not isinstance(recorded, Applied) and recorded.reason in {Reason.GONE, Reason.ENDED, Reason.OTHER_JOB}:
        outside.runpod.cancel(runpod_job_id)  # it was cancelled or deleted before its job was known


def _give_up(path: GenerationPath, generation: Generation, failure: Failure, outside: Outside) -> None:
    """Until the sweeper takes over what RunPod did not, see docs/decisions/0005."""
    log.error("runpod_refused", extra={"generation": path.document, "code": failure.code})
    ended = outside.generations.apply(
        path,
        lambda found: transitions.fail_dispatch(
            found,
            created_at=generation.created_at,
            attempt=generation.attempt,
            failure=failure,
            now=outside.now(),
        ),
    )
    if isinstance(ended, Applied):
        outside.endings.publish(ending_of(path, ended.fields))
