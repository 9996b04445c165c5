"""Which job is whose: one endpoint's jobs, from /run until they are forgotten. No I/O; the clock comes in.

A job leaves the queue in two steps, because the poll that asked for it may turn out to be dead:

    reserve ──> the answer is written ──> confirm    IN_QUEUE becomes IN_PROGRESS
       └──────> the answer was lost ───> release     back to the head of the queue, never seen to leave

In between the job may be cancelled, or even ended, revived and reserved anew; so each reservation is a thing of
its own, and one that the job has outlived can neither confirm nor release it.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from runpod_emulator.clock import Clock
from runpod_emulator.errors import JobEndedError, JobNotFoundError, JobNotRetryableError, NotTheHolderError
from runpod_emulator.job_options import JobOptions
from runpod_emulator.jobs import Job, JobStatus
from runpod_emulator.settings import Settings
from runpod_emulator.steps import ENDINGS, Listener, Step, Stepped
from runpod_emulator.stops import Stops
from runpod_emulator.waiting_line import Reservation, WaitingLine


def new_job_id() -> str:
    """Return an id in the service's form; `-u1` is where the service puts its region."""
    return f"{uuid.uuid4()}-u1"


class JobQueue:
    """One endpoint's jobs.

    Args:
        clock: Gives the time of every step.
        settings: The switches.
        stops: Where it leaves word for workers that are to stop a job.
        new_id: Makes the id of a submitted job.

    Attributes:
        listeners: Called after every step, in this order.
        stops: As above.
    """

    def __init__(
        self,
        clock: Clock,
        settings: Settings | None = None,
        *,
        stops: Stops | None = None,
        new_id: Callable[[], str] = new_job_id,
    ) -> None:
        self._clock = clock
        self._settings = settings or Settings()
        self.stops = stops or Stops(clock, kept_seconds=self._settings.stop_kept_seconds)
        self.listeners: list[Listener] = []
        self._new_id = new_id
        self._jobs: dict[str, Job] = {}
        self._line = WaitingLine()
        self._statuses: Counter[JobStatus] = Counter()
        self._held: dict[str, set[str]] = {}

    def submit(self, job_input: object, options: JobOptions | None = None) -> Job:
        """Put a new job at the end of the queue."""
        options = options or JobOptions()
        job_id = f"sync-{self._new_id()}" if options.is_sync else self._new_id()
        job = Job(id=job_id, input=job_input, options=options, queued_at=self._clock())
        self._line.join(job.id)
        return self._keep(job, Step.SUBMITTED)

    def find(self, job_id: str) -> Job:
        """Return the job as it is now.

        Raises:
            JobNotFoundError: There is no such job, or not any more.
        """
        try:
            return self._jobs[job_id]
        except KeyError:
            message = f"job {job_id} not found"
            raise JobNotFoundError(message) from None

    def reserve(self, worker_id: str, count: int) -> Reservation | None:
        """Set aside up to `count` jobs, the oldest first, for an answer about to be written; None if none wait."""
        return self._line.reserve(worker_id, count)

    def confirm(self, reservation: Reservation) -> tuple[Job, ...]:
        """Start the reserved jobs, whose answer was written; pass over those it has no claim to any more."""
        worker_id = reservation.worker_id
        return tuple(self._start(job_id, worker_id) for job_id in self._line.settle(reservation))

    def release(self, reservation: Reservation) -> tuple[Job, ...]:
        """Return the reserved jobs, whose answer was lost, to the head of the queue in their old order."""
        lost = tuple(self._jobs[job_id] for job_id in self._line.settle(reservation))
        for job in reversed(lost):
            if job.holders:
                self._line.deliver_again(job.id)
            else:
                self._line.return_to_head(job.id)
        for job in lost:
            self._tell(Stepped(step=Step.RETURNED, job=job, before=job, worker_id=reservation.worker_id))
        return lost

    def deliver_again(self, job_id: str) -> None:
        """Give a running job to the next poll too: a fault of the service, whose jobs come at least once."""
        job = self.find(job_id)
        if job.status is JobStatus.IN_PROGRESS and self._line.reserved_by(job_id) is None:
            self._line.deliver_again(job_id)
            self._tell(Stepped(step=Step.REPEATED, job=job, before=job))

    def cancel(self, job_id: str) -> Job:
        """End a job for its client; tell everyone who may be at work on it. An ended job stays as it ended."""
        job = self.find(job_id)
        if job.status.is_final:
            return job
        return self._keep(job.cancel(now=self._clock()), Step.CANCELLED)

    def report_progress(self, job_id: str, worker_id: str, output: object) -> Job:
        """Keep an intermediate output.

        Raises:
            JobNotFoundError, JobEndedError, NotTheHolderError: As in `finish`.
        """
        job = self.find(job_id)
        if self._settings.late_progress_revives and job.status is JobStatus.COMPLETED:
            return self.revive(job_id, output)
        return self._keep(self.held(job_id, worker_id).report_progress(output), Step.PROGRESSED)

    def revive(self, job_id: str, output: object) -> Job:
        """Take a COMPLETED job back to IN_PROGRESS, as late progress did on the service. Its worker is done."""
        return self._keep(self.find(job_id).report_progress(output), Step.REVIVED)

    def finish(self, job_id: str, worker_id: str, body: Mapping[str, object]) -> Job:
        """End a job with its worker's result.

        Raises:
            JobNotFoundError: There is no such job.
            JobEndedError: It has ended, and stays as it ended.
            NotTheHolderError: It is queued, or another worker's.
        """
        job = self.held(job_id, worker_id, or_lost_it=self._settings.accept_late_results)
        return self._keep(job.finish(body, now=self._clock()), Step.ENDED, worker_id=worker_id)

    def fail(self, job_id: str, status: str, error: str) -> Job:
        """End a running job for the service: it took too long, or was lost too often."""
        job = self.find(job_id)
        return self._keep(job.end(JobStatus(status), now=self._clock(), reply={"error": error}), Step.ENDED)

    def lose(self, job_id: str) -> Job:
        """Give up on a job's worker: give the job out again, or end it if that has happened too often."""
        job = self.find(job_id)
        if job.losses >= self._settings.max_losses:
            error = f"job timed out after {job.losses} retries"
            return self.fail(job_id, self._settings.lost_status, error)
        self._stop_everybody(job)
        self._line.return_to_head(job_id)
        return self._keep(job.lose(now=self._clock()), Step.LOST)

    def retry(self, job_id: str) -> Job:
        """Put a failed job at the end of the queue, with all its limits anew and no output.

        Raises:
            JobNotFoundError: There is no such job, or not any more.
            JobNotRetryableError: It is neither FAILED nor TIMED_OUT.
        """
        job = self.find(job_id)
        if not job.status.is_retryable:
            message = f"job {job_id} is {job.status}; only FAILED and TIMED_OUT jobs can be retried"
            raise JobNotRetryableError(message)
        self._line.join(job_id)
        return self._keep(job.retry(now=self._clock()), Step.RETRIED)

    def purge(self) -> int:
        """Remove all jobs that wait; return how many. One whose answer is being written is not waiting."""
        waiting = tuple(self._line)
        for job_id in waiting:
            if self._settings.purged_jobs == "cancel":
                self.cancel(job_id)
            else:
                self.remove(job_id)
        return len(waiting)

    def expire(self, job_id: str) -> None:
        """End a job's life, whatever it is doing: its ttl is over."""
        if self._settings.ttl_expiry == "delete" or self.find(job_id).status.is_final:
            self.remove(job_id)
        else:
            self.fail(job_id, JobStatus.TIMED_OUT, "job expired")

    def remove(self, job_id: str) -> None:
        """Forget a job. Whoever may be at work on it is told to stop."""
        job = self.find(job_id)
        if not job.status.is_final:
            self._stop_everybody(job)
        del self._jobs[job_id]
        self._count(job, None)
        self._tell(Stepped(step=Step.REMOVED, job=job, before=job))

    def held(self, job_id: str, worker_id: str, *, or_lost_it: bool = False) -> Job:
        """Return the running job that this worker has, or with `or_lost_it` had.

        Raises:
            JobNotFoundError, JobEndedError, NotTheHolderError: As in `finish`.
        """
        job = self.find(job_id)
        if self._line.reserved_by(job_id) == worker_id:
            self._line.leave(job_id)
            job = self._start(job_id, worker_id)  # it answers before we have confirmed: so it has the job
        fields = {"job": job_id, "worker": worker_id, "state": job.status.value}
        if job.status.is_final:
            message = f"job {job_id} has ended: {job.status}"
            raise JobEndedError(message, **fields)
        if worker_id not in job.holders and not (or_lost_it and worker_id in job.past_holders):
            message = f"job {job_id} is not held by worker {worker_id}"
            raise NotTheHolderError(message, **fields)
        return job

    def is_held_by(self, job_id: str, worker_id: str) -> bool:
        """Whether this worker has this job, and it runs."""
        job = self._jobs.get(job_id)
        return job is not None and job.status is JobStatus.IN_PROGRESS and worker_id in job.holders

    def waiting(self) -> Iterator[Job]:
        """Return the jobs that wait, in their order."""
        return (self._jobs[job_id] for job_id in self._line)

    def newest(self) -> Iterator[Job]:
        """Return all jobs, the newest first."""
        return reversed(self._jobs.values())

    def count_by_status(self) -> Counter[JobStatus]:
        """Count the jobs that are kept, ended ones included, in each state."""
        return +self._statuses

    def is_busy(self, worker_id: str) -> bool:
        """Whether this worker holds a job, or is just being given one."""
        return worker_id in self._held or self._line.is_writing_to(worker_id)

    def busy_workers(self) -> set[str]:
        """Return the ids of the workers that hold a job."""
        return set(self._held)

    def _start(self, job_id: str, worker_id: str) -> Job:
        self.stops.withdraw(worker_id, job_id)
        return self._keep(self._jobs[job_id].start(worker_id=worker_id, now=self._clock()), Step.TAKEN)

    def _stop_everybody(self, job: Job, *, except_worker: str | None = None) -> None:
        """Take a job out of the line, and leave word for whoever else may be at work on it."""
        workers: dict[str | None, None] = dict.fromkeys(
            (*job.past_holders, *job.holders, self._line.leave(job.id))
        )
        for worker_id in workers:
            if worker_id is not None and worker_id != except_worker:
                self.stops.add(worker_id, job.id)

    def _keep(self, job: Job, step: Step, *, worker_id: str | None = None) -> Job:
        before = self._jobs.get(job.id)
        self._jobs[job.id] = job
        self._count(before, job)
        if step in ENDINGS:
            self._stop_everybody(job, except_worker=worker_id)
        self._tell(Stepped(step=step, job=job, before=before, worker_id=worker_id))
        return job

    def _count(self, before: Job | None, after: Job | None) -> None:
        if before is not None:
            self._statuses[before.status] -= 1
            for holder in before.holders if before.status is JobStatus.IN_PROGRESS else ():
                self._let_go(holder, before.id)
        if after is not None:
            self._statuses[after.status] += 1
            for holder in after.holders if after.status is JobStatus.IN_PROGRESS else ():
                self._held.setdefault(holder, set()).add(after.id)

    def _let_go(self, worker_id: str, job_id: str) -> None:
        jobs = self._held[worker_id]
        jobs.discard(job_id)
        if not jobs:
            del self._held[worker_id]

    def _tell(self, stepped: Stepped) -> None:
        for listener in self.listeners:
            listener(stepped)
