"""One job that has a document, from its claim to its ending."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from adapters.announcing import announce
from adapters.stored_files import adopt, discard, store
from contracts import transitions
from contracts.catalogue import Model
from contracts.errors import (
    ClaimLost,
    ErrorCode,
    FailedStage,
    Failure,
    GenerationFailed,
    RequestInvalid,
    Unavailable,
)
from contracts.generation import Generation
from contracts.generation_data import ImageData, Timings, VideoData
from contracts.ports import Applied, Refused, StoreUnavailable
from contracts.returned_files import encode_files
from contracts.runpod_job import MAX_RETURNED_BYTES, CloudJob, Outcome, result
from contracts.status import Stage, Status
from contracts.stored_object import are_wanted
from contracts.transitions import Change, Reason, Snapshot
from contracts.validation import resolve_request
from worker.batching import kind_of
from worker.gpu_turn import GpuTurn
from worker.heartbeat import Heartbeat
from worker.inputs import read_inputs
from worker.making import Made, make
from worker.workplace import Cloud, Workplace

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One worker's go at one job."""

    job: CloudJob
    runpod_job_id: str
    claim: str
    workplace: Workplace
    cloud: Cloud


def run_cloud_job(
    job: CloudJob, runpod_job_id: str, workplace: Workplace, stop: threading.Event
) -> dict[str, Any]:
    """Claim, make, store, complete. The RunPod result; whatever it says, the document says it first.

    Raises `StoreUnavailable` where Firestore cannot even be asked for the claim.
    """
    if workplace.cloud is None:
        return {"error": "this worker has no Firebase variables, so it can only serve use_cloud_storage: false"}
    turn = Turn(
        job=job,
        runpod_job_id=runpod_job_id,
        claim=workplace.new_claim(),
        workplace=workplace,
        cloud=workplace.cloud,
    )
    try:
        model, request = resolve_request(job.path, job.request_data, workplace.catalogue)
    except RequestInvalid as invalid:
        claimed = _claim(turn, lease_seconds=0)
        return _fail(turn, invalid.failure) if isinstance(claimed, Applied) else claimed
    try:
        with workplace.engine.turn(model, request, stop) as gpu:
            claimed = _claim(turn, lease_seconds=model.deadlines_seconds.loading)
            if not isinstance(claimed, Applied):
                return claimed
            heartbeat = _heartbeat(turn, model, request, claimed, stop=stop)
            return _work(turn, model, request, gpu=gpu, heartbeat=heartbeat)
    except ClaimLost:
        log.info("stopped", extra={"generation": job.path.document})
        return result(Outcome.STOPPED)
    except GenerationFailed as failed:
        return (_give_back if isinstance(failed, Unavailable) else _fail)(turn, failed.failure)


def _claim(turn: Turn, lease_seconds: float) -> Applied | dict[str, Any]:
    """Make the generation ours, or give what the worker answers at once, having spent no GPU time."""
    now = turn.workplace.now()
    claimed = turn.cloud.generations.apply(
        turn.job.path,
        lambda found: transitions.claim(
            found,
            created_at=turn.job.created_at,
            attempt=turn.job.attempt,
            claim=turn.claim,
            runpod_job_id=turn.runpod_job_id,
            now=now,
            lease_expires_at=now + timedelta(seconds=lease_seconds),
        ),
    )
    if isinstance(claimed, Refused):
        log.info("refused", extra={"generation": turn.job.path.document, "reason": claimed.reason})
        return result(Outcome.REFUSED, reason=claimed.reason.value)
    log.info("claimed", extra={"generation": turn.job.path.document, "attempt": turn.job.attempt})
    return claimed


def _heartbeat(
    turn: Turn, model: Model, request: Mapping[str, Any], claimed: Applied, *, stop: threading.Event
) -> Heartbeat:
    heartbeat = turn.workplace.heartbeat(
        turn.cloud.generations,
        turn.job.path,
        claim=turn.claim,
        deadlines=model.deadlines_seconds,
        now=turn.workplace.now,
        stop=stop,
    )
    heartbeat.last = claimed
    heartbeat.expect(request["num_inference_steps"], turn.workplace.pace.expect(kind_of(model, request)))
    return heartbeat


def _work(
    turn: Turn, model: Model, request: Mapping[str, Any], *, gpu: GpuTurn, heartbeat: Heartbeat
) -> dict[str, Any]:
    job, claimed_at = turn.job, turn.workplace.now()
    queued = round(max(0.0, (claimed_at - job.created_at).total_seconds()), 3)
    with heartbeat:
        stored = _adopt(turn)
        if stored is None:
            pictured = read_inputs(job.path, request, turn.cloud.objects)
            check = turn.workplace.output_check
            made = make(job.path, model, pictured, job.seed, gpu=gpu, watcher=heartbeat, check=check)
            heartbeat.enter(Stage.UPLOADING)
            began = time.monotonic()
            timings = {"queued": queued, **made.seconds, "uploading": 0.0}
            facts = {**made.facts, "timings_seconds": timings}
            try:
                stored = store(job, made.files, facts, turn.cloud.objects)
            except StoreUnavailable as error:
                return _return_files(turn, made, facts, str(error))
            uploading = time.monotonic() - began
            timings["uploading"] = round(uploading, 3)
            stored = stored.model_copy(update={"timings_seconds": Timings(**timings)})
            if made.took:
                kind = kind_of(model, request)
                turn.workplace.pace.remember(kind, replace(made.took, rest=made.took.rest + uploading))
    return _complete(turn, stored, heartbeat.last)


def _adopt(turn: Turn) -> ImageData | VideoData | None:
    try:
        return adopt(turn.job, turn.cloud.objects)
    except StoreUnavailable:
        return None  # the upload will find out whether it lasts


def _complete(turn: Turn, stored: ImageData | VideoData, last: Applied | None) -> dict[str, Any]:
    path, generations = turn.job.path, turn.cloud.generations
    try:
        completed = generations.apply(
            path,
            lambda found: transitions.complete(
                found, claim=turn.claim, generation_data=stored, now=turn.workplace.now()
            ),
            after=last,
        )
    except StoreUnavailable:
        log.exception("returned", extra={"generation": path.document})
        return result(Outcome.RETURNED, generation_data=stored.model_dump(exclude_none=True))
    if isinstance(completed, Applied):
        log.info("completed", extra={"generation": path.document, **stored.timings_seconds.model_dump()})
        announce(path, completed.fields, turn.cloud.endings)
        return result(Outcome.COMPLETED, object_paths=stored.object_paths)
    _discard_unwanted(turn, completed.reason)
    return result(Outcome.STOPPED)


def _discard_unwanted(turn: Turn, reason: Reason) -> None:
    """Remove the files if the document is gone, failed or cancelled; another's completion may rest on them."""
    if not are_wanted(turn.cloud.generations.read(turn.job.path), turn.job.created_at):
        discard(turn.job, turn.cloud.objects)
    log.info("stopped", extra={"generation": turn.job.path.document, "reason": reason})


def _fail(turn: Turn, failure: Failure) -> dict[str, Any]:
    failed = turn.cloud.generations.apply(
        turn.job.path,
        lambda found: transitions.fail(found, claim=turn.claim, failure=failure, now=turn.workplace.now()),
    )
    if isinstance(failed, Refused):
        return result(Outcome.STOPPED)
    log.info("failed", extra={"generation": turn.job.path.document, "code": failure.code})
    announce(turn.job.path, failed.fields, turn.cloud.endings)
    return result(Outcome.FAILED, code=failure.code.value)


def _give_back(turn: Turn, failure: Failure) -> dict[str, Any]:
    """A later attempt may have more luck; after the last one this has failed."""
    now = turn.workplace.now()

    def give_back(found: Snapshot) -> Change | Reason:
        failures = found.failures if isinstance(found, Generation) else 0
        pause = turn.workplace.patience.pause_before(failures + 1, turn.workplace.chance())
        return transitions.give_back(found, claim=turn.claim, failure=failure, now=now, retry_at=now + pause)

    given_back = turn.cloud.generations.apply(turn.job.path, give_back)
    if isinstance(given_back, Refused):
        return result(Outcome.STOPPED)
    log.warning("given_back", extra={"generation": turn.job.path.document, "code": failure.code})
    if given_back.fields["status"] == Status.FAILED:
        announce(turn.job.path, given_back.fields, turn.cloud.endings)
        discard(turn.job, turn.cloud.objects)
        return result(Outcome.FAILED, code=failure.code.value)
    return result(Outcome.GIVEN_BACK, code=failure.code.value)


def _return_files(turn: Turn, made: Made, facts: Mapping[str, Any], cause: str) -> dict[str, Any]:
    """Storage took nothing: hand the files back through RunPod, for the sweeper to store."""
    log.error("returned", extra={"generation": turn.job.path.document, "cause": cause})
    if sum(len(file.content) for file in made.files) > MAX_RETURNED_BYTES:
        raise Unavailable(
            ErrorCode.STORAGE_UNAVAILABLE, FailedStage.UPLOADING, "The file could not be stored. Try again later."
        )
    return result(Outcome.RETURNED, facts=dict(facts), files=encode_files(made.files))
