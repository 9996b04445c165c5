"""The routes of workers: what the loop behind `runpod.serverless.start` calls.

The SDK sends its worker id in the path because `worker_environment` puts it there. It retries a job-done
only on a 5xx, so a refused result is lost: the worker logs it and goes on.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import MalformedBodyError
from runpod_emulator.events import record
from runpod_emulator.http_requests import for_workers, read_object
from runpod_emulator.jobs import Job, JobStatus

T = TypeVar("T")


async def take_job(request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Give the worker one job, as an object."""
    return await _give_jobs(request, endpoint, count=1, body=lambda jobs: jobs[0].to_worker())


async def take_jobs(request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Give the worker up to `batch_size` jobs, as an array."""
    try:
        count = int(request.query["batch_size"])
    except (KeyError, ValueError):
        message = "batch_size is not a number"
        raise MalformedBodyError(message) from None
    return await _give_jobs(request, endpoint, count=count, body=lambda jobs: [job.to_worker() for job in jobs])


async def stop_jobs(request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Tell the worker which of its jobs were cancelled."""
    worker_id = request.match_info["worker"]
    endpoint.workers.heard(worker_id)
    _, response = await _answer_poll(
        request,
        endpoint,
        take=lambda: endpoint.queue.take_stops(worker_id),
        give_back=lambda job_ids: endpoint.queue.release_stops(worker_id, job_ids),
        body=lambda job_ids: {"jobsToStop": list(job_ids)},
    )
    return response


async def job_done(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Keep a result, or progress if the body says `"status": "IN_PROGRESS"`."""
    job_id, worker_id = request.match_info["job"], request.match_info["worker"]
    body = await read_object(request)
    if body.get("status") == JobStatus.IN_PROGRESS:
        job = endpoint.queue.report_progress(job_id, worker_id, body.get("output"))
        record("job_progressed", job=job.id, worker=worker_id, state=job.status)
    else:
        job = endpoint.queue.finish(job_id, worker_id, body)
        record("job_ended", job=job.id, worker=worker_id, state=job.status)
    return web.json_response({"id": job.id, "status": job.status})


async def ping(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Note that the worker lives, or that it found itself unfit."""
    worker_id = request.match_info["worker"]
    if request.query.get("status") == "unhealthy":
        record("worker_unhealthy", worker=worker_id)
        endpoint.workers.failed_a_check(worker_id)
    else:
        endpoint.workers.heard(worker_id)
    return web.json_response({})


async def _give_jobs(
    request: web.Request, endpoint: Endpoint, *, count: int, body: Callable[[tuple[Job, ...]], object]
) -> web.StreamResponse:
    """Reserve jobs, write the answer, and only then let them count as taken."""
    worker_id = request.match_info["worker"]
    endpoint.workers.asked_for_jobs(worker_id)

    def give_back(jobs: tuple[Job, ...]) -> None:
        for job in endpoint.queue.release(jobs):
            record("job_returned", job=job.id, worker=worker_id, state=job.status)

    reserved, response = await _answer_poll(
        request,
        endpoint,
        take=lambda: endpoint.queue.reserve(worker_id, count),
        give_back=give_back,
        body=body,
    )
    for job in endpoint.queue.confirm(reserved):
        record("job_taken", job=job.id, worker=worker_id, state=job.status)
    return response


async def _answer_poll(
    request: web.Request,
    endpoint: Endpoint,
    *,
    take: Callable[[], tuple[T, ...]],
    give_back: Callable[[tuple[T, ...]], None],
    body: Callable[[tuple[T, ...]], object],
) -> tuple[tuple[T, ...], web.StreamResponse]:
    """Hold a poll, answer it with what was taken or 204, and give it back if the answer did not get out."""
    taken: tuple[T, ...] = ()
    try:
        taken = await endpoint.polls.hold(take)
        if not taken:
            return taken, web.Response(status=204)
        return taken, await _write(request, body(taken))
    except BaseException:  # a dropped connection cancels us; whatever it is, nothing may get lost
        give_back(taken)
        endpoint.workers.forget(request.match_info["worker"])
        raise


async def _write(request: web.Request, body: object) -> web.StreamResponse:
    """Write the whole answer now, instead of after the return, and see whether anybody is left to read it."""
    response = web.json_response(body)
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write_eof()
        await asyncio.sleep(0)  # if the connection broke while we were writing, the event loop learns it here
        if request.transport is not None and not request.transport.is_closing():
            return response
    raise asyncio.CancelledError  # what aiohttp itself does to us where it sees the break first


ROUTES = (
    web.get("/v2/{endpoint}/job-take/{worker}", for_workers(take_job)),
    web.get("/v2/{endpoint}/job-take-batch/{worker}", for_workers(take_jobs)),
    web.get("/v2/{endpoint}/job-stop/{worker}", for_workers(stop_jobs)),
    web.post("/v2/{endpoint}/job-done/{worker}/{job}", for_workers(job_done)),
    web.get("/v2/{endpoint}/ping/{worker}", for_workers(ping)),
)
