"""What each fault does to a request, seen from the other side of the connection."""

import asyncio

import aiohttp
import pytest

from runpod_emulator import Settings
from runpod_emulator.fault_rules import PLAIN_ROUTES, POLLS, read_rule
from tests.runpod_emulator.in_process import Answer, Stage, play, until

BODY = {"input": {"prompt": "x"}}


def add(stage: Stage, fault: str, **fields: object) -> None:
    stage.endpoint.faults.add(read_rule({"fault": fault, **fields}))


def fired(stage: Stage) -> list[object]:
    return [rule["fired"] for rule in stage.endpoint.faults.to_json()]


async def broken(request: "asyncio.Task[Answer]") -> str:
    """What the connection broke with."""
    try:
        await request
    except (aiohttp.ClientConnectionError, ConnectionError) as error:
        return type(error).__name__
    raise AssertionError("an answer")


def ask(stage: Stage, method: str, path: str, body: object = None) -> "asyncio.Task[Answer]":
    return asyncio.create_task(stage.client(method, path, body))


def test_a_slow_submit_does_the_work_first_and_answers_late() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "slow", on="run", seconds=15)
        submit = ask(stage, "POST", "run", BODY)
        await until(lambda: stage.events("job_submitted"))
        await stage.endpoint.clock.leap(14.0)
        assert not submit.done()
        await stage.endpoint.clock.leap(1.0)
        assert (await submit).status == 200
        assert fired(stage) == [1]

    play(story)


def test_a_client_that_gives_up_on_a_slow_submit_has_a_job() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "slow", on="run")
        submit = ask(stage, "POST", "run", BODY)
        await until(lambda: stage.events("job_submitted"))

        submit.cancel()
        await asyncio.gather(submit, return_exceptions=True)

        (job,) = stage.endpoint.queue.newest()
        assert await stage.status(job.id) == "IN_QUEUE"

    play(story)


def test_a_dropped_submit_is_not_done() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "dropped", on="run")

        assert await broken(ask(stage, "POST", "run", BODY))

        assert list(stage.endpoint.queue.newest()) == []
        assert fired(stage) == [1]
        assert (await stage.client("POST", "run", BODY)).status == 200

    play(story)


def test_an_ambiguous_submit_is_done_and_then_reset() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "ambiguous", on="run")
        host, port = stage.url.removeprefix("http://").removesuffix("/v2").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /v2/safelight/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer emulator\r\n"
            b'Content-Length: 12\r\n\r\n{"input": 1}'
        )

        with pytest.raises(ConnectionResetError):
            await reader.readline()

        writer.close()
        assert len(list(stage.endpoint.queue.newest())) == 1
        assert fired(stage) == [1]

    play(story)


@pytest.mark.parametrize("status", [400, 401, 402, 404, 429, 500, 502, 503])
def test_an_error_is_answered_and_nothing_is_done(status: int) -> None:
    async def story(stage: Stage) -> None:
        add(stage, "error", on="run", status=status)

        answer = await stage.client("POST", "run", BODY)

        assert (answer.status, answer.body) == (status, {"error": f"a fault rule answers {status}"})
        assert list(stage.endpoint.queue.newest()) == []

    play(story)


def test_garbage_is_no_json_although_it_says_so() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "garbage", on="run")
        headers = {"Authorization": "Bearer emulator"}
        async with stage.session.post(f"{stage.url}/safelight/run", json=BODY, headers=headers) as response:
            assert (response.status, response.content_type) == (200, "application/json")
            with pytest.raises(ValueError, match="Unterminated"):
                await response.json()
        assert len(list(stage.endpoint.queue.newest())) == 1

    play(story)


@pytest.mark.parametrize("route", PLAIN_ROUTES)
@pytest.mark.parametrize("fault", ["dropped", "ambiguous", "error", "garbage", "slow"])
def test_every_fault_can_strike_every_route_once(route: str, fault: str) -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()
        add(stage, fault, on=route, **({"seconds": 0} if fault == "slow" else {}))
        method, path, body = {
            "run": ("POST", "run", BODY),
            "runsync": ("POST", "runsync?wait=1000", BODY),
            "status": ("GET", f"status/{job_id}", None),
            "stream": ("GET", f"stream/{job_id}", None),
            "cancel": ("POST", f"cancel/{job_id}", None),
            "retry": ("POST", f"retry/{job_id}", None),
            "purge-queue": ("POST", "purge-queue", None),
            "health": ("GET", "health", None),
            "job-done": ("POST", f"job-done/worker-1/{job_id}", {"output": 1}),
            "job-stream": ("POST", f"job-stream/worker-1/{job_id}", {"output": 1}),
            "ping": ("GET", f"ping/worker-1?job_id={job_id}", None),
        }[route]
        if route == "retry":
            stage.endpoint.queue.finish(job_id, "worker-1", {"error": "x"})
        ask_as = stage.worker if route in {"job-done", "job-stream", "ping"} else stage.client
        request = asyncio.create_task(ask_as(method, path, body))
        while not request.done():
            await stage.endpoint.clock.leap(0.5)
        (result,) = await asyncio.gather(request, return_exceptions=True)
        assert fired(stage) == [1]
        if fault == "slow":
            assert isinstance(result, Answer)
            assert result.status == 200
        elif fault == "error":
            assert isinstance(result, Answer)
            assert result.status == 500
        else:
            assert isinstance(result, aiohttp.ClientConnectionError | ConnectionError | ValueError)
        assert (await stage.client("GET", "health")).status == 200

    play(story)


@pytest.mark.parametrize("poll", POLLS)
@pytest.mark.parametrize("fault", ["dropped", "error", "garbage", "slow"])
def test_a_spoiled_poll_has_taken_nothing(poll: str, fault: str) -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        add(stage, fault, on=poll, **({"seconds": 5} if fault == "slow" else {}))
        spoiled = asyncio.create_task(stage.worker("GET", f"{poll}/worker-1"))
        await until(lambda: fired(stage) == [1])
        if fault == "slow":
            assert await stage.take("worker-2") == job_id
            await stage.endpoint.clock.leap(5.0)
        result = (await asyncio.gather(spoiled, return_exceptions=True))[0]

        if fault == "slow":
            assert isinstance(result, Answer)
            assert result.status == 204
        else:
            assert isinstance(result, Answer) is (fault == "error")
            assert await stage.take("worker-2") == job_id

    play(story)


def test_a_rule_on_job_take_strikes_batches_too() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "error", on="job-take", status=429)
        assert (await stage.worker("GET", "job-take-batch/worker-1?batch_size=2")).status == 429

    play(story)


def test_no_fault_strikes_without_the_key_or_elsewhere() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "error", on="run", status=503)

        assert (await stage.worker("POST", "run", BODY)).status == 401
        key = "Bearer emulator"
        assert (await stage.ask("POST", f"{stage.url}/other/run", BODY, key)).status == 404
        assert fired(stage) == [0]

    play(story)


def test_a_lost_delivery_is_in_progress_until_it_is_noticed() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "lost_delivery")
        job_id = await stage.submit()

        assert await broken(asyncio.create_task(stage.worker("GET", "job-take/worker-1")))

        assert await stage.status(job_id) == "IN_PROGRESS"
        await stage.endpoint.clock.leap(40.0)
        assert await stage.take("worker-2") == job_id
        assert fired(stage) == [1]

    play(story)


def test_a_duplicate_delivery_reaches_two_workers_and_the_first_result_counts() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "duplicate_delivery")
        job_id = await stage.submit()

        assert await stage.take("worker-1") == job_id
        assert await stage.take("worker-2") == job_id
        assert (await stage.worker("GET", "job-take/worker-3")).status == 204

        first = await stage.worker("POST", f"job-done/worker-2/{job_id}", {"output": 2})
        second = await stage.worker("POST", f"job-done/worker-1/{job_id}", {"output": 1})
        assert (first.status, second.status) == (200, 400)
        assert (await stage.client("GET", f"status/{job_id}"))["output"] == 2

    play(story)


@pytest.mark.parametrize(("fault", "status"), [("result_refused", 400), ("result_lost", 200)])
def test_a_result_can_be_refused_and_be_lost(fault: str, status: int) -> None:
    async def story(stage: Stage) -> None:
        add(stage, fault)
        job_id = await stage.submit()
        await stage.take()
        progress = {"status": "IN_PROGRESS", "output": "half way"}
        assert (await stage.worker("POST", f"job-done/worker-1/{job_id}", progress)).status == 200
        assert fired(stage) == [0]

        assert (await stage.worker("POST", f"job-done/worker-1/{job_id}", {"output": 1})).status == status

        assert await stage.status(job_id) == "IN_PROGRESS"
        assert (await stage.worker("POST", f"job-done/worker-1/{job_id}", {"output": 1})).status == 200
        assert await stage.status(job_id) == "COMPLETED"

    play(story)


def test_progress_can_come_after_the_result_and_take_it_back() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "late_progress")
        job_id = await stage.submit()
        await stage.take()
        progress = {"status": "IN_PROGRESS", "output": "half way"}
        late = asyncio.create_task(stage.worker("POST", f"job-done/worker-1/{job_id}", progress))
        await until(lambda: len(stage.endpoint.waiters))

        await stage.worker("POST", f"job-done/worker-1/{job_id}", {"output": "done"})

        assert (await late).status == 200
        shown = await stage.client("GET", f"status/{job_id}")
        assert (shown["status"], shown["output"]) == ("IN_PROGRESS", "half way")

    play(story)


def test_progress_that_would_come_after_a_failure_changes_nothing() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "late_progress")
        job_id = await stage.submit()
        await stage.take()
        progress = {"status": "IN_PROGRESS", "output": "half way"}
        late = asyncio.create_task(stage.worker("POST", f"job-done/worker-1/{job_id}", progress))
        await until(lambda: len(stage.endpoint.waiters))
        await stage.worker("POST", f"job-done/worker-1/{job_id}", {"error": "x"})
        await late
        assert await stage.status(job_id) == "FAILED"

    play(story)


def test_a_job_can_expire_before_its_time() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "ttl_expiry", seconds=20)
        job_id = await stage.submit()
        other = await stage.submit()

        await stage.endpoint.clock.leap(19.0)
        assert await stage.status(job_id) == "IN_QUEUE"
        await stage.endpoint.clock.leap(1.0)
        assert await stage.status(job_id) == "404"
        assert await stage.status(other) == "IN_QUEUE"

    play(story)


def test_scaled_to_zero_nobody_gets_a_job_for_a_while() -> None:
    async def story(stage: Stage) -> None:
        add(stage, "scaled_to_zero", seconds=60)
        poll = asyncio.create_task(stage.worker("GET", "job-take/worker-1"))
        await until(stage.endpoint.workers.present)

        job_id = await stage.submit()
        await stage.endpoint.clock.leap(59.0)
        assert await stage.status(job_id) == "IN_QUEUE"
        assert not poll.done()
        await stage.endpoint.clock.leap(1.0)

        assert (await poll)["id"] == job_id

    play(story, Settings(hold_seconds=29.0))


def test_a_workers_accident_needs_a_worker_of_the_fleet() -> None:
    async def story(stage: Stage) -> None:
        for fault in ("worker_killed", "worker_paused", "zombie_heartbeat", "sigterm_race"):
            add(stage, fault)
        await stage.submit()
        await stage.take()
        assert fired(stage) == [0, 0, 0, 0]

    play(story)
