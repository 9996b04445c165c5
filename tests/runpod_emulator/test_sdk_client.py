"""What the SDK's client sends for each of its calls, and what it makes of the answers."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import requests
import runpod

from runpod_emulator import DEFAULT_API_KEY, DEFAULT_ENDPOINT_ID
from tests.runpod_emulator.recorder import (
    PATIENCE_SECONDS,
    Recorder,
    Reply,
    done_and_never_answered,
    drop_connection,
    reply,
    reply_json,
    wait_for,
)

IN_PROGRESS = {"id": "job-1", "status": "IN_PROGRESS"}
COMPLETED = {"id": "job-1", "status": "COMPLETED", "output": "a picture"}
CANCELLED = {"id": "job-1", "status": "CANCELLED"}
FAILED = {"id": "job-1", "status": "FAILED", "error": "out of memory"}


def job_of(recorder: Recorder, job_id: str = "job-1") -> "runpod.endpoint.Job":
    return runpod.endpoint.Job(DEFAULT_ENDPOINT_ID, job_id, recorder.client.rp_client)


def with_async_client(
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    story: Callable[["runpod.AsyncioEndpoint"], Awaitable[None]],
) -> None:
    monkeypatch.setattr(runpod, "endpoint_url_base", recorder.url)

    async def play() -> None:
        async with aiohttp.ClientSession() as session:
            await story(runpod.AsyncioEndpoint(DEFAULT_ENDPOINT_ID, session, api_key=DEFAULT_API_KEY))

    asyncio.run(play())


# Where it finds the service, and with which key


def test_the_base_url_is_read_when_an_endpoint_is_made(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runpod, "endpoint_url_base", recorder.url)
    endpoint = runpod.Endpoint(DEFAULT_ENDPOINT_ID, api_key=DEFAULT_API_KEY)
    monkeypatch.setattr(runpod, "endpoint_url_base", "http://127.0.0.1:1/v2")

    endpoint.health()

    assert len(recorder.calls("health")) == 1
    endpoint.rp_client.rp_session.close()


def test_without_a_key_there_is_no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runpod, "api_key", None)

    with pytest.raises(RuntimeError, match="api_key"):
        runpod.Endpoint(DEFAULT_ENDPOINT_ID)


def settings_after_import(home: Path, **environment: str) -> dict[str, object]:
    """What a fresh Python finds in the SDK."""
    script = "import json, runpod; print(json.dumps({'key': runpod.api_key, 'url': runpod.endpoint_url_base}))"
    printed = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    ).stdout
    settings: dict[str, object] = json.loads(printed)
    return settings


def test_of_the_environment_the_base_url_is_read_and_a_key_is_not(tmp_path: Path) -> None:
    assert settings_after_import(tmp_path) == {"key": None, "url": "https://api.runpod.ai/v2"}
    assert settings_after_import(
        tmp_path, RUNPOD_API_KEY="key", RUNPOD_ENDPOINT_BASE_URL="http://127.0.0.1:20080/v2"
    ) == {"key": None, "url": "http://127.0.0.1:20080/v2"}


def test_the_key_is_read_from_the_config_in_the_home(tmp_path: Path) -> None:
    (tmp_path / ".runpod").mkdir()
    (tmp_path / ".runpod" / "config.toml").write_text('[default]\napi_key = "from the config"\n')

    assert settings_after_import(tmp_path)["key"] == "from the config"


# What each call sends


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        pytest.param(lambda client, _job: client.run({"input": {"n": 1}}), "POST", "run", id="run"),
        pytest.param(lambda client, _job: client.run_sync({"input": {"n": 1}}), "POST", "runsync", id="run_sync"),
        pytest.param(lambda _client, job: job.status(), "GET", "status/job-1", id="status"),
        pytest.param(lambda _client, job: job.output(), "GET", "status/job-1", id="output"),
        pytest.param(lambda _client, job: next(job.stream()), "GET", "stream/job-1", id="stream"),
        pytest.param(lambda _client, job: job.cancel(), "POST", "cancel/job-1", id="cancel"),
        pytest.param(lambda client, _job: client.purge_queue(), "POST", "purge-queue", id="purge_queue"),
        pytest.param(lambda client, _job: client.health(), "GET", "health", id="health"),
    ],
)
def test_each_call_is_one_request_with_the_key_as_bearer(
    recorder: Recorder,
    call: Callable[["runpod.Endpoint", "runpod.endpoint.Job"], object],
    method: str,
    path: str,
) -> None:
    recorder.answer(path.partition("/")[0], reply_json({**COMPLETED, "stream": [{"output": "a chunk"}]}))

    call(recorder.client, job_of(recorder))

    (sent,) = recorder.calls()
    assert (sent.method, sent.path, sent.query) == (method, path, {})
    assert sent.headers["Authorization"] == f"Bearer {DEFAULT_API_KEY}"
    assert sent.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"input": {"n": 1}}, {"input": {"n": 1}}),
        (
            {"input": {"n": 1}, "webhook": "http://127.0.0.1/", "policy": {"ttl": 10_000}, "s3Config": {}},
            {"input": {"n": 1}, "webhook": "http://127.0.0.1/", "policy": {"ttl": 10_000}, "s3Config": {}},
        ),
        ({"n": 1}, {"input": {"n": 1}}),
        ({}, {"input": {}}),
        ({"input": {}}, {"input": {"input": {}}}),
        ({"input": {}, "webhook": "x"}, {"input": {"input": {}, "webhook": "x"}}),
    ],
)
def test_run_sends_what_it_is_given_unless_the_input_in_it_is_missing_or_empty(
    recorder: Recorder, given: dict[str, object], sent: dict[str, object]
) -> None:
    recorder.answer("runsync", reply_json(COMPLETED))

    recorder.client.run(given)
    recorder.client.run_sync(given)

    assert [call.json for call in recorder.calls("run", "runsync")] == [sent, sent]


def test_the_async_client_wraps_whatever_it_is_given(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(endpoint: "runpod.AsyncioEndpoint") -> None:
        job = await endpoint.run({"input": {"n": 1}, "webhook": "http://127.0.0.1/"})
        assert await job.status() == "IN_QUEUE"

    with_async_client(recorder, monkeypatch, story)

    run, status = recorder.calls()
    assert run.json == {"input": {"input": {"n": 1}, "webhook": "http://127.0.0.1/"}}
    assert run.headers["Authorization"] == f"Bearer {DEFAULT_API_KEY}"
    assert "X-Request-ID" not in run.headers
    assert status.path == f"status/{status.headers['X-Request-ID']}"


# Waiting for a result


def test_run_sync_returns_a_result_that_is_there_without_asking_again(recorder: Recorder) -> None:
    recorder.answer("runsync", reply_json(COMPLETED))

    assert recorder.client.run_sync({"input": {"n": 1}}) == "a picture"
    assert recorder.calls("status") == []


def test_run_sync_asks_for_the_status_each_second_until_it_is_final(recorder: Recorder) -> None:
    for answer in (IN_PROGRESS, IN_PROGRESS, COMPLETED):
        recorder.answer("status", reply_json(answer), times=1)
    recorder.answer("runsync", reply_json(IN_PROGRESS))

    assert recorder.client.run_sync({"input": {"n": 1}}) == "a picture"

    first, second, third = recorder.calls("status")
    assert second.at - first.at > 0.9
    assert third.at - second.at > 0.9


def test_run_sync_asks_for_the_status_of_a_job_that_is_cancelled_already(recorder: Recorder) -> None:
    recorder.answer("runsync", reply_json(CANCELLED))
    recorder.answer("status", reply_json(CANCELLED))

    assert recorder.client.run_sync({"input": {"n": 1}}) is None
    assert recorder.calls("status") != []


def test_a_failed_jobs_output_is_none_and_its_error_is_kept_back(recorder: Recorder) -> None:
    recorder.answer("status", reply_json(FAILED))
    job = job_of(recorder)

    assert (job.status(), job.output()) == ("FAILED", None)
    assert "out of memory" not in str(vars(job))
    assert job._fetch_job()["error"] == "out of memory"


def test_output_waits_no_longer_than_it_is_told(recorder: Recorder) -> None:
    recorder.answer("status", reply_json(IN_PROGRESS))

    with pytest.raises(TimeoutError):
        job_of(recorder).output(timeout=2)
    assert job_of(recorder).output() is None


def test_a_stream_is_asked_for_each_second_until_the_job_is_final_and_nothing_is_left(recorder: Recorder) -> None:
    for answer in (
        {**IN_PROGRESS, "stream": [{"output": "a"}, {"output": "b"}]},
        {**IN_PROGRESS, "stream": []},
        {**COMPLETED, "stream": [{"output": "c"}]},
        {**COMPLETED, "stream": []},
    ):
        recorder.answer("stream", reply_json(answer), times=1)

    assert list(job_of(recorder).stream()) == ["a", "b", "c"]

    calls = recorder.calls("stream")
    assert len(calls) == 4
    assert calls[3].at - calls[2].at > 0.9


def test_the_stream_of_a_cancelled_job_never_ends(recorder: Recorder) -> None:
    recorder.answer("stream", reply_json({**CANCELLED, "stream": []}), times=3)
    recorder.answer("stream", reply_json({**COMPLETED, "stream": []}))

    assert list(job_of(recorder).stream()) == []

    assert len(recorder.calls("stream")) == 4  # it took the COMPLETED to end it


def test_the_async_clients_output_waits_for_nothing_unless_it_is_told_to(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.answer("status", reply_json(COMPLETED))

    async def story(endpoint: "runpod.AsyncioEndpoint") -> None:
        job = await endpoint.run({"n": 1})
        with pytest.raises(TimeoutError):
            await job.output()  # although the job is done: nobody has asked yet
        assert await job.status() == "COMPLETED"
        assert await job.output() == "a picture"
        other = await endpoint.run({"n": 2})
        assert await other.output(timeout=int(PATIENCE_SECONDS)) == "a picture"

    with_async_client(recorder, monkeypatch, story)


# Refusals and failures


@pytest.mark.parametrize("method", ["run", "status"])
def test_a_401_is_a_runtime_error(recorder: Recorder, method: str) -> None:
    recorder.answer(method, reply_json({"error": "no"}, status=401))

    with pytest.raises(RuntimeError, match=r"^401 Unauthorized"):
        recorder.client.run({"input": {"n": 1}}) if method == "run" else job_of(recorder).status()
    assert len(recorder.calls()) == 1


@pytest.mark.parametrize("status", [400, 402, 404, 408, 429, 500, 503])
def test_any_other_refusal_of_a_post_is_an_http_error_at_once(recorder: Recorder, status: int) -> None:
    recorder.answer("run", reply(status))

    with pytest.raises(requests.HTTPError, match=f"^{status} "):
        recorder.client.run({"input": {"n": 1}})
    assert len(recorder.calls()) == 1


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_such_a_refusal_of_a_get_is_an_http_error_at_once(recorder: Recorder, status: int) -> None:
    recorder.answer("status", reply(status))

    with pytest.raises(requests.HTTPError, match=f"^{status} "):
        job_of(recorder).status()
    assert len(recorder.calls()) == 1


@pytest.mark.parametrize("status", [408, 429])
def test_a_get_refused_so_is_sent_again_at_once_and_after_two_and_four_seconds(
    recorder: Recorder, status: int
) -> None:
    recorder.answer("status", reply(status), times=3)
    recorder.answer("status", reply_json(COMPLETED))

    assert job_of(recorder).status() == "COMPLETED"

    first, second, third, fourth = recorder.calls("status")
    assert second.at - first.at < 1.9 < third.at - second.at < 3.9 < fourth.at - third.at


def test_a_get_is_sent_six_times_at_most_and_as_far_apart_as_the_answer_says(recorder: Recorder) -> None:
    recorder.answer("status", reply(429, retry_after="1"))

    with pytest.raises(requests.exceptions.RetryError):
        job_of(recorder).status()

    calls = recorder.calls("status")
    assert len(calls) == 6
    assert calls[1].at - calls[0].at > 0.9


def test_a_get_whose_connection_breaks_is_sent_again_and_a_post_is_not(recorder: Recorder) -> None:
    recorder.answer("status", drop_connection, times=1)
    recorder.answer("status", reply_json(COMPLETED))
    recorder.answer("run", drop_connection)

    assert job_of(recorder).status() == "COMPLETED"
    with pytest.raises(requests.ConnectionError):
        recorder.client.run({"input": {"n": 1}})

    assert len(recorder.calls("status")) == 2
    assert len(recorder.calls("run")) == 1


def test_over_https_nothing_is_sent_again(recorder: Recorder) -> None:
    session = recorder.client.rp_client.rp_session

    assert session.get_adapter("http://127.0.0.1/").max_retries.total == 5
    assert session.get_adapter("https://api.runpod.ai/").max_retries.total == 0


def test_run_gives_up_after_ten_seconds_though_the_job_is_queued(recorder: Recorder) -> None:
    recorder.answer("run", done_and_never_answered)
    since = time.monotonic()

    with pytest.raises(requests.ReadTimeout):
        recorder.client.run({"input": {"n": 1}})

    assert time.monotonic() - since > 9.9
    assert len(recorder.calls("run")) == 1
    assert recorder.client.health()["jobs"]["inQueue"] == 1


@pytest.mark.parametrize(
    "call", [lambda recorder: job_of(recorder).cancel(), lambda recorder: recorder.client.purge_queue()]
)
def test_cancel_and_purge_queue_give_up_after_three_seconds(
    recorder: Recorder, call: Callable[[Recorder], object]
) -> None:
    for route in ("cancel", "purge-queue"):
        recorder.hold(route, reply())
    since = time.monotonic()

    with pytest.raises(requests.ReadTimeout):
        call(recorder)

    assert 2.9 < time.monotonic() - since < 9.9
    assert len(recorder.calls()) == 1


def test_health_gives_up_after_three_seconds_and_asks_again(recorder: Recorder) -> None:
    gate = recorder.hold("health", reply_json({"jobs": {}}))
    answers: list[object] = []
    asking = threading.Thread(target=lambda: answers.append(recorder.client.health()))
    asking.start()

    first, second = wait_for(lambda: recorder.calls("health")[:2] if len(recorder.calls("health")) > 1 else [])
    gate.open()
    asking.join()

    assert 2.9 < second.at - first.at < 9.9
    assert answers == [{"jobs": {}}]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (reply(401, "no", content_type="text/plain"), aiohttp.ContentTypeError),
        (reply_json({"error": "no"}, status=401), KeyError),
    ],
    ids=["text", "JSON"],
)
def test_the_async_client_takes_a_refusal_for_an_answer(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, refusal: Reply, error: type[Exception]
) -> None:
    recorder.answer("run", refusal)

    async def story(endpoint: "runpod.AsyncioEndpoint") -> None:
        with pytest.raises(error):
            await endpoint.run({"n": 1})

    with_async_client(recorder, monkeypatch, story)
