"""The routes of clients, over HTTP, on a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from runpod_emulator import Settings
from tests.runpod_emulator.in_process import Stage, play, until

SHORT = 0.2


def test_runsync_answers_with_the_result_as_soon_as_it_is_there() -> None:
    async def story(stage: Stage) -> None:
        waiting = asyncio.create_task(stage.client("POST", "runsync", {"input": {"prompt": "x"}}))
        await until(lambda: len(stage.endpoint.waiters))
        job_id = await stage.take()
        await stage.worker("POST", f"job-done/worker-1/{job_id}?isStream=false", {"output": 1})

        answer = await waiting

        assert job_id.startswith("sync-")
        assert (answer["id"], answer["status"], answer["output"]) == (job_id, "COMPLETED", 1)
        assert len(stage.endpoint.waiters) == 0

    play(story)


@pytest.mark.parametrize(("query", "seconds"), [("", 90.0), ("?wait=1000", 1.0), ("?wait=300000", 300.0)])
def test_runsync_answers_with_where_the_job_is_when_the_wait_is_over(query: str, seconds: float) -> None:
    async def story(stage: Stage) -> None:
        waiting = asyncio.create_task(stage.client("POST", f"runsync{query}", {"input": {"prompt": "x"}}))
        await until(lambda: len(stage.endpoint.waiters))
        await stage.endpoint.clock.leap(seconds - 0.5)
        assert not waiting.done()
        await stage.endpoint.clock.leap(0.5)

        answer = await waiting

        assert (answer.status, answer["status"]) == (200, "IN_QUEUE")

    play(story)


@pytest.mark.parametrize("wait", ["", "x", "999", "300001", "-1", "1e4", "9" * 5000, "1000.5", "٣٠٠٠"])
def test_a_wait_out_of_range_is_refused_before_anything_is_queued(wait: str) -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.client("POST", "runsync", {"input": 1}, params={"wait": wait})

        assert answer.status == 400
        assert list(stage.endpoint.queue.newest()) == []

    play(story)


def test_a_purge_wakes_those_who_wait() -> None:
    async def story(stage: Stage) -> None:
        waiting = asyncio.create_task(stage.client("POST", "runsync", {"input": 1}))
        await until(lambda: len(stage.endpoint.waiters))

        purged = await stage.client("POST", "purge-queue")

        assert purged.body == {"removed": 1, "status": "completed"}
        assert (await waiting).status == 404

    play(story)


def test_an_expired_ttl_wakes_those_who_wait() -> None:
    async def story(stage: Stage) -> None:
        body = {"input": 1, "policy": {"ttl": 10_000}}
        waiting = asyncio.create_task(stage.client("POST", "runsync", body))
        await until(lambda: len(stage.endpoint.waiters))

        await stage.endpoint.clock.leap(10.0)

        assert (await waiting).status == 404

    play(story)


def test_a_client_that_gives_up_waiting_leaves_its_job_and_nothing_else() -> None:
    async def story(stage: Stage) -> None:
        waiting = asyncio.create_task(stage.client("POST", "runsync", {"input": 1}))
        await until(lambda: len(stage.endpoint.waiters))

        waiting.cancel()

        await until(lambda: not len(stage.endpoint.waiters))
        (job,) = stage.endpoint.queue.newest()
        assert await stage.status(job.id) == "IN_QUEUE"

    play(story)


def test_a_stop_of_the_emulator_wakes_those_who_wait() -> None:
    waiting: list[asyncio.Task[object]] = []

    async def story(stage: Stage) -> None:
        waiting.append(asyncio.create_task(stage.client("POST", "runsync", {"input": 1})))
        await until(lambda: len(stage.endpoint.waiters))
        stage.endpoint.waiters.close()
        assert (await stage.client("GET", "health")).status == 200
        answer = await waiting[0]
        assert answer["status"] == "IN_QUEUE"  # type: ignore[index]

    play(story)


def test_chunks_are_given_once_and_in_their_order() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()
        for chunk in ("a", {"b": 1}, None):
            answer = await stage.worker("POST", f"job-stream/worker-1/{job_id}?isStream=false", {"output": chunk})
            assert answer.status == 200

        first = await stage.client("GET", f"stream/{job_id}")
        await stage.worker("POST", f"job-stream/worker-1/{job_id}", {"output": "c"})
        await stage.worker("POST", f"job-done/worker-1/{job_id}?isStream=true", {"output": []})
        second = await stage.client("GET", f"stream/{job_id}")
        third = await stage.client("GET", f"stream/{job_id}")

        assert first.body == {
            "status": "IN_PROGRESS",
            "stream": [{"output": "a"}, {"output": {"b": 1}}, {"output": None}],
        }
        assert second.body == {"status": "COMPLETED", "stream": [{"output": "c"}]}
        assert third.body == {"status": "COMPLETED", "stream": []}
        assert (await stage.client("GET", "stream/nobody")).status == 404

    play(story)


def test_chunks_of_an_earlier_attempt_are_dropped() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()
        await stage.worker("POST", f"job-stream/worker-1/{job_id}", {"output": "first attempt"})
        await stage.worker("POST", f"job-done/worker-1/{job_id}", {"error": "x"})

        await stage.client("POST", f"retry/{job_id}")
        assert (await stage.client("GET", f"stream/{job_id}"))["stream"] == []

        await stage.take("worker-2")
        await stage.worker("POST", f"job-stream/worker-2/{job_id}", {"output": "second"})
        late = await stage.worker("POST", f"job-stream/worker-1/{job_id}", {"output": "late"})
        assert late.status == 400
        assert (await stage.client("GET", f"stream/{job_id}"))["stream"] == [{"output": "second"}]

    play(story)


def test_a_chunk_may_have_so_many_bytes_and_not_more_whatever_its_characters() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()
        frame = len(b'{"output": ""}')
        longest = b'{"output": "%s"}' % ("é".encode() * ((1000 - frame) // 2))

        assert (await stage.worker("POST", f"job-stream/worker-1/{job_id}", longest)).status == 200
        assert (await stage.worker("POST", f"job-stream/worker-1/{job_id}", longest + b" " * 3)).status == 413

    play(story, Settings(hold_seconds=SHORT, max_chunk_bytes=1000))


def test_a_stream_without_news_waits_where_the_switch_says_so() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()
        asking = asyncio.create_task(stage.client("GET", f"stream/{job_id}"))
        await asyncio.sleep(0.05)
        assert not asking.done()
        await stage.worker("POST", f"job-stream/worker-1/{job_id}", {"output": "a"})
        assert (await asking)["stream"] == [{"output": "a"}]

        asking = asyncio.create_task(stage.client("GET", f"stream/{job_id}"))
        await asyncio.sleep(0.05)
        await stage.worker("POST", f"job-done/worker-1/{job_id}", {})
        assert (await asking).body == {"status": "COMPLETED", "stream": []}

    play(story, Settings(hold_seconds=SHORT, stream_wait_seconds=60.0))


def test_a_failed_job_is_retried_under_its_id_and_others_are_not() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        refused = await stage.client("POST", f"retry/{job_id}")
        await stage.take()
        await stage.worker("POST", f"job-done/worker-1/{job_id}", {"error": "x"})

        retried = await stage.client("POST", f"retry/{job_id}")

        assert (refused.status, list(refused.body)) == (400, ["error"])  # type: ignore[call-overload]
        assert retried.body == {"id": job_id, "status": "IN_QUEUE"}
        assert (await stage.client("POST", "retry/nobody")).status == 404
        assert await stage.take("worker-2") == job_id
        assert (await stage.client("GET", "health"))["jobs"] == {
            "completed": 0, "failed": 1, "inProgress": 1, "inQueue": 0, "retried": 1,
        }  # fmt: skip

    play(story)


def test_a_status_can_make_its_job_be_forgotten_sooner() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()
        await stage.worker("POST", f"job-done/worker-1/{job_id}", {})

        assert (await stage.client("GET", f"status/{job_id}?ttl=6000")).status == 200
        await stage.endpoint.clock.leap(5.0)
        assert await stage.status(job_id) == "COMPLETED"
        await stage.endpoint.clock.leap(1.0)
        assert await stage.status(job_id) == "404"
        for bad in ("x", "0", "-1", "9" * 30):
            other = await stage.submit()
            assert (await stage.client("GET", f"status/{other}?ttl={bad}")).status == 400

    play(story)


def test_requests_above_the_limit_are_refused_until_the_window_has_moved() -> None:
    async def story(stage: Stage) -> None:
        answers = [await stage.client("POST", "purge-queue") for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]

        await stage.endpoint.clock.leap(10.0)
        assert (await stage.client("POST", "purge-queue")).status == 200

    play(story)


def test_there_are_no_limits_where_the_switch_says_so() -> None:
    async def story(stage: Stage) -> None:
        answers = [await stage.client("POST", "purge-queue") for _ in range(5)]
        assert {answer.status for answer in answers} == {200}

    play(story, Settings(rate_limits=False))


def test_so_many_may_wait_at_a_time() -> None:
    async def story(stage: Stage) -> None:
        waiting = [asyncio.create_task(stage.client("POST", "runsync", {"input": 1})) for _ in range(400)]
        await until(lambda: len(stage.endpoint.waiters) == 400)

        assert (await stage.client("POST", "runsync", {"input": 1})).status == 429

        await stage.client("POST", "purge-queue")
        assert {answer.status for answer in await asyncio.gather(*waiting)} == {404}

    play(story)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"input": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"input": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"input": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}",
        b'{"input": Infinity}',
        b'{"input": -Infinity}',
        b'{"input": 1e999}',
        b'{"input": ' + b"9" * 10_000 + b"}",
        '{"input": "x"}'.encode("utf-16-le") + b"\x00",
        b'{"input": "\xff"}',
        b'{"input": "\xed\xa0\x80"}',
    ],
)
def test_no_body_makes_the_emulator_fail(body: bytes) -> None:
    async def story(stage: Stage) -> None:
        for path in ("run", "runsync"):
            answer = await stage.client("POST", path, body)
            assert (answer.status, list(answer.body)) == (400, ["error"])  # type: ignore[call-overload]

    play(story)


def test_what_python_can_read_it_can_write_again() -> None:
    """Half of a pair of surrogates, deep lists, large numbers: from the client to the worker and back."""

    async def story(stage: Stage) -> None:
        deep = b"[" * 190 + b"]" * 190
        body = b'{"input": {"half": "\\ud800", "deep": %s, "big": 1e308, "int": %s}}' % (deep, b"9" * 4000)
        submitted = await stage.client("POST", "run", body)
        assert submitted.status == 200
        taken = await stage.worker("GET", "job-take/worker-1")
        assert taken["input"]["half"] == "\ud800"  # type: ignore[index]
        done = await stage.worker("POST", f"job-done/worker-1/{taken['id']}", {"output": taken["input"]})
        assert done.status == 200
        shown = await stage.client("GET", f"status/{taken['id']}")
        assert shown["output"] == taken["input"]

    play(story)


def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_read() -> None:
    async def story(stage: Stage) -> None:
        address = stage.url.removeprefix("http://").removesuffix("/v2")
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /v2/safelight/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer emulator\r\n"
            b"Content-Length: 1000000000\r\n\r\n{"
        )
        line = await reader.readline()
        writer.close()
        assert b" 413 " in line

    play(story)


def test_a_body_without_a_length_is_read_up_to_the_limit_and_no_further() -> None:
    async def story(stage: Stage) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            for _ in range(100):
                sent += 1
                yield b"x" * 1000
                await asyncio.sleep(0)

        headers = {"Authorization": "Bearer emulator"}
        async with stage.session.post(f"{stage.url}/safelight/run", data=endless(), headers=headers) as response:
            assert response.status == 413

    play(story, Settings(max_run_bytes=5000))


@pytest.mark.parametrize("path", ["status/x", "health", "job-take/worker-1", "job-stop/worker-1", "ping/worker-1"])
def test_a_head_takes_nothing_and_a_wrong_method_says_which_is_right(path: str) -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        for method in ("HEAD", "PUT"):
            for ask in (stage.client, stage.worker):
                answer = await ask(method, path)
                assert (answer.status, answer.headers["Allow"]) == (405, "GET")
        assert await stage.take() == job_id

    play(story)


def test_a_key_without_bearer_is_taken_where_the_switch_says_so() -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.worker("GET", "health")).status == 200
        assert (await stage.client("GET", "health")).status == 200

    play(story, Settings(accept_raw_client_key=True))


@pytest.mark.parametrize("key", ["Bearer \udcff", "é", "", "Bearer", "bearer emulator", "Bearer emulator "])
def test_what_is_not_quite_the_key_is_not_the_key(key: str) -> None:
    async def story(stage: Stage) -> None:
        address = stage.url.removeprefix("http://").removesuffix("/v2")
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        value = key.encode(errors="surrogateescape")
        writer.write(b"GET /v2/safelight/health HTTP/1.1\r\nHost: x\r\nAuthorization: " + value + b"\r\n\r\n")
        line = await reader.readline()
        writer.close()
        assert b" 401 " in line or (key.strip() == "Bearer emulator" and b" 200 " in line)

    play(story)
