"""What a cancelled job's handler notices of it in the SDK's worker: that depends on how it is written."""

from pathlib import Path

import pytest

from tests.runpod_emulator.recorder import Recorder, Worker, Workers, reply_json, wait_for, waiting_input


def run_until_started(recorder: Recorder, directory: Path, number: int = 1, **more: str) -> str:
    job_input = waiting_input(directory, number)
    job_id = recorder.run(**job_input, **more)
    wait_for(Path(job_input["started"]).exists)
    return job_id


def finish(directory: Path, number: int = 1) -> None:
    Path(waiting_input(directory, number)["finish"]).touch()


def line(job_id: str, message: str) -> str:
    return f'"requestId": "{job_id}", "message": "{message}"'


def stopped(worker: Worker, job_id: str) -> bool:
    return line(job_id, "Job stopped.") in worker.log


def test_a_handler_that_awaits_is_stopped_and_nothing_is_posted(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    worker = sdk_worker("waits")
    job_id = run_until_started(recorder, tmp_path)

    recorder.cancel(job_id)

    wait_for(lambda: stopped(worker, job_id))
    finish(tmp_path, 2)
    recorder.wait_for_result(run_until_started(recorder, tmp_path, 2))
    assert recorder.results(job_id) == []


def test_a_thread_runs_on_beside_the_next_job_and_its_result_is_dropped(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    ended = [tmp_path / f"ended-{number}" for number in range(3)]
    worker = sdk_worker("waits_in_thread")
    job_id = run_until_started(recorder, tmp_path, 1, ended=str(ended[1]))

    recorder.cancel(job_id)
    wait_for(lambda: stopped(worker, job_id))
    next_id = run_until_started(recorder, tmp_path, 2, ended=str(ended[2]))

    assert not ended[1].exists()  # two at once, though the concurrency is one
    finish(tmp_path, 1)
    wait_for(ended[1].exists)
    finish(tmp_path, 2)
    recorder.wait_for_result(next_id)
    assert recorder.results(job_id) == []


def test_a_handler_without_await_is_not_stopped_and_its_result_is_posted(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    """Once it has returned, the stop and the post go out together: now and then the stop still ends the post."""
    worker = sdk_worker("waits_without_await", RUNPOD_LOG_LEVEL="DEBUG")
    finish(tmp_path, 0)
    recorder.wait_for_result(run_until_started(recorder, tmp_path, 0))  # so that a connection is at hand
    job_id = run_until_started(recorder, tmp_path)

    recorder.cancel(job_id)
    recorder.let_two_pings_pass()
    assert "Stopping job." not in worker.log
    assert recorder.results(job_id) == []
    finish(tmp_path)

    assert recorder.wait_for_result(job_id).json == {"output": "done"}
    wait_for(lambda: f"No in-progress job for {job_id}" in worker.log or stopped(worker, job_id))


def test_a_handler_that_swallows_its_cancellation_posts_a_result_as_ever(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    worker = sdk_worker("swallows_its_cancellation")
    job_id = run_until_started(recorder, tmp_path)

    recorder.cancel(job_id)

    assert recorder.wait_for_result(job_id).json == {"output": "half a picture"}
    assert not stopped(worker, job_id)
    assert recorder.status(job_id) == {**recorder.status(job_id), "status": "CANCELLED"}


def test_only_the_cancelled_job_is_stopped(recorder: Recorder, sdk_worker: Workers, tmp_path: Path) -> None:
    worker = sdk_worker("waits", CONCURRENCY="2")
    kept, cancelled = (run_until_started(recorder, tmp_path, number) for number in (1, 2))

    recorder.cancel(cancelled)
    wait_for(lambda: stopped(worker, cancelled))
    finish(tmp_path, 1)

    assert recorder.wait_for_result(kept).json == {"output": "done"}
    assert recorder.results(cancelled) == []


@pytest.mark.parametrize("unknown", [["nobody"], [7, None]])
def test_a_stop_for_a_job_it_does_not_have_is_ignored(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path, unknown: list[object]
) -> None:
    sdk_worker("waits")
    job_id = run_until_started(recorder, tmp_path)

    recorder.answer("job-stop", reply_json({"jobsToStop": unknown}), times=1)
    recorder.wait_for_calls("job-stop", len(recorder.calls("job-stop")) + 2)
    finish(tmp_path)

    assert recorder.wait_for_result(job_id).json == {"output": "done"}
