"""The routes of clients: what `runpod.Endpoint` calls."""

from aiohttp import web

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import MalformedBodyError
from runpod_emulator.events import record
from runpod_emulator.http_requests import for_clients, read_object

#: The service's documented limit on the body of /run. A longer one is answered 413.
MAX_RUN_BODY_BYTES = 10 * 1024 * 1024
#: What /run takes beside `input`. Stored with the job, not acted on.
JOB_OPTIONS = ("policy", "webhook", "s3Config")


async def run(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Queue a job."""
    body = await read_object(request, max_bytes=MAX_RUN_BODY_BYTES)
    if "input" not in body:
        message = 'the body has no "input"'
        raise MalformedBodyError(message)
    options = {name: body[name] for name in JOB_OPTIONS if name in body}
    job = endpoint.queue.submit(body["input"], options=options)
    record("job_submitted", job=job.id, state=job.status)
    return web.json_response({"id": job.id, "status": job.status})


async def status(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Say where a job is."""
    return web.json_response(endpoint.queue.find(request.match_info["job"]).to_status())


async def cancel(request: web.Request, endpoint: Endpoint) -> web.Response:
    """End a job, queued or running. One that has ended stays as it ended, and its state is the answer."""
    job = endpoint.queue.cancel(request.match_info["job"])
    record("job_cancelled", job=job.id, worker=job.worker_id, state=job.status)
    return web.json_response({"id": job.id, "status": job.status})


async def health(_request: web.Request, endpoint: Endpoint) -> web.Response:
    """Count the jobs and the workers."""
    return web.json_response(endpoint.health())


ROUTES = (
    web.post("/v2/{endpoint}/run", for_clients(run)),
    web.get("/v2/{endpoint}/status/{job}", for_clients(status)),
    web.post("/v2/{endpoint}/cancel/{job}", for_clients(cancel)),
    web.get("/v2/{endpoint}/health", for_clients(health)),
)
