"""Jobs from the SDK's client to the SDK's worker and back."""

from pathlib import Path

import pytest
import runpod

from tests.runpod_emulator.conftest import StartWorker
from tests.runpod_emulator.processes import PATIENCE_SECONDS, Emulator, kill_group, wait_until


def ended(emulator: Emulator, job: "runpod.endpoint.Job") -> dict[str, object]:
    wait_until(lambda: job.status() in ("COMPLETED", "FAILED", "CANCELLED"))
    return emulator.status(job)


def test_a_job_is_run_and_its_output_is_returned(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker
) -> None:
    worker("echo")

    job = endpoint.run({"input": {"prompt": "a lighthouse in fog"}})

    assert job.output(timeout=PATIENCE_SECONDS) == {"prompt": "a lighthouse in fog"}
    body = emulator.status(job)
    assert body.keys() == {"id", "status", "delayTime", "executionTime", "workerId", "output"}
    assert (body["status"], body["workerId"]) == ("COMPLETED", "worker-1")


def test_nothing_of_a_prompt_is_logged(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker, tmp_path: Path
) -> None:
    worker("echo")

    job = endpoint.run({"input": {"prompt": "a lighthouse in fog"}})

    ended(emulator, job)
    logs = emulator.log.read_text() + (tmp_path / "worker-1" / "worker.log").read_text()
    assert job.job_id in logs
    assert "lighthouse" not in logs


def test_a_handler_that_raises_fails_its_job(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker
) -> None:
    worker("raises")

    body = ended(emulator, endpoint.run({"input": {"prompt": "x"}}))

    assert body["status"] == "FAILED"
    assert "no such picture" in str(body["error"])


def test_a_handler_that_returns_an_error_fails_its_job_and_one_that_is_no_text_loses_the_output(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker
) -> None:
    worker("returns_error")

    text = ended(emulator, endpoint.run({"input": {"error": "out of memory"}}))
    no_text = ended(emulator, endpoint.run({"input": {"error": {"code": 1}}}))

    assert (text["status"], text["error"], text["output"]) == ("FAILED", "out of memory", {"steps": 3})
    assert no_text["status"] == "COMPLETED"
    assert not {"output", "error"} & no_text.keys()


def test_a_cancelled_job_that_was_queued_never_reaches_a_worker(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker
) -> None:
    cancelled, kept = endpoint.run({"input": {"number": 1}}), endpoint.run({"input": {"number": 2}})

    assert cancelled.cancel() == {"id": cancelled.job_id, "status": "CANCELLED"}
    worker("echo")

    assert ended(emulator, kept)["output"] == {"number": 2}
    assert emulator.status(cancelled) == {"id": cancelled.job_id, "status": "CANCELLED"}


def test_a_cancelled_job_that_was_running_is_stopped_in_its_worker(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker, tmp_path: Path
) -> None:
    witness = tmp_path / "saw_cancelled_error"
    worker("sleeps")
    job = endpoint.run({"input": {"witness": str(witness)}})
    wait_until(lambda: "Started." in (tmp_path / "worker-1" / "worker.log").read_text())

    job.cancel()

    wait_until(witness.exists)
    assert emulator.status(job)["status"] == "CANCELLED"
    assert endpoint.health()["jobs"]["inProgress"] == 0


def test_a_worker_with_concurrency_four_takes_four_jobs_at_once(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker
) -> None:
    jobs = [endpoint.run({"input": {"number": number}}) for number in range(4)]

    worker("counts_concurrency")

    assert [ended(emulator, job)["output"] for job in jobs] == [4, 4, 4, 4]


def test_a_job_is_not_lost_to_the_poll_of_a_killed_worker(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker
) -> None:
    killed = worker("echo", "worker-1")
    wait_until(lambda: emulator.workers()["idle"])

    kill_group(killed)
    job = endpoint.run({"input": {"prompt": "x"}})
    worker("echo", "worker-2")

    assert ended(emulator, job)["workerId"] == "worker-2"


def test_progress_shows_while_a_job_runs_and_does_not_revive_it_afterwards(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker, tmp_path: Path
) -> None:
    finish, report_again = tmp_path / "finish", tmp_path / "report_again"
    worker("reports_progress")
    job = endpoint.run({"input": {"finish": str(finish), "report_again": str(report_again)}})

    wait_until(lambda: emulator.status(job).get("output") == "half way")
    assert emulator.status(job)["status"] == "IN_PROGRESS"
    finish.touch()
    result = ended(emulator, job)
    report_again.touch()
    wait_until(lambda: "JobEndedError" in emulator.log.read_text())

    assert (result["status"], result["output"]) == ("COMPLETED", "done")
    assert emulator.status(job) == result


def test_health_counts_jobs_and_workers(
    emulator: Emulator, endpoint: runpod.Endpoint, worker: StartWorker, tmp_path: Path
) -> None:
    process = worker("sleeps")
    wait_until(lambda: emulator.workers()["idle"])
    assert (emulator.workers()["ready"], emulator.workers()["running"]) == (1, 0)

    running = endpoint.run({"input": {"witness": str(tmp_path / "witness")}})
    wait_until(lambda: running.status() == "IN_PROGRESS")
    endpoint.run({"input": {"prompt": "waits"}})
    endpoint.run({"input": {"prompt": "is cancelled"}}).cancel()

    assert endpoint.health() == {
        "jobs": {"completed": 0, "failed": 0, "inProgress": 1, "inQueue": 1, "retried": 0},
        "workers": {"idle": 0, "initializing": 0, "ready": 1, "running": 1, "throttled": 0, "unhealthy": 0},
    }

    kill_group(process)

    wait_until(lambda: not any(emulator.workers().values()))


def test_a_worker_that_finds_itself_unfit_is_counted_as_unhealthy(emulator: Emulator, worker: StartWorker) -> None:
    process = worker("finds_itself_unfit")

    assert process.wait(timeout=PATIENCE_SECONDS) == 1
    assert (emulator.workers()["unhealthy"], emulator.workers()["ready"]) == (1, 0)


def test_a_client_with_the_wrong_key_is_refused(
    emulator: Emulator, endpoint: runpod.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint.rp_client, "headers", {"Authorization": "Bearer wrong"})

    with pytest.raises(RuntimeError, match="401"):
        endpoint.run({"input": {"prompt": "x"}})


def test_a_worker_with_the_wrong_key_is_refused(emulator: Emulator, worker: StartWorker, tmp_path: Path) -> None:
    worker("echo", api_key="wrong")

    wait_until(lambda: "Failed to get job" in (tmp_path / "worker-1" / "worker.log").read_text())
    assert "UnauthorizedError" in emulator.log.read_text()
    assert not any(emulator.workers().values())
