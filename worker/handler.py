"""Between RunPod's worker loop and our jobs. The only file that imports runpod."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import runpod

from contracts.errors import RequestInvalid
from contracts.ports import StoreUnavailable
from contracts.runpod_job import DirectJob, parse_job_input
from worker.direct import run_direct_job
from worker.generate import run_cloud_job
from worker.workplace import Workplace

log = logging.getLogger(__name__)


def serve(workplace: Workplace) -> None:
    """Take jobs until RunPod says to stop."""
    keep_results_out_of_the_log()
    runpod.serverless.start({"handler": build_handler(workplace)})


def keep_results_out_of_the_log() -> None:
    """At DEBUG, its default, the SDK prints each result: the files, or URLs with their tokens (rp_job.py)."""
    logger = runpod.RunPodLogger()
    if logger.level in {"TRACE", "DEBUG"}:
        logger.set_level("INFO")


def build_handler(workplace: Workplace) -> Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]:
    """The async handler: the loop stays free to hear of a cancel while a thread generates."""

    async def handle(job: Mapping[str, Any]) -> dict[str, Any]:
        stop = threading.Event()
        work = asyncio.create_task(asyncio.to_thread(_run, job, workplace, stop))
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
