"""One job's steps and what /status says of it."""

from runpod_emulator.jobs import Job, JobStatus

QUEUED = Job(id="job-1", input={"prompt": "x"}, submitted_at=10.0)
RUNNING = QUEUED.start(worker_id="worker-1", now=12.5)


def test_a_queued_job_shows_no_times_and_no_worker() -> None:
    assert QUEUED.to_status() == {"id": "job-1", "status": "IN_QUEUE"}


def test_the_delay_runs_from_submit_to_start() -> None:
    assert RUNNING.to_status() == {
        "id": "job-1",
        "status": "IN_PROGRESS",
        "delayTime": 2500,
        "workerId": "worker-1",
    }


def test_the_execution_runs_from_start_to_end() -> None:
    finished = RUNNING.finish({"output": [1]}, now=20.0)

    assert finished.to_status() == {
        "id": "job-1",
        "status": "COMPLETED",
        "delayTime": 2500,
        "executionTime": 7500,
        "workerId": "worker-1",
        "output": [1],
    }


def test_an_output_of_null_is_shown_and_a_missing_one_is_not() -> None:
    assert RUNNING.finish({"output": None}, now=20.0).to_status()["output"] is None
    assert "output" not in RUNNING.finish({}, now=20.0).to_status()


def test_a_text_as_error_fails_the_job() -> None:
    failed = RUNNING.finish({"error": "out of memory", "output": {"steps": 3}}, now=20.0)

    assert failed.status is JobStatus.FAILED
    assert failed.reply == {"error": "out of memory", "output": {"steps": 3}}


def test_an_error_that_is_no_text_completes_the_job_with_nothing() -> None:
    lost = RUNNING.finish({"error": {"code": 1}, "output": {"steps": 3}}, now=20.0)

    assert (lost.status, lost.reply) == (JobStatus.COMPLETED, {})


def test_a_result_replaces_the_progress_before_it() -> None:
    assert RUNNING.report_progress("half way").finish({}, now=20.0).reply == {}


def test_only_queued_and_running_jobs_may_go_on() -> None:
    assert {status for status in JobStatus if not status.is_final} == {
        JobStatus.IN_QUEUE,
        JobStatus.IN_PROGRESS,
    }
