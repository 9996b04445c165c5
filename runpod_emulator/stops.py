"""What workers are still to be told: which of their jobs to stop."""

from collections.abc import Callable

from runpod_emulator.clock import Clock
from runpod_emulator.deadlines import Deadlines


class Stops:
    """The stops that wait for their worker's next job-stop poll.

    Args:
        clock: What their time runs on.
        kept_seconds: How long one waits; then it is dropped, for a worker that never asks is dead.
        on_news: Called when a parked poll may have something to take.
    """

    def __init__(self, clock: Clock, *, kept_seconds: float, on_news: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._kept_seconds = kept_seconds
        self._on_news = on_news
        self._waiting: dict[str, dict[str, None]] = {}
        self._deadlines = Deadlines(clock)

    def __len__(self) -> int:
        return len(self._deadlines)

    def add(self, worker_id: str, job_id: str) -> None:
        """Tell this worker to stop this job. Saying it twice is saying it once."""
        self._waiting.setdefault(worker_id, {})[job_id] = None
        due = self._clock() + self._kept_seconds
        self._deadlines.set(worker_id, job_id, due, lambda: self._drop(worker_id, job_id))
        self._on_news()

    def withdraw(self, worker_id: str, job_id: str) -> None:
        """Tell it no more: the worker has just been given this very job anew."""
        self._deadlines.cancel(worker_id, job_id)
        self._drop(worker_id, job_id)

    def take(self, worker_id: str) -> tuple[str, ...]:
        """Take the ids of all jobs that this worker has not been told to stop."""
        job_ids = tuple(self._waiting.pop(worker_id, ()))
        self._deadlines.cancel(worker_id, *job_ids)
        return job_ids

    def _drop(self, worker_id: str, job_id: str) -> None:
        waiting = self._waiting.get(worker_id, {})
        waiting.pop(job_id, None)
        if not waiting:
            self._waiting.pop(worker_id, None)
