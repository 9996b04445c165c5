"""Which job is whose."""

import contextlib
import re
from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runpod_emulator.errors import JobEndedError, JobNotFoundError, NotTheHolderError
from runpod_emulator.job_queue import JobQueue, new_job_id
from runpod_emulator.jobs import Job, JobStatus


class FakeClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def queue(clock: FakeClock) -> JobQueue:
    return JobQueue(clock=clock)


def submit(queue: JobQueue, count: int) -> list[str]:
    return [queue.submit({"number": number}).id for number in range(count)]


def take(queue: JobQueue, worker_id: str, count: int = 1) -> list[str]:
    return [job.id for job in queue.confirm(queue.reserve(worker_id, count))]


def test_an_id_is_a_uuid_with_a_region() -> None:
    assert re.fullmatch(r"[0-9a-f-]{36}-u1", new_job_id())


def test_jobs_are_taken_in_the_order_they_came(queue: JobQueue) -> None:
    first, second, third = submit(queue, 3)

    assert take(queue, "worker-1", count=2) == [first, second]
    assert take(queue, "worker-2", count=2) == [third]
    assert take(queue, "worker-1") == []


def test_a_job_keeps_its_options(queue: JobQueue) -> None:
    options = {"policy": {"ttl": 1}, "webhook": "http://127.0.0.1/", "s3Config": {}}

    assert queue.find(queue.submit({}, options=options).id).options == options


def test_a_job_starts_when_its_answer_was_written_and_not_before(queue: JobQueue, clock: FakeClock) -> None:
    (job_id,) = submit(queue, 1)
    reserved = queue.reserve("worker-1", 1)
    clock.now = 2.0

    assert queue.find(job_id).status is JobStatus.IN_QUEUE
    queue.confirm(reserved)

    assert queue.find(job_id).to_status()["delayTime"] == 2000


def test_jobs_whose_answer_was_lost_go_back_to_the_head_in_their_order(queue: JobQueue) -> None:
    ids = submit(queue, 3)

    queue.release(queue.reserve("worker-1", 2))

    assert take(queue, "worker-2", count=3) == ids


def test_parked_polls_are_woken_by_a_new_job_a_lost_answer_and_a_stop(clock: FakeClock) -> None:
    news: list[str] = []
    queue = JobQueue(clock=clock, on_news=lambda: news.append("news"))

    submit(queue, 1)
    assert len(news) == 1
    queue.release(queue.reserve("worker-1", 1))
    assert len(news) == 2
    (job_id,) = take(queue, "worker-1")
    queue.cancel(job_id)
    assert len(news) == 3


def test_a_cancelled_queued_job_is_never_taken_and_stops_nobody(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)

    assert queue.cancel(job_id).status is JobStatus.CANCELLED
    assert queue.reserve("worker-1", 1) == ()
    assert queue.take_stops("worker-1") == ()


def test_a_cancelled_running_job_is_stopped_in_its_worker_once(queue: JobQueue) -> None:
    submit(queue, 1)
    (job_id,) = take(queue, "worker-1")

    queue.cancel(job_id)

    assert queue.take_stops("worker-2") == ()
    assert queue.take_stops("worker-1") == (job_id,)
    assert queue.take_stops("worker-1") == ()


def test_a_stop_whose_answer_was_lost_is_said_again(queue: JobQueue) -> None:
    submit(queue, 2)
    first, second = take(queue, "worker-1", count=2)
    queue.cancel(first)

    lost = queue.take_stops("worker-1")
    queue.cancel(second)
    queue.release_stops("worker-1", lost)

    assert queue.take_stops("worker-1") == (first, second)


@pytest.mark.parametrize("settle", [JobQueue.confirm, JobQueue.release])
def test_a_job_cancelled_while_its_answer_is_written_stays_cancelled_and_is_stopped(
    queue: JobQueue, settle: Callable[[JobQueue, tuple[Job, ...]], tuple[Job, ...]]
) -> None:
    (job_id,) = submit(queue, 1)
    reserved = queue.reserve("worker-1", 1)

    queue.cancel(job_id)

    assert settle(queue, reserved) == ()
    assert queue.find(job_id).status is JobStatus.CANCELLED
    assert queue.take_stops("worker-1") == (job_id,)
    assert queue.reserve("worker-2", 1) == ()


def test_a_result_that_overtakes_the_confirmation_counts(queue: JobQueue) -> None:
    (job_id,) = submit(queue, 1)
    reserved = queue.reserve("worker-1", 1)

    queue.finish(job_id, "worker-1", {"output": 1})

    assert queue.confirm(reserved) == ()
    assert queue.find(job_id).status is JobStatus.COMPLETED


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


class RandomTraffic(RuleBasedStateMachine):
    """Clients, workers and broken connections in any order."""

    workers = st.sampled_from(["worker-1", "worker-2"])

    def __init__(self) -> None:
        super().__init__()
        self.queue = JobQueue(clock=FakeClock())
        self.submitted: list[str] = []
        self.writing: list[tuple[Job, ...]] = []
        self.ended: dict[str, Job] = {}

    @rule()
    def submit(self) -> None:
        self.submitted.append(self.queue.submit({}).id)

    @rule(worker_id=workers, count=st.integers(1, 3))
    def poll(self, worker_id: str, count: int) -> None:
        self.writing.append(self.queue.reserve(worker_id, count))

    @precondition(lambda self: self.writing)
    @rule(arrives=st.booleans())
    def answer(self, *, arrives: bool) -> None:
        jobs = self.writing.pop(0)
        _ = self.queue.confirm(jobs) if arrives else self.queue.release(jobs)

    @precondition(lambda self: self.submitted)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.queue.cancel(data.draw(st.sampled_from(self.submitted)))

    @precondition(lambda self: self.submitted)
    @rule(data=st.data(), worker_id=workers)
    def finish(self, data: st.DataObject, worker_id: str) -> None:
        job_id = data.draw(st.sampled_from(self.submitted))
        with contextlib.suppress(JobEndedError, NotTheHolderError):
            self.queue.finish(job_id, worker_id, {"output": 1})

    @invariant()
    def an_ended_job_never_changes(self) -> None:
        for job_id in self.submitted:
            job = self.queue.find(job_id)
            if job.status.is_final:
                assert self.ended.setdefault(job_id, job) == job

    def teardown(self) -> None:
        """Every job that has not ended is either held by a worker or still to be had, exactly once."""
        for jobs in self.writing:
            self.queue.release(jobs)
        left = [job.id for job in self.queue.reserve("worker-3", len(self.submitted))]
        jobs_by_id = {job_id: self.queue.find(job_id) for job_id in self.submitted}
        waiting = {job_id for job_id, job in jobs_by_id.items() if job.status is JobStatus.IN_QUEUE}
        assert len(left) == len(set(left))
        assert set(left) == waiting
        assert all(job.worker_id for job in jobs_by_id.values() if job.status is JobStatus.IN_PROGRESS)


TestRandomTraffic = RandomTraffic.TestCase
