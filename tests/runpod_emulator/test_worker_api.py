"""The routes of workers, over HTTP, on a clock that the test moves."""

import asyncio

import pytest

from runpod_emulator import Settings
from tests.runpod_emulator.in_process import Stage, play, until


def test_a_ping_keeps_the_jobs_that_it_names_and_that_are_the_workers_own() -> None:
    async def story(stage: Stage) -> None:
        named, forgotten = await stage.submit(), await stage.submit()
        await stage.worker("GET", "job-take-batch/worker-1?batch_size=2")
        for _ in range(3):
            await stage.endpoint.clock.leap(30.0)
            await stage.worker("GET", f"ping/worker-1?job_id={named},nobody&runpod_version=1.12.0")
            await stage.worker("GET", f"ping/worker-2?job_id={forgotten}")

        assert await stage.status(named) == "IN_PROGRESS"
        assert await stage.status(forgotten) == "IN_QUEUE"

    play(story)


@pytest.mark.parametrize("size", ["0", "-1", "x", "", "1.5"])
def test_a_batch_of_none_is_refused(size: str) -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.worker("GET", "job-take-batch/worker-1", params={"batch_size": size})).status == 400

    play(story)


def test_a_huge_batch_is_all_there_is() -> None:
    async def story(stage: Stage) -> None:
        await stage.submit()
        answer = await stage.worker("GET", f"job-take-batch/worker-1?batch_size={10**30}")
        assert len(answer.body) == 1  # type: ignore[arg-type]

    play(story)


def test_an_input_of_nothing_is_left_out_as_on_the_service() -> None:
    async def story(stage: Stage) -> None:
        await stage.submit(input={})
        answer = await stage.worker("GET", "job-take/worker-1")
        assert list(answer.body) == ["id"]  # type: ignore[call-overload]

    play(story)


def test_a_result_that_is_too_long_is_refused_and_the_job_completed_with_nothing() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()

        answer = await stage.worker("POST", f"job-done/worker-1/{job_id}", {"output": "x" * 2000})

        assert answer.status == 400
        shown = await stage.client("GET", f"status/{job_id}")
        assert (shown["status"], "output" in shown.body) == ("COMPLETED", False)  # type: ignore[operator]

    play(story, Settings(max_result_bytes=1000))


@pytest.mark.parametrize(("switch", "status"), [("keep", "IN_PROGRESS"), ("complete", "COMPLETED")])
@pytest.mark.parametrize("body", [b'{"output": NaN}', b"", b"[]", b'{"output": 1e999}'])
def test_a_result_that_is_no_json_is_refused(switch: str, status: str, body: bytes) -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()

        assert (await stage.worker("POST", f"job-done/worker-1/{job_id}", body)).status == 400
        assert await stage.status(job_id) == status

    play(story, Settings(bad_result=switch))


@pytest.mark.parametrize("revives", [False, True])
def test_late_progress_is_refused_unless_the_switch_lets_it_through(*, revives: bool) -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()
        await stage.worker("POST", f"job-done/worker-1/{job_id}", {"output": "done"})

        late = await stage.worker(
            "POST", f"job-done/worker-1/{job_id}", {"status": "IN_PROGRESS", "output": "half way"}
        )

        assert late.status == (200 if revives else 400)
        assert await stage.status(job_id) == ("IN_PROGRESS" if revives else "COMPLETED")

    play(story, Settings(late_progress_revives=revives))


def test_a_result_after_the_ttl_is_not_found() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit(policy={"ttl": 10_000})
        await stage.take()
        await stage.endpoint.clock.leap(10.0)

        assert (await stage.worker("POST", f"job-done/worker-1/{job_id}", {"output": 1})).status == 404
        stops = await stage.worker("GET", "job-stop/worker-1")
        assert stops.body == {"jobsToStop": [job_id]}

    play(story)


def test_a_worker_that_waits_is_there_however_long_time_leaps() -> None:
    async def story(stage: Stage) -> None:
        poll = asyncio.create_task(stage.worker("GET", "job-take/worker-1"))
        await until(stage.endpoint.workers.present)

        await stage.endpoint.clock.leap(10_000.0)

        assert (await stage.client("GET", "health"))["workers"]["idle"] == 1  # type: ignore[index]
        job_id = await stage.submit()
        assert (await poll)["id"] == job_id

    play(story, Settings(hold_seconds=29.0))


def test_a_worker_that_was_told_to_leave_gets_no_job_and_its_poll_is_sent_away() -> None:
    async def story(stage: Stage) -> None:
        poll = asyncio.create_task(stage.worker("GET", "job-take/worker-1"))
        await until(stage.endpoint.workers.present)
        stage.endpoint.workers.leave("worker-1")

        job_id = await stage.submit()

        assert (await poll).status == 204
        assert (await stage.client("GET", "health"))["workers"]["ready"] == 0  # type: ignore[index]
        again = asyncio.create_task(stage.worker("GET", "job-take/worker-1"))
        assert await stage.take("worker-2") == job_id
        again.cancel()

    play(story, Settings(hold_seconds=29.0))


@pytest.mark.parametrize("worker_id", ["a%20b", "%E2%98%83", "%FF", "x" * 3000, "a%2Fb", "%0Aforged"])
def test_any_name_is_a_workers_name(worker_id: str) -> None:
    async def story(stage: Stage) -> None:
        host, port = stage.url.removeprefix("http://").removesuffix("/v2").split(":")
        for route in ("ping", "job-take"):
            reader, writer = await asyncio.open_connection(host, int(port))
            path = f"/v2/safelight/{route}/{worker_id}"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: emulator\r\n\r\n".encode())
            line = await reader.readline()
            writer.close()
            assert b" 200 " in line or b" 204 " in line
        overview = await stage.operator("GET", "/control")
        assert overview.status == 200
        assert (await stage.operator("GET", "/events")).status == 200

    play(story)
