"""What happens to a job by itself, and when."""

import pytest

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import JobNotFoundError
from runpod_emulator.job_options import JobOptions, Policy
from runpod_emulator.jobs import JobStatus
from runpod_emulator.settings import Settings
from tests.runpod_emulator.clocks import still_clock


def endpoint_with(**switches: object) -> Endpoint:
    return Endpoint(Settings(**switches), still_clock())  # type: ignore[arg-type]


def submit(endpoint: Endpoint, *, is_sync: bool = False, execution: float = 600.0, ttl: float = 86400.0) -> str:
    policy = Policy(execution_timeout_seconds=execution, ttl_seconds=ttl)
    return endpoint.queue.submit({}, JobOptions(policy=policy, is_sync=is_sync)).id


def take(endpoint: Endpoint, worker_id: str = "worker-1") -> None:
    reservation = endpoint.reserve(worker_id, 1)
    assert reservation is not None
    endpoint.queue.confirm(reservation)


def run_for(endpoint: Endpoint, job_id: str, seconds: int) -> None:
    """Let time pass with a worker that pings."""
    for _ in range(seconds):
        endpoint.limits.renew(job_id)
        endpoint.clock.advance(1.0)


def exists(endpoint: Endpoint, job_id: str) -> bool:
    try:
        endpoint.queue.find(job_id)
    except JobNotFoundError:
        return False
    return True


@pytest.mark.parametrize(("is_sync", "kept_seconds"), [(False, 1800), (True, 60)])
def test_a_result_is_kept_for_as_long_as_documented(*, is_sync: bool, kept_seconds: int) -> None:
    endpoint = endpoint_with()
    job_id = submit(endpoint, is_sync=is_sync)
    take(endpoint)
    endpoint.queue.finish(job_id, "worker-1", {"output": 1})

    endpoint.clock.advance(kept_seconds - 1)
    assert exists(endpoint, job_id)
    endpoint.clock.advance(1)
    assert not exists(endpoint, job_id)


def test_a_result_can_be_kept_for_less_and_not_for_more() -> None:
    endpoint = endpoint_with()
    shorter, longer = submit(endpoint), submit(endpoint)
    for job_id in (shorter, longer):
        take(endpoint)
        endpoint.queue.finish(job_id, "worker-1", {})

    endpoint.limits.shorten_retention(shorter, 6.0)
    endpoint.limits.shorten_retention(longer, 1_000_000.0)
    endpoint.clock.advance(7)
    assert (exists(endpoint, shorter), exists(endpoint, longer)) == (False, True)

    endpoint.clock.advance(1800)
    assert not exists(endpoint, longer)


def test_a_ttl_counts_from_the_submit_and_takes_waiting_and_running_jobs() -> None:
    endpoint = endpoint_with()
    running, waiting = submit(endpoint, ttl=100.0), submit(endpoint, ttl=100.0)
    endpoint.clock.advance(50)
    take(endpoint)
    run_for(endpoint, running, 49)
    assert exists(endpoint, running)
    assert exists(endpoint, waiting)

    run_for(endpoint, running, 1)

    assert not exists(endpoint, running)
    assert not exists(endpoint, waiting)
    assert endpoint.queue.stops.take("worker-1") == (running,)


@pytest.mark.parametrize("deletes", [False, True])
def test_a_ttl_takes_a_result_only_where_the_switch_says_so(*, deletes: bool) -> None:
    endpoint = endpoint_with(ttl_deletes_results=deletes)
    job_id = submit(endpoint, ttl=100.0)
    take(endpoint)
    endpoint.queue.finish(job_id, "worker-1", {})

    endpoint.clock.advance(101)

    assert exists(endpoint, job_id) is not deletes


def test_an_attempt_may_run_as_long_as_its_policy_says_and_is_looked_for_every_ten_seconds() -> None:
    endpoint = endpoint_with()
    job_id = submit(endpoint, execution=25.0)
    endpoint.clock.advance(3)
    take(endpoint)

    run_for(endpoint, job_id, 26)
    assert endpoint.queue.find(job_id).status is JobStatus.IN_PROGRESS
    run_for(endpoint, job_id, 1)

    body = endpoint.queue.find(job_id).to_status()
    assert (body["status"], body["error"], body["executionTime"]) == (
        "FAILED",
        "executionTimeout exceeded",
        27_000,
    )
    assert endpoint.queue.stops.take("worker-1") == (job_id,)


def test_an_attempt_ends_on_time_and_as_timed_out_where_the_switches_say_so() -> None:
    endpoint = endpoint_with(execution_sweep_seconds=0.0, execution_timeout_status="TIMED_OUT")
    job_id = submit(endpoint, execution=25.0)
    take(endpoint)

    run_for(endpoint, job_id, 24)
    assert endpoint.queue.find(job_id).status is JobStatus.IN_PROGRESS
    run_for(endpoint, job_id, 1)
    assert endpoint.queue.find(job_id).status is JobStatus.TIMED_OUT


def test_a_worker_that_is_not_heard_of_loses_its_job_and_twice_is_too_often() -> None:
    endpoint = endpoint_with()
    job_id = submit(endpoint)
    take(endpoint)

    run_for(endpoint, job_id, 100)
    assert endpoint.queue.find(job_id).status is JobStatus.IN_PROGRESS
    endpoint.clock.advance(40)
    assert endpoint.queue.find(job_id).status is JobStatus.IN_QUEUE

    take(endpoint, "worker-2")
    endpoint.clock.advance(41)
    body = endpoint.queue.find(job_id).to_status()
    assert (body["status"], body["error"]) == ("FAILED", "job timed out after 1 retries")
    assert body["executionTime"] == 40_000


def test_each_attempt_has_its_own_execution_time() -> None:
    endpoint = endpoint_with(execution_sweep_seconds=0.0)
    job_id = submit(endpoint, execution=50.0)
    take(endpoint)
    endpoint.clock.advance(40)
    take(endpoint, "worker-2")

    run_for(endpoint, job_id, 49)

    assert endpoint.queue.find(job_id).status is JobStatus.IN_PROGRESS


def test_a_retried_job_has_all_its_limits_anew() -> None:
    endpoint = endpoint_with()
    job_id = submit(endpoint, ttl=100.0)
    take(endpoint)
    endpoint.queue.finish(job_id, "worker-1", {"error": "x"})
    endpoint.clock.advance(90)
    endpoint.queue.retry(job_id)

    endpoint.clock.advance(99)
    assert exists(endpoint, job_id)
    endpoint.clock.advance(1)
    assert not exists(endpoint, job_id)


def test_a_job_that_late_progress_revived_ends_with_its_ttl_alone() -> None:
    endpoint = endpoint_with(late_progress_revives=True)
    job_id = submit(endpoint, ttl=5000.0)
    take(endpoint)
    endpoint.queue.finish(job_id, "worker-1", {})
    endpoint.queue.report_progress(job_id, "worker-1", "half way")

    endpoint.clock.advance(4999)
    assert endpoint.queue.find(job_id).status is JobStatus.IN_PROGRESS
    endpoint.clock.advance(1)
    assert not exists(endpoint, job_id)


def test_a_stop_that_nobody_fetches_is_dropped() -> None:
    endpoint = endpoint_with(stop_kept_seconds=100.0)
    job_id = submit(endpoint)
    take(endpoint)
    endpoint.queue.cancel(job_id)

    endpoint.clock.advance(101)

    assert endpoint.queue.stops.take("worker-1") == ()
    assert len(endpoint.queue.stops) == 0
