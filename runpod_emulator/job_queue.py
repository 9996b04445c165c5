"""Which job is whose: one endpoint's jobs, from /run to their end. No I/O; the clock comes in.

A job leaves the queue in two steps, because the poll that asked for it may turn out to be dead:

    reserve ──> the answer is written ──> confirm    IN_QUEUE becomes IN_PROGRESS
       └──────> the answer was lost ───> release     back to the head of the queue, never seen to leave
"""

import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping

from runpod_emulator.errors import JobEndedError, JobNotFoundError, NotTheHolderError
from runpod_emulator.jobs import Job, JobStatus

#: Seconds, from any start; only differences are used.
Clock = Callable[[], float]


def new_job_id() -> str:
    """Return an id in the service's form; `-u1` is where the service puts its region."""
    return f"{uuid.uuid4()}-u1"


class JobQueue:
    """One endpoint's jobs.

    Args:
        clock: Gives the time of every step.
        on_news: Called whenever a parked poll may have something to take.
        new_id: Makes the id of a submitted job.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        on_news: Callable[[], None] = lambda: None,
        new_id: Callable[[], str] = new_job_id,
    ) -> None:
        self._clock = clock
        self._on_news = on_news
        self._new_id = new_id
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[str] = deque()
        self._reserved_by: dict[str, str] = {}
        self._stops: dict[str, tuple[str, ...]] = {}

    def submit(self, job_input: object, *, options: Mapping[str, object] | None = None) -> Job:
        """Put a new job at the end of the queue."""
        job = Job(id=self._new_id(), input=job_input, options=options or {}, submitted_at=self._clock())
        self._jobs[job.id] = job
        self._waiting.append(job.id)
        self._on_news()
        return job

    def find(self, job_id: str) -> Job:
        """Return the job as it is now.

        Raises:
            JobNotFoundError: There is no such job.
        """
        try:
            return self._jobs[job_id]
        except KeyError:
            message = f"job {job_id} not found"
            raise JobNotFoundError(message) from None

    def reserve(self, worker_id: str, count: int) -> tuple[Job, ...]:
        """Set aside up to `count` jobs, the oldest first, for an answer about to be written."""
        ids = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        self._reserved_by.update(dict.fromkeys(ids, worker_id))
        return tuple(self._jobs[job_id] for job_id in ids)

    def confirm(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """Start the reserved jobs, whose answer was written; pass over those cancelled meanwhile."""
        return tuple(self._start(job.id) for job in jobs if job.id in self._reserved_by)

    def release(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """Return the reserved jobs, whose answer was lost, to the head of the queue in their old order."""
        lost = tuple(job for job in jobs if self._reserved_by.pop(job.id, None) is not None)
        self._waiting.extendleft(job.id for job in reversed(lost))
        if lost:
            self._on_news()
        return lost

    def cancel(self, job_id: str) -> Job:
        """End a job for its client; tell its worker, if it has one. An ended job stays as it ended."""
        job = self.find(job_id)
        if job.status.is_final:
            return job
        holder = job.worker_id or self._reserved_by.pop(job_id, None)
        if holder is None:
            self._waiting.remove(job_id)
        else:
            self.release_stops(holder, (job_id,))
        return self._keep(job.cancel(now=self._clock()))

    def report_progress(self, job_id: str, worker_id: str, output: object) -> Job:
        """Keep an intermediate output.

        Raises:
            JobNotFoundError, JobEndedError, NotTheHolderError: As in `finish`.
        """
        return self._keep(self._held(job_id, worker_id).report_progress(output))

    def finish(self, job_id: str, worker_id: str, body: Mapping[str, object]) -> Job:
        """End a job with its worker's result.

        Raises:
            JobNotFoundError: There is no such job.
            JobEndedError: It has ended, and stays as it ended.
            NotTheHolderError: It is queued, or another worker's.
        """
        return self._keep(self._held(job_id, worker_id).finish(body, now=self._clock()))

    def take_stops(self, worker_id: str) -> tuple[str, ...]:
        """Take the ids of the cancelled jobs that this worker has not been told of."""
        return self._stops.pop(worker_id, ())

    def release_stops(self, worker_id: str, job_ids: tuple[str, ...]) -> None:
        """Keep these ids for the worker's next job-stop poll."""
        if job_ids:
            self._stops[worker_id] = job_ids + self._stops.get(worker_id, ())
            self._on_news()

    def count_by_status(self) -> Counter[JobStatus]:
        """Count the jobs, ended ones included, in each state."""
        return Counter(job.status for job in self._jobs.values())

    def busy_workers(self) -> set[str]:
        """Return the ids of the workers that hold a job."""
        running = (job for job in self._jobs.values() if job.status is JobStatus.IN_PROGRESS)
        return {job.worker_id for job in running if job.worker_id is not None}

    def _held(self, job_id: str, worker_id: str) -> Job:
        job = self.find(job_id)
        if self._reserved_by.get(job_id) == worker_id:
            job = self._start(job_id)  # it answers before we have confirmed: so it has the job
        fields = {"job": job_id, "worker": worker_id, "state": job.status.value}
        if job.status.is_final:
            message = f"job {job_id} has ended: {job.status}"
            raise JobEndedError(message, **fields)
        if job.worker_id != worker_id:
            message = f"job {job_id} is not held by worker {worker_id}"
            raise NotTheHolderError(message, **fields)
        return job

    def _start(self, job_id: str) -> Job:
        worker_id = self._reserved_by.pop(job_id)
        return self._keep(self._jobs[job_id].start(worker_id=worker_id, now=self._clock()))

    def _keep(self, job: Job) -> Job:
        self._jobs[job.id] = job
        return job
