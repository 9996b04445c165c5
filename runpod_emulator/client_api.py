"""The routes of clients: what `runpod.Endpoint` calls."""

import contextlib

from aiohttp import web

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import MalformedBodyError
from runpod_emulator.fault_rules import SUBMIT_FAULTS, Fault
from runpod_emulator.http_requests import for_clients
from runpod_emulator.job_options import read_options
from runpod_emulator.jobs import Job
from runpod_emulator.json_bodies import read_object
from runpod_emulator.settings import Settings

#: The documented limit on the body of /run.
MAX_RUN_BODY_BYTES = Settings().max_run_bytes
#: The documented range of `?wait=` of /runsync.
WAIT_MS = (1_000, 300_000)


async def run(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Queue a job."""
    job = await _submit(request, endpoint, is_sync=False)
    return web.json_response({"id": job.id, "status": job.status})


async def run_sync(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Queue a job, and answer when it has ended or the wait is over, whichever is first."""
    wait_seconds = endpoint.settings.runsync_wait_seconds
    if "wait" in request.query:
        wait_seconds = _milliseconds(request, "wait", *WAIT_MS) / 1000
    job = await _submit(request, endpoint, is_sync=True)
    with contextlib.suppress(TimeoutError):
        async with endpoint.clock.timeout(wait_seconds):
            await endpoint.waiters.wait(job.id)
    return web.json_response(endpoint.queue.find(job.id).to_status())


async def status(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Say where a job is. `?ttl=` makes an ended job be forgotten sooner."""
    job = endpoint.queue.find(request.match_info["job"])
    if "ttl" in request.query:
        endpoint.limits.shorten_retention(job.id, _milliseconds(request, "ttl", 1, 10**12) / 1000)
    return web.json_response(job.to_status())


async def stream(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Give the chunks that came since the last call; if there are none, wait for some where told to."""
    job_id = request.match_info["job"]
    endpoint.queue.find(job_id)
    chunks = endpoint.streams.take(job_id)
    if not chunks and endpoint.settings.stream_wait_seconds:
        with contextlib.suppress(TimeoutError):
            async with endpoint.clock.timeout(endpoint.settings.stream_wait_seconds):
                while not chunks and not endpoint.queue.find(job_id).status.is_final:
                    await endpoint.streams.news()
                    chunks = endpoint.streams.take(job_id)
    job = endpoint.queue.find(job_id)
    return web.json_response({"status": job.status, "stream": [{"output": chunk} for chunk in chunks]})


async def cancel(request: web.Request, endpoint: Endpoint) -> web.Response:
    """End a job, queued or running. One that has ended stays as it ended, and its state is the answer."""
    job = endpoint.queue.cancel(request.match_info["job"])
    return web.json_response({"id": job.id, "status": job.status})


async def retry(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Queue a failed job again, under the same id."""
    job = endpoint.queue.retry(request.match_info["job"])
    return web.json_response({"id": job.id, "status": job.status})


async def purge_queue(_request: web.Request, endpoint: Endpoint) -> web.Response:
    """Remove all jobs that wait."""
    removed = endpoint.queue.purge()
    endpoint.events.record("queue_purged", removed=removed)
    return web.json_response({"removed": removed, "status": "completed"})


async def health(_request: web.Request, endpoint: Endpoint) -> web.Response:
    """Count the jobs and the workers."""
    return web.json_response(endpoint.health())


async def _submit(request: web.Request, endpoint: Endpoint, *, is_sync: bool) -> Job:
    settings = endpoint.settings
    body = await read_object(request, max_bytes=settings.max_runsync_bytes if is_sync else settings.max_run_bytes)
    if "input" not in body:
        message = 'the body has no "input"'
        raise MalformedBodyError(message)
    job = endpoint.queue.submit(body["input"], read_options(body, settings, is_sync=is_sync))
    rule = endpoint.faults.draw("runsync" if is_sync else "run", SUBMIT_FAULTS)
    if rule is not None and rule.fault is Fault.TTL_EXPIRY:
        endpoint.limits.shorten_ttl(job.id, rule.seconds)
    elif rule is not None:
        endpoint.scale_to_zero(rule.seconds)
    return job


def _milliseconds(request: web.Request, name: str, lowest: int, highest: int) -> int:
    text = request.query[name]
    if text.isascii() and text.isdecimal() and len(text) < 20 and lowest <= int(text) <= highest:
        return int(text)
    message = f"{name} must be a whole number of milliseconds from {lowest} to {highest}"
    raise MalformedBodyError(message)


ROUTES = (
    web.post("/v2/{endpoint}/run", for_clients("run", run)),
    web.post("/v2/{endpoint}/runsync", for_clients("runsync", run_sync)),
    web.get("/v2/{endpoint}/status/{job}", for_clients("status", status), allow_head=False),
    web.get("/v2/{endpoint}/stream/{job}", for_clients("stream", stream), allow_head=False),
    web.post("/v2/{endpoint}/cancel/{job}", for_clients("cancel", cancel)),
    web.post("/v2/{endpoint}/retry/{job}", for_clients("retry", retry)),
    web.post("/v2/{endpoint}/purge-queue", for_clients("purge-queue", purge_queue)),
    web.get("/v2/{endpoint}/health", for_clients("health", health), allow_head=False),
)
