"""Which job is whose."""

import re
from collections.abc import Callable

import pytest

from runpod_emulator.clock import Clock
from runpod_emulator.errors import JobEndedError, JobNotFoundError, JobNotRetryableError, NotTheHolderError
from runpod_emulator.job_options import JobOptions
from runpod_emulator.job_queue import JobQueue, new_job_id
from runpod_emulator.jobs import Job, JobStatus
from runpod_emulator.settings import Settings
from runpod_emulator.steps import NEWS, Stepped
from runpod_emulator.waiting_line import Reservation
from tests.runpod_emulator.clocks import still_clock


@pytest.fixture
def clock() -> Clock:
    return still_clock()


@pytest.fixture
def queue(clock: Clock) -> JobQueue:
    return JobQueue(clock)


def submit(queue: JobQueue, count: int) -> list[str]:
    return [queue.submit({"number": number}).id for number in range(count)]


def reserve(queue: JobQueue, worker_id: str, count: int = 1) -> Reservation:
    reservation = queue.reserve(worker_id, count)
    assert reservation is not None
    return reservation


def take(queue: JobQueue, worker_id: str, count: int = 1) -> list[str]:
    reservation = queue.reserve(worker_id, count)
    return [] if reservation is None else [job.id for job in queue.confirm(reservation)]


def test_an_id_is_a_uuid_with_a_region_and_one_of_runsync_says_so(queue: JobQueue) -> None:
    assert re.fullmatch(r"[0-9a-f-]{36}-u1", new_job_id())
    assert re.fullmatch(r"sync-[0-9a-f-]{36}-u1", queue.submit({}, JobOptions(is_sync=True)).id)


def test_jobs_are_taken_in_the_order_they_came(queue: JobQueue) -> None:
    first, second, third = submit(queue, 3)

    assert take(queue, "worker-1", count=2) == [first, second]
    assert take(queue, "worker-2", count=2) == [third]
    assert take(queue, "worker-1") == []


def test_a_job_keeps_its_options(queue: JobQueue) -> None:
    options = JobOptions(webhook="http://127.0.0.1/", s3_config={})

    assert queue.find(queue.submit({}, options).id).options is options


def test_a_job_starts_when_its_answer_was_written_and_not_before(queue: JobQueue, clock: Clock) -> None:
    (job_id,) = submit(queue, 1)
    reservation = reserve(queue, "worker-1")
    clock.advance(2.0)

    assert queue.find(job_id).status is JobStatus.IN_QUEUE
    queue.confirm(reservation)

    assert queue.find(job_id).to_status()["delayTime"] == 2000


def test_jobs_whose_answer_was_lost_go_back_to_the_head_in_their_order(queue: JobQueue) -> None:
    ids = submit(queue, 3)

    queue.release(reserve(queue, "worker-1", 2))

    assert take(queue, "worker-2", count=3) == ids


def test_parked_polls_are_woken_by_a_new_a_returned_a_lost_and_a_retried_job(queue: JobQueue) -> None:
    steps: list[Stepped] = []
    queue.listeners.append(steps.append)

    (job_id,) = submit(queue, 1)
    queue.release(reserve(queue, "worker-1"))
    take(queue, "worker-1")
    queue.lose(job_id)
    take(queue, "worker-2")
    queue.finish(job_id, "worker-2", {"error": "x"})
    queue.retry(job_id)

    news = [stepped.step.value for stepped in steps if stepped.step in NEWS]
    assert news == ["job_submitted", "job_returned", "job_lost", "job_retried"]


def test_a_cancelled_queued_job_is_never_taken_and_stops_nobody(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)

    assert queue.cancel(job_id).status is JobStatus.CANCELLED
    assert queue.reserve("worker-1", 1) is None
    assert queue.stops.take("worker-1") == ()


def test_a_cancelled_running_job_is_stopped_in_its_worker_once(queue: JobQueue) -> None:
    submit(queue, 1)
    (job_id,) = take(queue, "worker-1")

    queue.cancel(job_id)

    assert queue.stops.take("worker-2") == ()
    assert queue.stops.take("worker-1") == (job_id,)
    assert queue.stops.take("worker-1") == ()


@pytest.mark.parametrize("settle", [JobQueue.confirm, JobQueue.release])
def test_a_job_cancelled_while_its_answer_is_written_stays_cancelled_and_is_stopped(
    queue: JobQueue, settle: Callable[[JobQueue, Reservation], tuple[Job, ...]]
) -> None:
    (job_id,) = submit(queue, 1)
    reservation = reserve(queue, "worker-1")

    queue.cancel(job_id)

    assert settle(queue, reservation) == ()
    assert queue.find(job_id).status is JobStatus.CANCELLED
    assert queue.stops.take("worker-1") == (job_id,)
    assert queue.reserve("worker-2", 1) is None


def test_a_result_that_overtakes_the_confirmation_counts(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)
    reservation = reserve(queue, "worker-1")

    queue.finish(job_id, "worker-1", {"output": 1})

    assert queue.confirm(reservation) == ()
    assert queue.find(job_id).status is JobStatus.COMPLETED


@pytest.mark.parametrize("settle", [JobQueue.confirm, JobQueue.release])
def test_a_reservation_that_its_job_has_outlived_has_no_say_even_if_the_same_worker_has_another(
    queue: JobQueue, settle: Callable[[JobQueue, Reservation], tuple[Job, ...]]
) -> None:
    (job_id,) = submit(queue, 1)
    old = reserve(queue, "worker-1")
    queue.finish(job_id, "worker-1", {"error": "failed before the confirmation"})
    queue.retry(job_id)
    new = reserve(queue, "worker-1")

    assert settle(queue, old) == ()

    assert queue.find(job_id).status is JobStatus.IN_QUEUE
    assert queue.reserve("worker-2", 1) is None
    assert [job.id for job in queue.confirm(new)] == [job_id]


@pytest.mark.parametrize("end", ["finish", "cancel"])
def test_an_ended_job_stays_as_it_ended(queue: JobQueue, end: str) -> None:
    submit(queue, 1)
    (job_id,) = take(queue, "worker-1")
    ended = queue.cancel(job_id) if end == "cancel" else queue.finish(job_id, "worker-1", {"output": 1})

    with pytest.raises(JobEndedError):
        queue.finish(job_id, "worker-1", {"output": 2})
    with pytest.raises(JobEndedError):
        queue.report_progress(job_id, "worker-1", "half way")
    queue.cancel(job_id)

    assert queue.find(job_id) == ended


def test_only_the_holder_may_report_on_a_job(queue: JobQueue) -> None:
    running, waiting = submit(queue, 2)
    take(queue, "worker-1")

    with pytest.raises(NotTheHolderError):
        queue.finish(running, "worker-2", {"output": 1})
    with pytest.raises(NotTheHolderError):
        queue.report_progress(waiting, "worker-1", "half way")

    assert queue.find(running).status is JobStatus.IN_PROGRESS
    assert queue.find(waiting).status is JobStatus.IN_QUEUE


def test_an_unknown_job_is_not_found(queue: JobQueue) -> None:
    with pytest.raises(JobNotFoundError):
        queue.cancel("nobody")


# Lost workers.


def test_a_lost_job_is_given_to_the_next_who_asks_and_the_one_who_lost_it_is_told_to_stop(queue: JobQueue) -> None:
    lost, waiting = submit(queue, 2)
    take(queue, "worker-1")

    queue.lose(lost)

    assert queue.stops.take("worker-1") == (lost,)
    assert take(queue, "worker-2", 2) == [lost, waiting]
    with pytest.raises(NotTheHolderError):
        queue.finish(lost, "worker-1", {"output": "late"})
    assert queue.finish(lost, "worker-2", {"output": 1}).reply == {"output": 1}


def test_a_job_lost_once_too_often_fails_as_on_the_service(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)
    take(queue, "worker-1")
    queue.lose(job_id)
    take(queue, "worker-2")

    queue.lose(job_id)

    failed = queue.find(job_id).to_status()
    assert (failed["status"], failed["error"], failed["retries"]) == (
        "FAILED",
        "job timed out after 1 retries",
        1,
    )
    assert queue.stops.take("worker-2") == (job_id,)


def test_a_job_is_not_stopped_in_the_worker_that_has_just_been_given_it_again(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)
    take(queue, "worker-1")
    queue.lose(job_id)

    take(queue, "worker-1")

    assert queue.stops.take("worker-1") == ()
    assert queue.find(job_id).past_holders == ()


def test_a_cancelled_job_is_stopped_in_everybody_who_ever_had_it(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)
    take(queue, "worker-1")
    queue.lose(job_id)
    queue.stops.take("worker-1")
    take(queue, "worker-2")

    queue.cancel(job_id)

    assert queue.stops.take("worker-1") == (job_id,)
    assert queue.stops.take("worker-2") == (job_id,)


def test_a_late_result_is_taken_where_the_switch_says_so(clock: Clock) -> None:
    queue = JobQueue(clock, Settings(accept_late_results=True))
    (job_id,) = submit(queue, 1)
    take(queue, "worker-1")
    queue.lose(job_id)
    take(queue, "worker-2")

    assert queue.finish(job_id, "worker-1", {"output": "late"}).status is JobStatus.COMPLETED
    assert queue.stops.take("worker-2") == (job_id,)
    with pytest.raises(JobEndedError):
        queue.finish(job_id, "worker-2", {"output": "later"})


def test_a_job_lost_while_it_is_delivered_again_is_neither_started_twice_nor_kept_from_others(
    queue: JobQueue,
) -> None:
    (job_id,) = submit(queue, 1)
    take(queue, "worker-1")
    queue.deliver_again(job_id)
    second = reserve(queue, "worker-2")

    queue.lose(job_id)

    assert queue.confirm(second) == ()
    assert set(queue.stops.take("worker-1") + queue.stops.take("worker-2")) == {job_id}
    assert take(queue, "worker-3", 2) == [job_id]


# Duplicate deliveries.


def test_a_job_delivered_twice_is_ended_by_whoever_is_first(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)
    take(queue, "worker-1")

    queue.deliver_again(job_id)

    assert take(queue, "worker-2") == [job_id]
    assert queue.finish(job_id, "worker-1", {"output": 1}).status is JobStatus.COMPLETED
    assert queue.stops.take("worker-2") == (job_id,)
    with pytest.raises(JobEndedError):
        queue.finish(job_id, "worker-2", {"output": 2})


def test_a_second_delivery_that_nobody_read_is_still_to_be_had(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)
    take(queue, "worker-1")
    queue.deliver_again(job_id)

    queue.release(reserve(queue, "worker-2"))

    assert queue.find(job_id).status is JobStatus.IN_PROGRESS
    assert take(queue, "worker-3") == [job_id]


# Retry, purge, expiry.


def test_a_failed_job_is_retried_at_the_end_of_the_queue_without_its_output(queue: JobQueue) -> None:
    failed, waiting = submit(queue, 2)
    take(queue, "worker-1")
    queue.finish(failed, "worker-1", {"error": "x", "output": 1})

    assert queue.retry(failed).to_status() == {"id": failed, "status": "IN_QUEUE", "retries": 1}

    assert take(queue, "worker-1", 2) == [waiting, failed]


def test_a_retried_job_may_be_lost_as_often_as_a_new_one(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)
    for _ in range(2):
        take(queue, "worker-1")
        queue.lose(job_id)
    queue.retry(job_id)
    take(queue, "worker-1")

    queue.lose(job_id)

    assert queue.find(job_id).status is JobStatus.IN_QUEUE


@pytest.mark.parametrize("status", ["IN_QUEUE", "IN_PROGRESS", "COMPLETED", "CANCELLED"])
def test_what_has_not_failed_cannot_be_retried(queue: JobQueue, status: str) -> None:
    (job_id,) = submit(queue, 1)
    if status != "IN_QUEUE":
        take(queue, "worker-1")
    if status == "COMPLETED":
        queue.finish(job_id, "worker-1", {})
    if status == "CANCELLED":
        queue.cancel(job_id)

    with pytest.raises(JobNotRetryableError, match=status):
        queue.retry(job_id)


def test_a_purge_removes_what_waits_and_nothing_else(queue: JobQueue) -> None:
    running, written, *waiting = submit(queue, 4)
    take(queue, "worker-1")
    reservation = reserve(queue, "worker-2")

    assert queue.purge() == 2

    for job_id in waiting:
        with pytest.raises(JobNotFoundError):
            queue.find(job_id)
    assert [job.id for job in queue.confirm(reservation)] == [written]
    assert queue.count_by_status() == {JobStatus.IN_PROGRESS: 2}
    assert queue.find(running).status is JobStatus.IN_PROGRESS


def test_a_purge_cancels_where_the_switch_says_so(clock: Clock) -> None:
    queue = JobQueue(clock, Settings(purged_jobs="cancel"))
    (job_id,) = submit(queue, 1)

    assert queue.purge() == 1
    assert queue.find(job_id).status is JobStatus.CANCELLED


def test_an_expired_job_is_gone_and_its_worker_is_told_to_stop(queue: JobQueue) -> None:
    running, waiting = submit(queue, 2)
    take(queue, "worker-1")

    queue.expire(running)
    queue.expire(waiting)

    assert not any(queue.count_by_status().values())
    assert queue.stops.take("worker-1") == (running,)
    assert queue.reserve("worker-2", 1) is None
    with pytest.raises(JobNotFoundError):
        queue.finish(running, "worker-1", {})


def test_an_expired_job_times_out_where_the_switch_says_so(clock: Clock) -> None:
    queue = JobQueue(clock, Settings(ttl_expiry="time_out"))
    (job_id,) = submit(queue, 1)

    queue.expire(job_id)

    assert queue.find(job_id).status is JobStatus.TIMED_OUT
    assert queue.reserve("worker-1", 1) is None
    assert queue.retry(job_id).status is JobStatus.IN_QUEUE


def test_late_progress_takes_a_job_back_where_the_switch_says_so(clock: Clock) -> None:
    queue = JobQueue(clock, Settings(late_progress_revives=True))
    (job_id,) = submit(queue, 1)
    take(queue, "worker-1")
    queue.finish(job_id, "worker-1", {"output": "done"})

    queue.report_progress(job_id, "worker-1", "half way")

    status = queue.find(job_id).to_status()
    assert (status["status"], status["output"], "executionTime" in status) == ("IN_PROGRESS", "half way", False)


def test_a_worker_is_busy_from_the_moment_a_job_is_set_aside_for_it(queue: JobQueue) -> None:
    submit(queue, 1)
    assert not queue.is_busy("worker-1")

    reservation = reserve(queue, "worker-1")
    assert queue.is_busy("worker-1")
    (job,) = queue.confirm(reservation)
    assert queue.is_busy("worker-1")
    queue.finish(job.id, "worker-1", {})

    assert not queue.is_busy("worker-1")
    assert queue.busy_workers() == set()
