"""The routes of workers: what the loop behind `runpod.serverless.start` calls.

The SDK sends its worker id in the path because `worker_environment` puts it there. It retries a job-done
only on a 5xx, so a refused result is lost: the worker logs it and goes on.
"""

from aiohttp import web

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import BodyTooLargeError, FaultError, MalformedBodyError
from runpod_emulator.fault_rules import RESULT_FAULTS, Fault
from runpod_emulator.http_requests import for_polls, for_workers
from runpod_emulator.jobs import JobStatus
from runpod_emulator.json_bodies import parse_object, read_bytes, read_object
from runpod_emulator.take import give_jobs, tell_stops


async def take_job(request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Give the worker one job, as an object."""
    return await give_jobs(request, endpoint, count=1, as_batch=False)


async def take_jobs(request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Give the worker up to `batch_size` jobs, as an array."""
    try:
        count = int(request.query["batch_size"])
    except (KeyError, ValueError):
        count = 0
    if count < 1:
        message = "batch_size must be a whole number of 1 or more"
        raise MalformedBodyError(message)
    return await give_jobs(request, endpoint, count=count, as_batch=True)


async def stop_jobs(request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Tell the worker which of its jobs to stop."""
    return await tell_stops(request, endpoint)


async def job_done(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Keep a result, or progress if the body says `"status": "IN_PROGRESS"`."""
    job_id, worker_id = request.match_info["job"], request.match_info["worker"]
    body = await _read_result(request, endpoint)
    if body.get("status") == JobStatus.IN_PROGRESS:
        return await _keep_progress(endpoint, job_id, worker_id, body.get("output"))
    rule = endpoint.faults.draw("job-done", RESULT_FAULTS)
    if rule is not None:
        if rule.fault is Fault.RESULT_REFUSED:
            message = "a fault rule refuses the result"
            raise FaultError(message, http_status=400)
        return web.json_response({})
    job = endpoint.queue.finish(job_id, worker_id, body)
    if body.get("stopPod") is True and endpoint.fleet is not None and endpoint.fleet.has(worker_id):
        endpoint.fleet.tell_to_leave(endpoint.fleet.find(worker_id)[0])
    return web.json_response({"id": job.id, "status": job.status})


async def job_stream(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Keep a chunk of a generator's output until the client fetches it."""
    job_id, worker_id = request.match_info["job"], request.match_info["worker"]
    body = await read_object(request, max_bytes=endpoint.settings.max_chunk_bytes)
    if "output" not in body:
        message = 'the body has no "output"'
        raise MalformedBodyError(message)
    endpoint.queue.held(job_id, worker_id)
    endpoint.limits.renew(job_id)
    endpoint.streams.add(job_id, body["output"])
    return web.json_response({})


async def ping(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Note that the worker lives, and its jobs with it; or that it found itself unfit."""
    worker_id = request.match_info["worker"]
    if request.query.get("status") == "unhealthy":
        endpoint.events.record("worker_unhealthy", worker=worker_id)
        endpoint.workers.failed_a_check(worker_id)
        return web.json_response({})
    endpoint.workers.heard(worker_id)
    for job_id in request.query.get("job_id", "").split(","):
        if endpoint.queue.is_held_by(job_id, worker_id):
            endpoint.limits.renew(job_id)
    return web.json_response({})


async def _read_result(request: web.Request, endpoint: Endpoint) -> dict[str, object]:
    """Read a result. One that cannot be is the end of its job, or not, as the settings say."""
    job_id, worker_id = request.match_info["job"], request.match_info["worker"]
    try:
        return parse_object(await read_bytes(request, max_bytes=endpoint.settings.max_result_bytes))
    except BodyTooLargeError as refusal:
        endpoint.queue.finish(job_id, worker_id, {})
        raise MalformedBodyError(str(refusal)) from refusal
    except MalformedBodyError:
        if endpoint.settings.bad_result == "complete":
            endpoint.queue.finish(job_id, worker_id, {})
        raise


async def _keep_progress(endpoint: Endpoint, job_id: str, worker_id: str, output: object) -> web.Response:
    rule = endpoint.faults.draw("job-done", {Fault.LATE_PROGRESS})
    if rule is None:
        job = endpoint.queue.report_progress(job_id, worker_id, output)
        endpoint.limits.renew(job_id)
        return web.json_response({"id": job.id, "status": job.status})
    endpoint.queue.held(job_id, worker_id)
    await endpoint.waiters.wait(job_id)
    if endpoint.queue.find(job_id).status is JobStatus.COMPLETED:
        endpoint.queue.revive(job_id, output)
    return web.json_response({"id": job_id, "status": endpoint.queue.find(job_id).status})


ROUTES = (
    web.get("/v2/{endpoint}/job-take/{worker}", for_polls("job-take", take_job), allow_head=False),
    web.get("/v2/{endpoint}/job-take-batch/{worker}", for_polls("job-take", take_jobs), allow_head=False),
    web.get("/v2/{endpoint}/job-stop/{worker}", for_polls("job-stop", stop_jobs), allow_head=False),
    web.post("/v2/{endpoint}/job-done/{worker}/{job}", for_workers("job-done", job_done)),
    web.post("/v2/{endpoint}/job-stream/{worker}/{job}", for_workers("job-stream", job_stream)),
    web.get("/v2/{endpoint}/ping/{worker}", for_workers("ping", ping), allow_head=False),
)
