"""Between RunPod's worker loop and our jobs. The only file that imports runpod."""

import asyncio
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
    runpod.serverless.start({"handler": build_handler(workplace)})


def build_handler(workplace: Workplace) -> Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]:
    """The async handler: the loop stays free to hear of a cancel while a thread generates."""

    async def handle(job: Mapping[str, Any]) -> dict[str, Any]:
        stop = threading.Event()
        work = asyncio.create_task(asyncio.to_thread(_run, job, workplace, stop))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # RunPod cancelled the job. The loop takes the next one as soon as this returns, so the GPU must
            # be free by then: stop at the next step, and wait for it.
            stop.set()
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
