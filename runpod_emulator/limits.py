"""The times at which something happens to a job by itself. Each runs on the one clock.

submit, /retry ──ttl──> expired                    its end ──retention──> forgotten
taken ──execution timeout──> FAILED                taken, named in a ping ──lost after──> given out again
"""

import math

from runpod_emulator.clock import Clock
from runpod_emulator.deadlines import Deadlines
from runpod_emulator.job_queue import JobQueue
from runpod_emulator.jobs import Job
from runpod_emulator.settings import Settings
from runpod_emulator.steps import Step, Stepped

TTL, RETENTION, EXECUTION, LEASE = "ttl", "retention", "execution", "lease"


class Limits:
    """Ends, requeues and forgets jobs when their time has come.

    Args:
        clock: What all of it runs on.
        settings: How long everything takes.
        queue: The jobs; it is listened to.
    """

    def __init__(self, clock: Clock, settings: Settings, queue: JobQueue) -> None:
        self._clock = clock
        self._settings = settings
        self._queue = queue
        self._deadlines = Deadlines(clock)
        queue.listeners.append(self._heed)

    def __len__(self) -> int:
        return len(self._deadlines)

    def renew(self, job_id: str) -> None:
        """Its worker was heard of: the job is not lost for another while."""
        if self._deadlines.get(job_id, LEASE) is not None:
            self._lease(job_id)

    def shorten_retention(self, job_id: str, seconds: float) -> None:
        """Keep an ended job for no longer than this from now. It cannot be made longer."""
        due = self._clock() + seconds
        kept_until = self._deadlines.get(job_id, RETENTION)
        if kept_until is not None and due < kept_until:
            self._deadlines.set(job_id, RETENTION, due, lambda: self._queue.remove(job_id))

    def shorten_ttl(self, job_id: str, seconds: float) -> None:
        """Let a job that has not ended live for no longer than this from now: a fault."""
        due = self._clock() + seconds
        ends = self._deadlines.get(job_id, TTL)
        if ends is not None and due < ends:
            self._deadlines.set(job_id, TTL, due, lambda: self._queue.expire(job_id))

    def _heed(self, stepped: Stepped) -> None:
        job = stepped.job
        match stepped.step:
            case Step.SUBMITTED:
                self._limit_life(job)
            case Step.TAKEN:
                self._limit_execution(job)
                self._lease(job.id)
            case Step.LOST:
                self._deadlines.cancel(job.id, EXECUTION, LEASE)
            case Step.ENDED | Step.CANCELLED:
                self._deadlines.cancel(job.id, EXECUTION, LEASE)
                self._limit_retention(job)
            case Step.RETRIED | Step.REVIVED:  # nobody works on a revived job, so nothing but its ttl will end it
                self._deadlines.cancel(job.id, RETENTION)
                self._limit_life(job)
            case Step.REMOVED:
                self._deadlines.cancel(job.id, TTL, RETENTION, EXECUTION, LEASE)
            case _:
                pass

    def _limit_life(self, job: Job) -> None:
        due = self._clock() + job.options.policy.ttl_seconds
        self._deadlines.set(job.id, TTL, due, lambda: self._queue.expire(job.id))

    def _limit_retention(self, job: Job) -> None:
        if not self._settings.ttl_deletes_results:
            self._deadlines.cancel(job.id, TTL)
        seconds = (
            self._settings.runsync_retention_seconds
            if job.options.is_sync
            else self._settings.run_retention_seconds
        )
        self._deadlines.set(job.id, RETENTION, self._clock() + seconds, lambda: self._queue.remove(job.id))

    def _limit_execution(self, job: Job) -> None:
        due = self._clock() + job.options.policy.execution_timeout_seconds
        sweep = self._settings.execution_sweep_seconds
        if sweep:
            due = math.ceil(due / sweep) * sweep
        status = self._settings.execution_timeout_status

        def end() -> None:
            self._queue.fail(job.id, status, "executionTimeout exceeded")

        self._deadlines.set(job.id, EXECUTION, due, end)

    def _lease(self, job_id: str) -> None:
        due = self._clock() + self._settings.lost_after_seconds
        self._deadlines.set(job_id, LEASE, due, lambda: self._queue.lose(job_id))
