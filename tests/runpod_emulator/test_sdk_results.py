"""What the SDK's worker posts for what a handler returns, raises or yields, and what a refusal does to it."""

import json
from collections.abc import Iterator

import pytest
import runpod

from runpod_emulator import DEFAULT_API_KEY
from tests.runpod_emulator.recorder import (
    Recorder,
    Reply,
    Worker,
    Workers,
    drop_connection,
    recording,
    reply,
    reply_json,
    working_for,
)

SDK_VERSION = runpod.version.__version__


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Recorder, Worker]]:
    with recording() as recorder, working_for(recorder, tmp_path_factory.mktemp("shared")) as sdk_worker:
        yield recorder, sdk_worker("returns_named_value", RUNPOD_LOG_LEVEL="ERROR")


@pytest.fixture
def recorded(shared: tuple[Recorder, Worker]) -> Iterator[Recorder]:
    """A recorder with a worker that returns what a job names."""
    yield shared[0]
    shared[0].let_the_emulator_answer()


@pytest.fixture
def log(shared: tuple[Recorder, Worker], recorded: Recorder) -> Worker:
    """The worker of `recorded`, whose log is read."""
    return shared[1]


def post_of(recorded: Recorder, value: str) -> bytes:
    return recorded.wait_for_result(recorded.run(value=value)).body


def next_job_is_done(recorder: Recorder) -> None:
    """The worker is alive and has done with all jobs before."""
    assert json.loads(post_of(recorder, "text")) == {"output": "a picture"}


def test_a_result_is_posted_as_a_form_with_the_raw_key_and_the_jobs_id(recorded: Recorder) -> None:
    job_id = recorded.run(value="text")

    post = recorded.wait_for_result(job_id)

    assert (post.method, post.path) == ("POST", f"job-done/worker-1/{job_id}")
    assert post.query["isStream"] == "false"
    assert post.headers["Authorization"] == DEFAULT_API_KEY
    assert post.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert post.headers["charset"] == "utf-8"
    assert post.headers["X-Request-ID"] == job_id
    assert post.headers["User-Agent"].startswith(f"RunPod-Python-SDK/{SDK_VERSION}")


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("text", {"output": "a picture"}),
        ("number", {"output": 7}),
        ("list", {"output": [1, 2]}),
        ("true", {"output": True}),
        ("false", {"output": False}),
        ("none", {"output": None}),
        ("dict", {"output": {"picture": 1}}),
        ("empty dict", {}),
        ("status", {"output": {"status": "IN_PROGRESS", "output": 1}}),
        ("error", {"output": {"steps": 3}, "error": "out of memory"}),
        ("error alone", {"error": "out of memory"}),
        ("error that is no text", {"error": {"code": 1}}),
        ("error that is empty", {"output": {"steps": 3}}),
        ("refresh_worker", {"output": {"steps": 3}, "stopPod": True}),
        ("refresh_worker that is false", {"output": {"steps": 3}}),
    ],
)
def test_what_a_handler_returns_becomes_a_body(recorded: Recorder, value: str, body: object) -> None:
    assert json.loads(post_of(recorded, value)) == body


def test_refresh_worker_in_a_result_does_not_end_the_worker(recorded: Recorder) -> None:
    post_of(recorded, "refresh_worker")

    next_job_is_done(recorded)


def test_what_a_handler_raises_is_posted_as_a_text_that_holds_json(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    sdk_worker("raises", RUNPOD_POD_HOSTNAME="host-1")

    (name, value), *others = recorder.wait_for_result(recorder.run(value="x")).json.items()

    assert (name, others) == ("error", [])
    assert isinstance(value, str)
    error = json.loads(value)
    assert "raise ValueError" in error.pop("error_traceback")
    assert error == {
        "error_type": "<class 'ValueError'>",
        "error_message": "no such picture",
        "hostname": "host-1",
        "worker_id": "worker-1",
        "runpod_version": SDK_VERSION,
    }


def test_nan_is_posted_though_it_is_no_json(recorded: Recorder) -> None:
    assert post_of(recorded, "nan") == b'{"output": NaN}'


@pytest.mark.parametrize("value", ["set", "bytes", "lone surrogate"])
def test_what_cannot_be_sent_is_logged_and_nothing_is_posted(recorded: Recorder, log: Worker, value: str) -> None:
    job_id = recorded.run(value=value)

    next_job_is_done(recorded)

    assert recorded.results(job_id) == []
    assert recorded.status(job_id)["status"] == "IN_PROGRESS"
    assert job_id in log.log


def test_a_result_of_any_size_is_posted(recorded: Recorder) -> None:
    recorded.answer("job-done", reply_json({}))

    assert len(post_of(recorded, "25 megabytes")) > 25_000_000


def test_a_result_answered_5xx_is_posted_twice_more_after_two_and_three_seconds(recorded: Recorder) -> None:
    recorded.answer("job-done", reply(500), times=3)
    job_id = recorded.run(value="text")

    next_job_is_done(recorded)

    first, second, third = recorded.results(job_id)
    assert second.at - first.at > 1.9
    assert third.at - second.at > 2.9
    assert first.body == second.body == third.body
    assert recorded.status(job_id)["status"] == "IN_PROGRESS"


def test_a_result_answered_5xx_once_arrives_with_the_second_post(recorded: Recorder) -> None:
    recorded.answer("job-done", reply(503), times=1)
    job_id = recorded.run(value="text")

    next_job_is_done(recorded)

    assert [call.status for call in recorded.results(job_id)] == [503, 200]
    assert recorded.status(job_id)["status"] == "COMPLETED"


@pytest.mark.parametrize(
    "refusal",
    [*(pytest.param(reply(status), id=str(status)) for status in (400, 404, 429)), drop_connection],
)
def test_a_result_refused_otherwise_is_posted_once_and_forgotten(
    recorded: Recorder, log: Worker, refusal: Reply
) -> None:
    recorded.answer("job-done", refusal, times=1)
    job_id = recorded.run(value="text")

    next_job_is_done(recorded)

    assert len(recorded.results(job_id)) == 1
    assert recorded.status(job_id)["status"] == "IN_PROGRESS"
    assert f'"requestId": "{job_id}", "message": "Failed to return job results.' in log.log


def test_polls_after_a_result_carry_the_id_of_a_job_that_is_over(recorder: Recorder, sdk_worker: Workers) -> None:
    sdk_worker("returns_its_job", CONCURRENCY="4")
    recorder.wait_for_calls("job-take-batch")
    recorder.wait_for_calls("job-stop")
    before = recorder.calls("job-take-batch", "job-stop")

    job_id = recorder.run(number=1)
    done = recorder.wait_for_result(job_id)
    for route in ("job-take-batch", "job-stop"):
        recorder.wait_for_calls(route, len(recorder.calls(route)) + 2)
    after = [call for call in recorder.calls("job-take-batch", "job-stop") if call.at > done.at]

    assert all("X-Request-ID" not in call.headers for call in before)
    assert {call.headers["X-Request-ID"] for call in after} == {job_id}


def test_results_of_jobs_that_ran_together_carry_their_own_ids(recorder: Recorder, sdk_worker: Workers) -> None:
    jobs = [recorder.run(number=number) for number in range(12)]

    sdk_worker("returns_its_job", CONCURRENCY="4")

    results = [recorder.wait_for_result(job_id) for job_id in jobs]
    assert [result.headers["X-Request-ID"] for result in results] == jobs


@pytest.mark.parametrize("handler", ["yields", "yields_awaiting"])
def test_a_generators_chunks_are_posted_one_by_one_and_its_result_is_an_empty_list(
    recorder: Recorder, sdk_worker: Workers, handler: str
) -> None:
    recorder.answer("job-stream", reply_json({}))
    sdk_worker(handler)

    job_id = recorder.run(chunks=["a", {"step": 2}, 3])
    done = recorder.wait_for_result(job_id)

    chunks = recorder.calls("job-stream")
    assert [chunk.json for chunk in chunks] == [{"output": "a"}, {"output": {"step": 2}}, {"output": 3}]
    assert {(chunk.method, chunk.path) for chunk in chunks} == {("POST", f"job-stream/worker-1/{job_id}")}
    assert {chunk.query["isStream"] for chunk in chunks} == {"false"}
    assert {chunk.headers["X-Request-ID"] for chunk in chunks} == {job_id}
    assert (done.query["isStream"], done.json) == ("true", {"output": []})
    assert chunks[-1].at < done.at


def test_with_return_aggregate_stream_the_result_is_all_chunks(recorder: Recorder, sdk_worker: Workers) -> None:
    recorder.answer("job-stream", reply_json({}))
    sdk_worker("yields", AGGREGATE="yes")

    done = recorder.wait_for_result(recorder.run(chunks=["a", 2]))

    assert len(recorder.calls("job-stream")) == 2
    assert (done.query["isStream"], done.json) == ("true", {"output": ["a", 2]})


def test_a_generator_that_raises_posts_its_chunks_and_then_the_error_alone(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    recorder.answer("job-stream", reply_json({}))
    sdk_worker("yields", AGGREGATE="yes")

    done = recorder.wait_for_result(recorder.run(chunks=["a"], raises=True))

    assert [chunk.json for chunk in recorder.calls("job-stream")] == [{"output": "a"}]
    assert done.query["isStream"] == "true"
    assert list(done.json) == ["error"]
    assert str(done.json["error"]).startswith("handler: no such picture \ntraceback: Traceback")


def test_a_chunk_with_an_error_ends_the_generator_and_becomes_the_result(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    recorder.answer("job-stream", reply_json({}))
    sdk_worker("yields")

    done = recorder.wait_for_result(recorder.run(chunks=["a", {"error": {"code": 1}}, "never seen"]))

    assert [chunk.json for chunk in recorder.calls("job-stream")] == [{"output": "a"}]
    assert done.json == {"error": "{'code': 1}"}
