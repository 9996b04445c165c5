"""One job's steps and what /status says of it."""

from runpod_emulator.job_options import JobOptions
from runpod_emulator.jobs import Job, JobStatus

QUEUED = Job(id="job-1", input={"prompt": "x"}, queued_at=10.0)
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


def test_a_lost_job_counts_its_delay_anew_and_shows_nothing_of_its_first_attempt() -> None:
    again = RUNNING.report_progress("half way").lose(now=50.0).start(worker_id="worker-2", now=51.0)

    assert again.to_status() == {
        "id": "job-1",
        "status": "IN_PROGRESS",
        "delayTime": 1000,
        "workerId": "worker-2",
        "retries": 1,
    }


def test_a_revived_job_forgets_its_losses_but_counts_its_revivals() -> None:
    failed = RUNNING.lose(now=20.0).start(worker_id="worker-2", now=21.0).finish({"error": "x"}, now=22.0)

    revived = failed.retry(now=30.0)

    assert (revived.losses, revived.retries) == (0, 1)
    assert revived.to_status() == {"id": "job-1", "status": "IN_QUEUE", "retries": 1}
    assert revived.past_holders == ("worker-1", "worker-2")


def test_an_empty_input_reaches_the_worker_as_none_where_the_switch_says_so() -> None:
    empty = Job(id="job-1", input={}, queued_at=0.0)

    assert empty.to_worker() == {"id": "job-1", "input": {}}
    assert empty.to_worker(drop_empty_input=True) == {"id": "job-1"}
    assert Job(id="job-1", input=None, queued_at=0.0).to_worker(drop_empty_input=True)["input"] is None


def test_a_bucket_goes_to_the_worker_and_is_not_in_the_status() -> None:
    job = Job(id="job-1", input=1, queued_at=0.0, options=JobOptions(s3_config={"accessId": "a"}))

    assert job.to_worker() == {"id": "job-1", "input": 1, "s3Config": {"accessId": "a"}}
    assert job.to_status() == {"id": "job-1", "status": "IN_QUEUE"}
