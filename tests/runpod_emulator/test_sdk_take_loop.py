"""How the SDK's worker asks for jobs: its polls, what it makes of their answers, and how many jobs it asks for."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import runpod

from runpod_emulator import DEFAULT_API_KEY
from tests.runpod_emulator.recorder import (
    Call,
    Recorder,
    Reply,
    Worker,
    Workers,
    drop_connection,
    recording,
    reply,
    reply_json,
    wait_for,
    waiting_input,
    working_for,
)

#: So many answers without a job in a row, and so long at most from the first to the last: a pause of a
#: quarter of a second between two polls would take longer.
STORM = 100
STORM_SECONDS = 25


@pytest.fixture(scope="module", autouse=True)
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """Polls that are never answered. The SDK gives them up after 90 s; the other tests run meanwhile."""
    with recording() as recorder, working_for(recorder, tmp_path_factory.mktemp("held")) as sdk_worker:
        for route in ("job-take", "job-stop"):
            recorder.hold(route, reply(204))
        sdk_worker("echo")
        yield recorder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Recorder, Worker]]:
    with recording() as recorder, working_for(recorder, tmp_path_factory.mktemp("shared")) as sdk_worker:
        worker = sdk_worker("returns_its_job")
        recorder.wait_for_calls("job-take")
        yield recorder, worker


@pytest.fixture
def recorded(shared: tuple[Recorder, Worker]) -> Iterator[Recorder]:
    """A recorder with a worker that takes one job at a time."""
    yield shared[0]
    shared[0].let_the_emulator_answer()


@pytest.fixture
def log(shared: tuple[Recorder, Worker], recorded: Recorder) -> Worker:
    """The worker of `recorded`, whose log is read."""
    return shared[1]


def answered_next(recorder: Recorder, route: str, answer: Reply, *, times: int = 1) -> list[Call]:
    """Answer the next polls so; return them and the one after them."""
    before = len(recorder.calls(route))
    recorder.answer(route, answer, times=times)
    return recorder.wait_for_calls(route, before + times + 1)[before:]


def batch_sizes(recorder: Recorder) -> list[int]:
    return [int(call.query.get("batch_size", "1")) for call in recorder.takes()]


def test_a_poll_is_a_get_with_the_raw_key(recorded: Recorder) -> None:
    for route in ("job-take", "job-stop"):
        poll = recorded.wait_for_calls(route)[0]

        assert (poll.method, poll.body, poll.path) == ("GET", b"", f"{route}/worker-1")
        assert poll.headers["Authorization"] == DEFAULT_API_KEY
        assert poll.headers["Content-Type"] == "application/json"
        assert poll.headers["Accept-Encoding"] == "gzip, deflate"
        assert poll.headers["User-Agent"].startswith(f"RunPod-Python-SDK/{runpod.version.__version__} (")


def test_a_poll_for_jobs_says_whether_one_is_in_progress_and_a_poll_for_stops_does_not(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    sdk_worker("waits", CONCURRENCY="2")
    idle = recorder.wait_for_calls("job-take-batch")[0]

    recorder.run(**waiting_input(tmp_path, 1))
    busy = recorder.wait_for_calls("job-take")[0]
    stop = recorder.wait_for_calls("job-stop")[0]

    assert idle.target.endswith("/job-take-batch/worker-1?gpu=emulated&batch_size=2&job_in_progress=0")
    assert busy.target.endswith("/job-take/worker-1?gpu=emulated&job_in_progress=1")
    assert stop.target.endswith("/job-stop/worker-1?gpu=emulated")


@pytest.mark.parametrize(
    ("answer", "errors"),
    [
        pytest.param(reply(204), 0, id="204"),
        pytest.param(reply(400), 0, id="400"),
        pytest.param(reply(200), 0, id="200 without a body"),
        pytest.param(reply(200, "<html>", content_type="text/html"), 0, id="200 that is not JSON"),
        pytest.param(reply(200, "{", content_type="application/json"), 0, id="200 that is broken JSON"),
        pytest.param(reply(404), STORM, id="404"),
        pytest.param(reply(500), STORM, id="500"),
        pytest.param(drop_connection, 1, id="a broken connection"),
    ],
)
def test_after_an_answer_without_a_job_it_asks_again_without_a_pause(
    recorded: Recorder, log: Worker, answer: Reply, errors: int
) -> None:
    errors_before = log.log.count("Failed to get job.")

    polls = answered_next(recorded, "job-take", answer, times=STORM)

    assert polls[STORM].at - polls[0].at < STORM_SECONDS
    logged = log.log.count("Failed to get job.") - errors_before
    assert logged >= errors
    assert bool(logged) == bool(errors)


def test_while_nobody_listens_it_asks_again_without_a_pause(tmp_path: Path) -> None:
    with recording() as recorder, working_for(recorder, tmp_path) as sdk_worker:
        worker = sdk_worker("echo")
        recorder.wait_for_calls("job-take")
        recorder.stop()

        worker.wait_for_log("Failed to get job.")
        since = time.monotonic()
        wait_for(lambda: worker.log.count("Failed to get job.") > STORM)

        assert time.monotonic() - since < STORM_SECONDS


def test_after_a_429_it_waits_five_seconds(recorded: Recorder) -> None:
    refused, asked_again = answered_next(recorded, "job-take", reply(429))

    assert asked_again.at - refused.at > 4.9


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param(reply(204), 0.9, id="204"),
        pytest.param(reply_json({"jobsToStop": []}), 0.9, id="nothing to stop"),
        pytest.param(reply_json({"jobsToStop": "job-1"}), 0.9, id="not a list"),
        pytest.param(reply(500), 0.9, id="500"),
        pytest.param(reply(429), 4.9, id="429"),
    ],
)
def test_polls_for_stops_are_a_second_apart_and_five_after_a_429(
    recorded: Recorder, answer: Reply, seconds: float
) -> None:
    refused, asked_again = answered_next(recorded, "job-stop", answer)

    assert asked_again.at - refused.at > seconds


def test_a_poll_on_a_used_connection_that_breaks_is_sent_again_at_once_on_another(recorded: Recorder) -> None:
    """That is aiohttp's doing: only the second break is an error for the SDK, which then waits its second."""
    broken, sent_again, after_the_pause = answered_next(recorded, "job-stop", drop_connection, times=2)

    assert broken.connection != sent_again.connection
    assert after_the_pause.at - sent_again.at > 0.9


@pytest.mark.parametrize("half", [{"id": "half"}, {"input": {"number": 1}}])
def test_a_single_job_without_id_or_input_is_an_error_in_the_log_and_nothing_else(
    recorded: Recorder, log: Worker, half: dict[str, object]
) -> None:
    results_before = len(recorded.results())
    errors_before = log.log.count("Job has missing field(s): id or input.")

    answered_next(recorded, "job-take", reply_json(half))
    recorded.wait_for_result(recorded.run(number=1))

    assert log.log.count("Job has missing field(s): id or input.") == errors_before + 1
    assert len(recorded.results()) == results_before + 1


def test_jobs_of_a_batch_reach_the_handler_as_they_are_even_without_input(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    recorder.answer("job-done", reply_json({}))
    recorder.answer("job-take-batch", reply_json([{"id": "half"}]), times=1)

    sdk_worker("returns_its_job", CONCURRENCY="2")

    assert recorder.wait_for_result("half").json == {"output": {"job": {"id": "half"}}}


def test_whatever_a_job_carries_reaches_the_handler_and_its_batch_id_the_log(
    recorded: Recorder, log: Worker
) -> None:
    job = {
        "id": "rich",
        "input": {"number": 1},
        "webhook": "http://127.0.0.1/",
        "batchId": "batch-7",
        "anything": [1],
    }
    recorded.answer("job-done", reply_json({}))

    recorded.answer("job-take", reply_json(job), times=1)

    assert recorded.wait_for_result("rich").json == {"output": {"job": job}}
    log.wait_for_log('"requestId": "rich", "message": "[batchId=batch-7] Finished."')


def test_a_job_that_is_delivered_twice_runs_twice(recorded: Recorder) -> None:
    recorded.answer("job-done", reply_json({}))

    recorded.answer("job-take", reply_json({"id": "twice", "input": {"number": 1}}), times=2)

    wait_for(lambda: len(recorded.results("twice")) == 2)


def test_after_taking_a_job_it_waits_a_second_however_soon_the_job_is_done(recorded: Recorder) -> None:
    jobs = [recorded.run(number=number) for number in range(3)]
    for job_id in jobs:
        recorded.wait_for_result(job_id)

    taken = [call for call in recorded.calls("job-take") if call.status == 200][-3:]

    assert taken[1].at - taken[0].at > 0.9
    assert taken[2].at - taken[1].at > 0.9


def test_the_concurrency_is_asked_for_before_every_poll(recorder: Recorder, sdk_worker: Workers) -> None:
    sdk_worker("asks_for_one_more")

    recorder.wait_for_calls("job-take-batch", 4)

    assert batch_sizes(recorder)[:4] == [2, 3, 4, 5]


def test_a_concurrency_of_none_ends_the_worker(recorder: Recorder, sdk_worker: Workers, tmp_path: Path) -> None:
    file = tmp_path / "concurrency"
    file.write_text("null")

    worker = sdk_worker("concurrency_from_file", CONCURRENCY_FILE=str(file))

    assert worker.wait_for_end() == 1
    assert "TypeError" in worker.log
    assert recorder.takes() == []


def test_a_concurrency_of_zero_only_pauses_the_worker(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    file = tmp_path / "concurrency"
    file.write_text("0")
    sdk_worker("concurrency_from_file", CONCURRENCY_FILE=str(file))
    wait_for(lambda: lines_of(file.with_suffix(".asked")) >= 3)
    assert recorder.takes() == []

    file.write_text("1")

    recorder.wait_for_calls("job-take")


def test_a_new_concurrency_is_asked_for_only_when_no_job_is_left(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    file, job_input = tmp_path / "concurrency", waiting_input(tmp_path, 1)
    file.write_text("2")
    sdk_worker("concurrency_from_file", CONCURRENCY_FILE=str(file))
    job_id = recorder.run(**job_input)
    recorder.wait_for_calls("job-take")  # one more, while the first runs

    file.write_text("3")
    wait_for(lambda: file.with_suffix(".asked").read_text().endswith("3\n"))
    takes, asked = len(recorder.takes()), lines_of(file.with_suffix(".asked"))
    recorder.let_two_pings_pass()
    assert (len(recorder.takes()), lines_of(file.with_suffix(".asked"))) == (takes, asked)

    Path(job_input["finish"]).touch()
    recorder.wait_for_result(job_id)
    wait_for(lambda: len(recorder.takes()) > takes)
    assert batch_sizes(recorder)[takes] == 3


def lines_of(file: Path) -> int:
    return file.read_text().count("\n") if file.exists() else 0


def test_a_job_just_queued_counts_twice_so_that_of_four_places_only_two_are_asked_for(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    sdk_worker("returns_its_job", CONCURRENCY="4")
    recorder.wait_for_calls("job-take-batch")

    def asked_for_two_after_one_job() -> bool:
        """Now and then the job is picked up before the next poll goes out; then three are asked for."""
        recorder.wait_for_result(recorder.run(number=1))
        return 2 in batch_sizes(recorder)

    wait_for(asked_for_two_after_one_job)
    sizes = batch_sizes(recorder)
    assert sizes[0] == 4
    assert sizes[sizes.index(2) - 1] == 4


def test_handlers_without_await_run_one_by_one_and_meanwhile_nothing_is_taken_but_pings_go_on(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    inputs = [waiting_input(tmp_path, number) for number in range(2)]
    jobs = [recorder.run(**job_input) for job_input in inputs]
    sdk_worker("waits_without_await", CONCURRENCY="4")
    wait_for(lambda: any(Path(job_input["started"]).exists() for job_input in inputs))
    takes, pings = len(recorder.takes()), len(recorder.calls("ping"))

    recorder.let_two_pings_pass()

    running, waiting = sorted(inputs, key=lambda job_input: not Path(job_input["started"]).exists())
    assert not Path(waiting["started"]).exists()
    assert len(recorder.takes()) == takes
    assert set(recorder.calls("ping")[pings + 1].query["job_id"].split(",")) == set(jobs)
    for job_input in (running, waiting):
        wait_for(Path(job_input["started"]).exists)
        Path(job_input["finish"]).touch()
    assert {recorder.wait_for_result(job_id).json["output"] for job_id in jobs} == {"done"}


def test_a_poll_that_is_not_answered_is_given_up_after_ninety_seconds(held: Recorder) -> None:
    for route in ("job-take", "job-stop"):
        wait_for(lambda route=route: len(held.calls(route)) >= 2, within_seconds=200)  # type: ignore[misc]
        first, second = held.calls(route)[:2]

        assert 89 < second.at - first.at < 150
        assert first.status is None
