"""One job without a document: the files go back in the RunPod result, and Firebase is not touched."""

import secrets
import threading
from typing import Any

from adapters.moderating import check_input
from contracts.errors import ClaimLost, ErrorCode, FailedStage, Failure, GenerationFailed
from contracts.returned_files import encode_files
from contracts.runpod_job import MAX_RETURNED_BYTES, DirectJob, Outcome, result
from contracts.status import Stage
from contracts.validation import resolve_request
from worker.gpu_turn import Pictures
from worker.inputs import read_inputs
from worker.making import Made, make
from worker.workplace import Workplace


class _StopOnly:
    """Nobody follows a direct job; RunPod can still end it."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def enter(self, stage: Stage) -> None:  # noqa: ARG002 - nobody is told
        self._check()

    def step(self, step: int, steps: int) -> None:  # noqa: ARG002 - nobody is told
        self._check()

    def show(self, preview: Pictures) -> None:
        """Nobody looks."""

    def _check(self) -> None:
        if self._stop.is_set():
            raise ClaimLost


def run_direct_job(job: DirectJob, workplace: Workplace, stop: threading.Event) -> dict[str, Any]:
    """Make and return. The RunPod result."""
    seed = secrets.randbelow(2**32) if job.seed is None else job.seed
    try:
        model, request = resolve_request(job.path, job.request_data, workplace.catalogue)
        check_input(workplace.input_check, job.path, request)
        request = read_inputs(job.path, request, None)
        with workplace.engine.turn(model, request, stop) as gpu:
            watcher, check = _StopOnly(stop), workplace.output_check
            return _returned(make(job.path, model, request, seed, gpu=gpu, watcher=watcher, check=check))
    except ClaimLost:
        return result(Outcome.STOPPED)
    except GenerationFailed as failed:
        return result(Outcome.FAILED, failure=failed.failure.model_dump(mode="json", exclude_none=True))


def _returned(made: Made) -> dict[str, Any]:
    if sum(len(file.content) for file in made.files) > MAX_RETURNED_BYTES:
        raise GenerationFailed(
            Failure(
                code=ErrorCode.INVALID_REQUEST,
                stage=FailedStage.ENCODING,
                retryable=False,
                message=f"the files are larger than the {MAX_RETURNED_BYTES} bytes that RunPod hands back",
            )
        )
    return result(Outcome.COMPLETED, **made.facts, timings_seconds=made.seconds, files=encode_files(made.files))
