"""A poll whose worker is gone takes nothing. Run in one event loop, so that each moment can be chosen."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from runpod_emulator import DEFAULT_API_KEY, Settings, create_app, serve
from runpod_emulator.endpoint import Endpoint
from runpod_emulator.http_requests import ENDPOINT
from runpod_emulator.jobs import JobStatus


def play(story: Callable[[Endpoint, str], Awaitable[None]]) -> None:
    """Run a story against an emulator that would hold its polls far longer than the story lasts."""

    async def run() -> None:
        app = create_app(Settings(hold_seconds=29))
        async with serve(app, port=0) as url:
            await story(app[ENDPOINT], url)

    asyncio.run(asyncio.wait_for(run(), timeout=20))


async def until(look: Callable[[], object]) -> None:
    while not look():  # noqa: ASYNC110 - what is waited for happens in the emulator, which signals nothing
        await asyncio.sleep(0.001)


def reserved(endpoint: Endpoint, count: int) -> tuple[str, ...]:
    """What another worker would get."""
    reservation = endpoint.queue.reserve("worker-2", count)
    return () if reservation is None else reservation.job_ids


async def park_poll(endpoint: Endpoint, url: str, route: str) -> socket.socket:
    """Open a poll of worker-1 and come back when it is held."""
    address = urlsplit(url)
    connection = socket.create_connection((str(address.hostname), int(address.port or 0)))
    connection.sendall(
        f"GET {address.path}/safelight/{route}/worker-1?batch_size=2 HTTP/1.1\r\n"
        f"Host: {address.netloc}\r\nAuthorization: {DEFAULT_API_KEY}\r\n\r\n".encode()
    )
    await until(endpoint.workers.present)
    return connection


def test_a_poll_that_broke_off_while_it_was_held_takes_nothing_and_its_worker_is_forgotten() -> None:
    async def story(endpoint: Endpoint, url: str) -> None:
        (await park_poll(endpoint, url, "job-take")).close()
        await until(lambda: not endpoint.workers.present())

        job = endpoint.queue.submit({})

        await asyncio.sleep(0)
        assert reserved(endpoint, 1) == (job.id,)

    play(story)


@pytest.mark.parametrize(("route", "count"), [("job-take", 1), ("job-take-batch", 2)])
def test_jobs_written_to_a_connection_that_breaks_meanwhile_go_back_to_the_head(
    caplog: pytest.LogCaptureFixture, route: str, count: int
) -> None:
    caplog.set_level(logging.INFO)

    async def story(endpoint: Endpoint, url: str) -> None:
        connection = await park_poll(endpoint, url, route)

        # The emulator learns of both in the same turn of the loop, of the jobs first.
        connection.close()
        jobs = tuple(endpoint.queue.submit({"number": number}) for number in range(3))

        await until(lambda: not endpoint.workers.present())
        assert all(endpoint.queue.find(job.id).status is JobStatus.IN_QUEUE for job in jobs)
        assert reserved(endpoint, 3) == tuple(job.id for job in jobs)

    play(story)
    events = [record.message.split()[0] for record in caplog.records]
    assert events == ["job_submitted"] * 3 + ["job_returned"] * count


@pytest.mark.parametrize("turns", range(6))
def test_at_whatever_moment_a_connection_breaks_the_job_is_still_to_be_had(
    caplog: pytest.LogCaptureFixture, turns: int
) -> None:
    async def story(endpoint: Endpoint, url: str) -> None:
        (await park_poll(endpoint, url, "job-take")).close()
        for _ in range(turns):
            await asyncio.sleep(0)

        job = endpoint.queue.submit({})

        await until(lambda: not endpoint.workers.present())
        assert reserved(endpoint, 1) == (job.id,)

    play(story)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_stop_written_to_a_connection_that_breaks_meanwhile_is_said_again() -> None:
    async def story(endpoint: Endpoint, url: str) -> None:
        job = endpoint.queue.submit({})
        reservation = endpoint.queue.reserve("worker-1", 1)
        assert reservation is not None
        endpoint.queue.confirm(reservation)
        connection = await park_poll(endpoint, url, "job-stop")

        connection.close()
        endpoint.queue.cancel(job.id)

        await until(lambda: not endpoint.workers.present())
        assert endpoint.queue.stops.take("worker-1") == (job.id,)

    play(story)


def test_a_job_written_to_a_living_poll_is_in_progress() -> None:
    async def story(endpoint: Endpoint, url: str) -> None:
        with await park_poll(endpoint, url, "job-take") as connection:
            job = endpoint.queue.submit({"prompt": "x"})

            answer = await asyncio.to_thread(connection.recv, 4096)

            await until(lambda: endpoint.queue.find(job.id).status is JobStatus.IN_PROGRESS)
            assert answer.endswith(b'{"id": "%s", "input": {"prompt": "x"}}' % job.id.encode())

    play(story)


def test_two_parked_polls_take_one_job_each() -> None:
    async def story(endpoint: Endpoint, url: str) -> None:
        first = await park_poll(endpoint, url, "job-take")
        second = await park_poll(endpoint, url, "job-take")
        with first, second:
            jobs = [endpoint.queue.submit({}) for _ in range(2)]

            await until(lambda: all(endpoint.queue.find(job.id).worker_id for job in jobs))

    play(story)
