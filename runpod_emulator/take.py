"""Answering a worker's poll: nothing that its connection does may lose what it was to be told.

Reserve, write the answer, see whether anybody is left to read it, and only then let it count.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.fault_answers import reset_connection
from runpod_emulator.fault_rules import DELIVERY_FAULTS, WORKER_FAULTS, Fault, FaultRule
from runpod_emulator.waiting_line import Reservation

T = TypeVar("T")

#: How long a worker gets to notice a SIGTERM before it is given the job that it will swallow, in real seconds.
RACE_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class _News(Generic[T]):
    """What a poll waits for.

    Attributes:
        take: Looks for it; takes it if it is there.
        write: Writes the answer; raises if nobody is there to read it.
        give_back: Undoes `take`.
    """

    take: Callable[[], T | None]
    write: Callable[[T], Awaitable[web.StreamResponse]]
    give_back: Callable[[T], object]


async def give_jobs(request: web.Request, endpoint: Endpoint, *, count: int, as_batch: bool) -> web.StreamResponse:
    """Answer with jobs, up to so many, as an array or one as an object; or 204."""
    worker_id = request.match_info["worker"]
    endpoint.workers.asked_for_jobs(worker_id)
    delivery: FaultRule | None = None
    accident: FaultRule | None = None

    def take() -> Reservation | None:
        return endpoint.reserve(worker_id, count)

    async def write(reservation: Reservation) -> web.StreamResponse:
        nonlocal delivery, accident
        delivery = endpoint.faults.draw("job-take", DELIVERY_FAULTS)
        if endpoint.fleet is not None and endpoint.fleet.has(worker_id):
            accident = endpoint.faults.draw("job-take", WORKER_FAULTS)
        if accident is not None and endpoint.accidents is not None and accident.fault is Fault.SIGTERM_RACE:
            endpoint.accidents.race(worker_id)
            await asyncio.sleep(RACE_SECONDS)
        if delivery is not None and delivery.fault is Fault.LOST_DELIVERY:
            endpoint.queue.confirm(reservation)
            reset_connection(request)
        bodies = _bodies(endpoint, reservation)
        return await _write(request, bodies if as_batch else bodies[0])

    news = _News[Reservation](take=take, write=write, give_back=endpoint.queue.release)
    answered = await _answer_poll(request, endpoint, news)
    taken = () if answered[0] is None else endpoint.queue.confirm(answered[0])
    if delivery is not None and delivery.fault is Fault.DUPLICATE_DELIVERY:
        for job in taken:
            endpoint.queue.deliver_again(job.id)
    if accident is not None and endpoint.accidents is not None and accident.fault is not Fault.SIGTERM_RACE:
        endpoint.accidents.befall(worker_id, accident)
    return answered[1]


async def tell_stops(request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Answer with the ids of the jobs that the worker is to stop; or 204."""
    worker_id = request.match_info["worker"]
    endpoint.workers.heard(worker_id)

    def give_back(job_ids: tuple[str, ...]) -> None:
        for job_id in job_ids:
            endpoint.queue.stops.add(worker_id, job_id)

    news = _News[tuple[str, ...]](
        take=lambda: endpoint.queue.stops.take(worker_id) or None,
        write=lambda job_ids: _write(request, {"jobsToStop": list(job_ids)}),
        give_back=give_back,
    )
    _, response = await _answer_poll(request, endpoint, news)
    return response


async def _answer_poll(
    request: web.Request, endpoint: Endpoint, news: _News[T]
) -> tuple[T | None, web.StreamResponse]:
    """Hold a poll, answer it with what was taken or 204, and give it back if the answer did not get out."""
    worker_id = request.match_info["worker"]
    was_leaving = endpoint.workers.is_leaving(worker_id)
    taken: T | None = None
    try:
        with endpoint.workers.polling(worker_id):
            taken = await endpoint.polls.hold(
                news.take, give_up=lambda: not was_leaving and endpoint.workers.is_leaving(worker_id)
            )
            if taken is None:
                return None, web.Response(status=204)
            return taken, await news.write(taken)
    except BaseException:  # a dropped connection cancels us; whatever it is, nothing may get lost
        if taken is not None:
            news.give_back(taken)
        raise


def _bodies(endpoint: Endpoint, reservation: Reservation) -> list[dict[str, object]]:
    drop = endpoint.settings.drop_empty_input
    return [endpoint.queue.find(job_id).to_worker(drop_empty_input=drop) for job_id in reservation.job_ids]


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
