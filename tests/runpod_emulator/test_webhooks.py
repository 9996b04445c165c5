"""Telling a job's end: to a real receiver, on a clock that the test moves."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from runpod_emulator import Settings
from runpod_emulator.fault_rules import read_rule
from tests.runpod_emulator.in_process import Stage, play, until

Answer = Callable[[int], Awaitable[int]]


class Receiver:
    """Keeps what it is sent, and answers as it is told."""

    def __init__(self, answer: Answer) -> None:
        self.bodies: list[bytes] = []
        self.content_types: list[str] = []
        self.url = ""
        self._answer = answer

    async def receive(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.content_types.append(request.content_type)
        return web.Response(status=await self._answer(len(self.bodies)), headers={"Location": "/elsewhere"})

    async def receive_elsewhere(self, _request: web.Request) -> web.Response:
        self.bodies.append(b"elsewhere")
        return web.Response()


@contextlib.asynccontextmanager
async def receiver(answer: Answer | int = 200) -> AsyncIterator[Receiver]:
    async def always(_number: int) -> int:
        assert isinstance(answer, int)
        return answer

    received = Receiver(always if isinstance(answer, int) else answer)
    app = web.Application()
    app.router.add_post("/hook", received.receive)
    app.router.add_get("/elsewhere", received.receive_elsewhere)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        received.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook?secret=lighthouse"
        yield received
    finally:
        await runner.cleanup()


async def run_job(stage: Stage, webhook: str, result: dict[str, object]) -> str:
    job_id = await stage.submit(webhook=webhook)
    await stage.take()
    await stage.worker("POST", f"job-done/worker-1/{job_id}", result)
    return job_id


async def quiet(stage: Stage) -> None:
    """Wait until no webhook is under way."""
    await until(lambda: not len(stage.endpoint.webhooks))


def test_the_end_of_a_job_is_told_once_with_its_input_and_its_status() -> None:
    async def story(stage: Stage) -> None:
        async with receiver() as received:
            job_id = await run_job(stage, received.url, {"output": {"a": 1}})
            await quiet(stage)

            (body,) = received.bodies
            assert json.loads(body) == {
                "id": job_id, "status": "COMPLETED", "delayTime": 0, "executionTime": 0, "workerId": "worker-1",
                "output": {"a": 1}, "input": {"prompt": "x"}, "webhook": received.url,
            }  # fmt: skip
            assert received.content_types == ["application/json"]

    play(story)


def test_a_failure_is_told_too() -> None:
    async def story(stage: Stage) -> None:
        async with receiver() as received:
            await run_job(stage, received.url, {"error": "x"})
            await quiet(stage)
            assert json.loads(received.bodies[0])["status"] == "FAILED"

    play(story)


@pytest.mark.parametrize("status", [500, 404, 302, 201])
def test_whatever_is_not_200_is_tried_twice_more_ten_seconds_apart(status: int) -> None:
    async def story(stage: Stage) -> None:
        async with receiver(status) as received:
            await run_job(stage, received.url, {})
            await until(lambda: stage.events("webhook_failed"))

            await stage.endpoint.clock.leap(9.0)
            assert len(received.bodies) == 1
            await stage.endpoint.clock.leap(1.0)
            assert len(received.bodies) == 2
            await stage.endpoint.clock.leap(3600.0)

            assert len(received.bodies) == 3
            assert [event["attempt"] for event in stage.events("webhook_failed")] == ["1", "2", "3"]
            assert {event["http"] for event in stage.events("webhook_failed")} == {str(status)}
            assert len(set(received.bodies)) == 1
            await quiet(stage)

    play(story)


def test_one_leap_goes_through_all_tries() -> None:
    async def story(stage: Stage) -> None:
        async def second_time(number: int) -> int:
            await asyncio.sleep(0.05)
            return 200 if number == 2 else 503

        async with receiver(second_time) as received:
            job_id = await stage.submit(webhook=received.url, policy={"executionTimeout": 5000})
            await stage.take()

            await stage.endpoint.clock.leap(3600.0)

            assert [event["attempt"] for event in stage.events("webhook_sent")] == ["2"]
            assert await stage.status(job_id) == "404"

    play(story)


def test_any_2xx_will_do_where_the_switch_says_so() -> None:
    async def story(stage: Stage) -> None:
        async with receiver(204) as received:
            await run_job(stage, received.url, {})
            await quiet(stage)
            assert len(received.bodies) == 1

    play(story, Settings(hold_seconds=0.2, webhook_any_2xx=True))


@pytest.mark.parametrize("told", [False, True])
def test_a_cancelled_job_is_told_of_where_the_switch_says_so(*, told: bool) -> None:
    async def story(stage: Stage) -> None:
        async with receiver() as received:
            job_id = await stage.submit(webhook=received.url)
            await stage.client("POST", f"cancel/{job_id}")
            await quiet(stage)
            assert len(received.bodies) == told

    play(story, Settings(hold_seconds=0.2, webhook_on_cancelled=told))


@pytest.mark.parametrize("told", [False, True])
def test_a_timed_out_job_is_told_of_unless_the_switch_says_not_to(*, told: bool) -> None:
    async def story(stage: Stage) -> None:
        async with receiver() as received:
            await stage.submit(webhook=received.url, policy={"ttl": 10_000})
            await stage.endpoint.clock.leap(10.0)
            await quiet(stage)
            assert len(received.bodies) == told

    play(story, Settings(hold_seconds=0.2, webhook_on_timed_out=told, ttl_expiry="time_out"))


def test_a_receiver_that_does_not_answer_is_given_up_on_by_the_emulators_clock() -> None:
    async def story(stage: Stage) -> None:
        async def never(_number: int) -> int:
            await asyncio.Event().wait()
            return 200

        async with receiver(never) as received:
            await run_job(stage, received.url, {})
            await until(lambda: received.bodies)

            await stage.endpoint.clock.leap(11.0)

            (event,) = stage.events("webhook_failed")
            assert event["why"] == "TimeoutError"

    play(story)


def test_a_receiver_that_is_not_there_fails_quietly_and_its_secret_is_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="runpod_emulator")

    async def story(stage: Stage) -> None:
        await run_job(stage, "http://127.0.0.1:1/hook?secret=lighthouse", {"output": "lighthouse"})
        await until(lambda: stage.events("webhook_failed"))
        await stage.endpoint.clock.leap(60.0)
        assert len(stage.events("webhook_failed")) == 3
        assert "lighthouse" not in json.dumps(stage.endpoint.events.after(0))
        assert "lighthouse" not in str((await stage.operator("GET", "/control")).body)

    play(story)
    assert "lighthouse" not in caplog.text


def test_a_hundred_receivers_that_hang_do_not_keep_the_others_waiting() -> None:
    async def story(stage: Stage) -> None:
        async def all_but_the_last(number: int) -> int:
            if number <= 120:
                await asyncio.Event().wait()
            return 200

        async with receiver(all_but_the_last) as received:
            for _ in range(120):
                await run_job(stage, received.url, {})
            await until(lambda: len(received.bodies) == 120)
            await run_job(stage, received.url, {})
            await until(lambda: stage.events("webhook_sent"))

    play(story)


def test_a_stop_of_the_emulator_gives_up_on_webhooks() -> None:
    async def never(_number: int) -> int:
        await asyncio.Event().wait()
        return 200

    async def both() -> None:
        async with receiver(never) as received:

            async def story(stage: Stage) -> None:
                await run_job(stage, received.url, {})
                await until(lambda: received.bodies)

            await asyncio.to_thread(play, story)

    asyncio.run(asyncio.wait_for(both(), timeout=60))


# Faults.


@pytest.mark.parametrize(("fault", "bodies"), [("webhook_lost", 0), ("webhook_duplicated", 2)])
def test_a_webhook_can_be_lost_and_come_twice(fault: str, bodies: int) -> None:
    async def story(stage: Stage) -> None:
        stage.endpoint.faults.add(read_rule({"fault": fault}))
        async with receiver() as received:
            await run_job(stage, received.url, {})
            await quiet(stage)
            assert len(received.bodies) == bodies
            assert stage.endpoint.faults.to_json()[0]["fired"] == 1

    play(story)


def test_a_webhook_can_be_empty() -> None:
    async def story(stage: Stage) -> None:
        stage.endpoint.faults.add(read_rule({"fault": "webhook_empty"}))
        async with receiver() as received:
            await run_job(stage, received.url, {})
            await quiet(stage)
            assert received.bodies == [b""]

    play(story)


def test_a_webhook_can_be_late() -> None:
    async def story(stage: Stage) -> None:
        stage.endpoint.faults.add(read_rule({"fault": "webhook_late", "seconds": 300}))
        async with receiver() as received:
            await run_job(stage, received.url, {})
            await stage.endpoint.clock.leap(299.0)
            assert received.bodies == []
            await stage.endpoint.clock.leap(1.0)
            await quiet(stage)
            assert len(received.bodies) == 1

    play(story)
