"""How the SDK's worker ends: signals, a process that dies under it, and what then becomes of its jobs."""

import signal
from pathlib import Path

import pytest

from tests.runpod_emulator.recorder import Recorder, Worker, Workers, reply, reply_json, wait_for, waiting_input


def run_until_started(recorder: Recorder, directory: Path, **more: str) -> str:
    job_input = waiting_input(directory)
    job_id = recorder.run(**job_input, **more)
    wait_for(Path(job_input["started"]).exists)
    return job_id


def finish(directory: Path) -> None:
    Path(waiting_input(directory)["finish"]).touch()


def tell_to_end(worker: Worker, number: signal.Signals = signal.SIGTERM) -> None:
    """Needs a worker that logs at DEBUG."""
    worker.send(number)
    worker.wait_for_log(f"Received shutdown signal: {number.value}.")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_finishes_and_posts_its_job_and_ends_well(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path, number: signal.Signals
) -> None:
    worker = sdk_worker("waits", RUNPOD_LOG_LEVEL="DEBUG")
    job_id = run_until_started(recorder, tmp_path)

    tell_to_end(worker, number)
    recorder.let_two_pings_pass()
    assert worker.is_running()
    finish(tmp_path)

    assert recorder.wait_for_result(job_id).json == {"output": "done"}
    assert worker.wait_for_end() == 0
    assert worker.has_no_process_left()


@pytest.mark.parametrize("last", ["job-take", "job-stop"])
def test_told_to_end_it_waits_for_the_answers_to_both_its_polls(
    recorder: Recorder, sdk_worker: Workers, last: str
) -> None:
    gates = {route: recorder.hold(route, reply(204)) for route in ("job-take", "job-stop")}
    worker = sdk_worker("echo", RUNPOD_LOG_LEVEL="DEBUG")
    for route in gates:
        recorder.wait_for_calls(route)

    tell_to_end(worker)
    recorder.let_two_pings_pass()
    assert worker.is_running()
    gates.pop("job-take" if last == "job-stop" else "job-stop").open()
    recorder.let_two_pings_pass()
    assert worker.is_running()
    gates[last].open()

    assert worker.wait_for_end() == 0
    assert len(recorder.takes()) == 1


def test_a_job_that_arrives_after_it_was_told_to_end_is_taken_and_never_run(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    poll = recorder.hold("job-take", reply_json({"id": "late", "input": {"number": 1}}))
    worker = sdk_worker("echo", RUNPOD_LOG_LEVEL="DEBUG")
    recorder.wait_for_calls("job-take")

    tell_to_end(worker)
    recorder.let_two_pings_pass()
    poll.open()

    assert worker.wait_for_end() == 0
    assert '"requestId": "late", "message": "Job Queued"' in worker.log
    assert '"requestId": "late", "message": "Started."' not in worker.log
    assert recorder.results() == []


def test_with_refresh_worker_its_result_asks_for_its_end_and_it_ends_once_its_polls_are_answered(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    poll = recorder.hold("job-stop", reply(204))
    worker = sdk_worker("asks_to_be_refreshed")
    finish(tmp_path)
    job_id = run_until_started(recorder, tmp_path)

    assert recorder.wait_for_result(job_id).json == {"output": "done", "stopPod": True}
    recorder.let_two_pings_pass()
    assert worker.is_running()
    poll.open()

    assert worker.wait_for_end() == 0


def test_with_refresh_worker_a_job_that_arrives_afterwards_is_taken_and_never_run(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    poll = recorder.hold("job-take", reply_json({"id": "second", "input": {}}))
    worker = sdk_worker("asks_to_be_refreshed", CONCURRENCY="2", RUNPOD_LOG_LEVEL="DEBUG")
    job_id = run_until_started(recorder, tmp_path)
    recorder.wait_for_calls("job-take")
    finish(tmp_path)
    recorder.wait_for_result(job_id)

    recorder.let_two_pings_pass()
    poll.open()

    assert worker.wait_for_end() == 0
    assert '"requestId": "second", "message": "Job Queued"' in worker.log
    assert '"requestId": "second", "message": "Started."' not in worker.log
    assert recorder.results("second") == []


def test_killed_it_leaves_a_process_that_goes_on_to_report_its_job(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    worker = sdk_worker("waits")
    job_id = run_until_started(recorder, tmp_path)
    recorder.wait_for_calls("ping", containing=job_id)

    worker.send(signal.SIGKILL)

    assert worker.wait_for_end() == -signal.SIGKILL
    recorder.let_two_pings_pass()
    assert recorder.calls("ping")[-1].query["job_id"] == job_id
    assert not worker.has_no_process_left()
    worker.send_to_all(signal.SIGKILL)
    wait_for(worker.has_no_process_left)


def test_a_handler_that_ends_the_process_leaves_the_one_that_reports_its_job(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    worker = sdk_worker("ends_its_process")
    job_id = run_until_started(recorder, tmp_path, how="os._exit")
    recorder.wait_for_calls("ping", containing=job_id)

    finish(tmp_path)

    assert worker.wait_for_end() == 3
    recorder.let_two_pings_pass()
    assert recorder.calls("ping")[-1].query["job_id"] == job_id
    assert recorder.results() == []


@pytest.mark.parametrize(("how", "exit_code"), [("SystemExit", 3), ("KeyboardInterrupt", -signal.SIGINT)])
def test_a_handler_that_raises_what_is_no_exception_ends_the_worker_and_its_pings_without_a_result(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path, how: str, exit_code: int
) -> None:
    worker = sdk_worker("ends_its_process")
    run_until_started(recorder, tmp_path, how=how)

    finish(tmp_path)

    assert worker.wait_for_end() == exit_code
    assert worker.has_no_process_left()
    assert recorder.results() == []


def test_a_worker_that_was_paused_posts_the_result_of_a_job_that_another_has_done_meanwhile(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    job = reply_json({"id": "paused", "input": waiting_input(tmp_path)})
    recorder.answer("job-done", reply_json({}))
    recorder.answer("job-take", job, times=1)
    paused = sdk_worker("waits", "worker-1")
    wait_for(Path(waiting_input(tmp_path)["started"]).exists)

    paused.send_to_all(signal.SIGSTOP)
    finish(tmp_path)
    recorder.answer("job-take", job, times=1)
    sdk_worker("waits", "worker-2")
    recorder.wait_for_result("paused")
    paused.send_to_all(signal.SIGCONT)

    wait_for(lambda: len(recorder.results()) == 2)
    assert [call.path for call in recorder.results()] == ["job-done/worker-2/paused", "job-done/worker-1/paused"]
