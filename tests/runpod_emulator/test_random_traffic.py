"""Clients, workers, broken connections and time in any order: nothing is lost, and nothing is left behind."""

import contextlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runpod_emulator.clock import Clock
from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import EmulatorError
from runpod_emulator.job_options import JobOptions, Policy
from runpod_emulator.jobs import JobStatus
from runpod_emulator.settings import Settings
from runpod_emulator.steps import Step, Stepped
from runpod_emulator.waiting_line import Reservation
from tests.runpod_emulator.clocks import still_clock

MONTH_SECONDS = 30 * 24 * 3600.0
SWITCHES = st.fixed_dictionaries(
    {
        "accept_late_results": st.booleans(),
        "late_progress_revives": st.booleans(),
        "ttl_deletes_results": st.booleans(),
        "ttl_expiry": st.sampled_from(["delete", "time_out"]),
        "purged_jobs": st.sampled_from(["delete", "cancel"]),
        "max_losses": st.integers(0, 2),
    }
)


class RandomTraffic(RuleBasedStateMachine):
    """One endpoint and everybody around it."""

    workers = st.sampled_from(["worker-1", "worker-2"])

    def __init__(self) -> None:
        super().__init__()
        self.start(Settings())

    def start(self, switches: Settings) -> None:
        self.clock: Clock = still_clock()
        self.endpoint = Endpoint(switches, self.clock)
        self.queue = self.endpoint.queue
        self.submitted: list[str] = []
        self.writing: list[Reservation] = []
        self.steps: list[Stepped] = []
        self.queue.listeners.append(self.steps.append)

    @precondition(lambda self: not self.submitted)
    @rule(switches=SWITCHES)
    def switch(self, switches: dict[str, object]) -> None:
        self.start(Settings(**switches))  # type: ignore[arg-type]

    @rule(is_sync=st.booleans(), ttl=st.sampled_from([10.0, 100.0, 86400.0]))
    def submit(self, *, is_sync: bool, ttl: float) -> None:
        options = JobOptions(policy=Policy(ttl_seconds=ttl), is_sync=is_sync)
        self.submitted.append(self.queue.submit({}, options).id)

    @rule(worker_id=workers, count=st.integers(1, 3))
    def poll(self, worker_id: str, count: int) -> None:
        self.endpoint.workers.asked_for_jobs(worker_id)
        reservation = self.endpoint.reserve(worker_id, count)
        if reservation is not None:
            self.writing.append(reservation)

    @precondition(lambda self: self.writing)
    @rule(arrives=st.booleans(), data=st.data())
    def answer(self, *, arrives: bool, data: st.DataObject) -> None:
        reservation = self.writing.pop(data.draw(st.integers(0, len(self.writing) - 1)))
        _ = self.queue.confirm(reservation) if arrives else self.queue.release(reservation)

    @precondition(lambda self: self.submitted)
    @rule(data=st.data(), deed=st.sampled_from(["cancel", "retry", "deliver_again", "expire"]))
    def change(self, data: st.DataObject, deed: str) -> None:
        with contextlib.suppress(EmulatorError):
            getattr(self.queue, deed)(data.draw(st.sampled_from(self.submitted)))

    @precondition(lambda self: self.submitted)
    @rule(
        data=st.data(),
        worker_id=workers,
        body=st.sampled_from([{}, {"output": 1}, {"error": "x"}, {"error": {"code": 1}}]),
    )
    def finish(self, data: st.DataObject, worker_id: str, body: dict[str, object]) -> None:
        with contextlib.suppress(EmulatorError):
            self.queue.finish(data.draw(st.sampled_from(self.submitted)), worker_id, body)

    @precondition(lambda self: self.submitted)
    @rule(data=st.data(), worker_id=workers)
    def report(self, data: st.DataObject, worker_id: str) -> None:
        job_id = data.draw(st.sampled_from(self.submitted))
        with contextlib.suppress(EmulatorError):
            self.queue.report_progress(job_id, worker_id, "half way")
            self.endpoint.streams.add(job_id, "chunk")
            self.endpoint.limits.renew(job_id)

    @rule(worker_id=workers)
    def fetch_stops(self, worker_id: str) -> None:
        self.queue.stops.take(worker_id)

    @rule()
    def purge(self) -> None:
        self.queue.purge()

    @rule(seconds=st.sampled_from([0.0, 1.0, 15.0, 45.0, 700.0, 2000.0]))
    def leap(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @invariant()
    def only_the_allowed_steps_are_made(self) -> None:
        for stepped in self.steps:
            if stepped.before is not None and stepped.before.status.is_final:
                assert stepped.step in {Step.REMOVED, Step.RETRIED, Step.REVIVED}
        self.steps.clear()

    @invariant()
    def every_job_is_to_be_had_once_or_held(self) -> None:
        jobs = list(self.queue.newest())
        reserved = [job_id for reservation in self.writing for job_id in reservation.job_ids]
        waiting = [job.id for job in self.queue.waiting()]
        assert len(waiting) == len(set(waiting))
        for job in jobs:
            if job.status is JobStatus.IN_QUEUE:
                assert (job.id in waiting) or (job.id in reserved)
                assert not job.holders
            else:
                assert job.id not in waiting
            if job.status is JobStatus.IN_PROGRESS:
                assert job.holders

    @invariant()
    def the_counts_are_those_of_the_jobs(self) -> None:
        jobs = list(self.queue.newest())
        for status in JobStatus:
            assert self.queue.count_by_status()[status] == sum(job.status is status for job in jobs)
        holders = {holder for job in jobs if job.status is JobStatus.IN_PROGRESS for holder in job.holders}
        assert self.queue.busy_workers() == holders

    def teardown(self) -> None:
        """After a month nothing is left of any job, and of no worker."""
        for reservation in self.writing:
            self.queue.release(reservation)
        self.clock.advance(MONTH_SECONDS)
        assert list(self.queue.newest()) == []
        assert list(self.queue.waiting()) == []
        assert self.queue.reserve("worker-3", 100) is None
        assert not self.queue.busy_workers()
        assert len(self.endpoint.limits) == 0
        assert len(self.queue.stops) == 0
        assert len(self.endpoint.streams) == 0
        assert len(self.endpoint.waiters) == 0
        assert self.endpoint.workers.present() == ()
        assert len(self.endpoint.workers) == 0
        assert self.clock.pending() == 0
        assert self.clock.failures == 0


TestRandomTraffic = RandomTraffic.TestCase
TestRandomTraffic.settings = settings(deadline=None, max_examples=60)
