"""Between RunPod's worker loop and our jobs. The only file that uses runpod."""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from contracts.errors import RequestInvalid
from contracts.ports import StoreUnavailable
from contracts.runpod_job import DirectJob, parse_job_input
from worker.direct import run_direct_job
from worker.generate import run_cloud_job
from worker.runpod_sdk import runpod
from worker.workplace import Workplace

LAST_ANSWERS_SECONDS = 30.0
"""So long a worker whose GPU is lost may still store what it has made."""

log = logging.getLogger(__name__)


def serve(workplace: Workplace, *, held: int = 1, lost: threading.Event | None = None) -> None:
    """Take jobs until RunPod says to stop, or the GPU is lost.

    Args:
        workplace: what a job needs.
        held: how many jobs to have at once. Constant: the SDK changes it only when it has none (rp_scale.py).
        lost: set when the GPU is.

    """
    keep_results_out_of_the_log()
    jobs = ThreadPoolExecutor(held, thread_name_prefix="job")
    if lost is not None:
        threading.Thread(target=_end_when, args=(lost,), name="last-answers", daemon=True).start()
    runpod.serverless.start({"handler": build_handler(workplace, jobs), "concurrency_modifier": lambda _: held})


def keep_results_out_of_the_log() -> None:
    """At DEBUG, its default, the SDK prints each result: the files, or URLs with their tokens (rp_job.py)."""
    logger = runpod.RunPodLogger()
    if logger.level in {"TRACE", "DEBUG"}:
        logger.set_level("INFO")


def build_handler(
    workplace: Workplace, jobs: Executor | None = None
) -> Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]:
    """The async handler: the loop stays free to hear of a cancel while a thread of `jobs` works."""

    async def handle(job: Mapping[str, Any]) -> dict[str, Any]:
        stop = threading.Event()
        work = asyncio.get_running_loop().run_in_executor(jobs, _run, job, workplace, stop)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # RunPod cancelled the job. The loop takes the next one as soon as this returns, so the GPU must
            # be free by then: stop at the next step, and wait for it, however often RunPod says so.
            stop.set()
            while not work.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
            raise

    return handle


def _end_when(lost: threading.Event) -> None:
    """RunPod starts the container again, and the new process has a GPU or says that it has none."""
    lost.wait()
    log.critical("gpu_lost")
    os.kill(os.getpid(), signal.SIGTERM)  # the SDK finishes what it has, and takes no more
    time.sleep(LAST_ANSWERS_SECONDS)
    os._exit(1)


def _run(job: Mapping[str, Any], workplace: Workplace, stop: threading.Event) -> dict[str, Any]:
    """One job. A top-level `error`, always a text, makes RunPod call the job failed."""
    try:
        parsed = parse_job_input(job.get("input"))
        parsed.path.check()
        if isinstance(parsed, DirectJob):
            return run_direct_job(parsed, workplace, stop)
        return run_cloud_job(parsed, str(job["id"]), workplace, stop)
    except RequestInvalid as invalid:
        return {"error": str(invalid)}
    except StoreUnavailable as error:
        log.exception("unavailable", extra={"runpod_job_id": job.get("id")})
        return {"error": f"Firestore or Storage is unavailable: {error}"}
