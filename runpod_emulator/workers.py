"""Which workers there are, as far as their polls and pings tell."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from runpod_emulator.clock import Now
from runpod_emulator.settings import WORKER_FORGOTTEN_AFTER_SECONDS


class WorkerState(StrEnum):
    """How far a worker has come."""

    #: It was heard, and has not asked for a job yet. The orphaned ping process of a killed worker looks the same.
    INITIALIZING = "initializing"
    #: It has asked for a job.
    READY = "ready"
    #: One of its own fitness checks failed; the SDK says so in a last ping and exits.
    UNHEALTHY = "unhealthy"


@dataclass(kw_only=True)
class Worker:
    """What is known of one worker.

    Attributes:
        id: Its RUNPOD_POD_ID.
        state: How far it has come.
        seen_at: The clock's seconds at its last poll or ping.
        open_polls: How many of its polls are held just now: a worker that waits is there, however long.
        is_new: Whether this is the first that is heard of it.
    """

    id: str
    state: WorkerState
    seen_at: float
    open_polls: int = 0
    is_new: bool = True


class Roster:
    """The workers heard of lately.

    Args:
        now: Gives the time a worker was seen.

    Attributes:
        on_change: Called when a worker has come further.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self.on_change: list[Callable[[], None]] = []
        self._workers: dict[str, Worker] = {}
        self._leaving: set[str] = set()

    def __len__(self) -> int:
        return len(self._workers) + len(self._leaving)

    def asked_for_jobs(self, worker_id: str) -> None:
        """Note that the worker asked for a job: it is ready."""
        self._see(worker_id, WorkerState.READY)

    def heard(self, worker_id: str) -> None:
        """Note that the worker lives, by a ping or a job-stop poll; that alone makes nobody ready."""
        known = self._workers.get(worker_id)
        self._see(worker_id, known.state if known else WorkerState.INITIALIZING)

    def failed_a_check(self, worker_id: str) -> None:
        """Note that the worker found itself unfit and is about to exit."""
        self._see(worker_id, WorkerState.UNHEALTHY)

    @contextlib.contextmanager
    def polling(self, worker_id: str) -> Iterator[None]:
        """Count a poll of this worker while it is held. Forgets the worker if the poll breaks off.

        The SDK keeps its polls open until it dies.
        """
        worker = self._workers[worker_id]
        worker.open_polls += 1
        try:
            yield
        except BaseException:
            self.forget(worker_id)
            raise
        finally:
            worker.open_polls -= 1
            worker.seen_at = self._now()

    def forget(self, worker_id: str) -> None:
        """Drop the worker: it is gone."""
        self._workers.pop(worker_id, None)

    def leave(self, worker_id: str) -> None:
        """Note that the worker was told to go away: it gets no more jobs."""
        self._leaving.add(worker_id)

    def has_left(self, worker_id: str) -> None:
        """Drop a worker that was told to go away, or went by itself."""
        self._leaving.discard(worker_id)
        self.forget(worker_id)

    def is_leaving(self, worker_id: str) -> bool:
        """Whether the worker was told to go away."""
        return worker_id in self._leaving

    def state(self, worker_id: str) -> WorkerState | None:
        """Return how far a worker has come; None if it was never heard."""
        worker = self._workers.get(worker_id)
        return None if worker is None else worker.state

    def present(self) -> tuple[Worker, ...]:
        """Return the workers that wait or were heard of within WORKER_FORGOTTEN_AFTER_SECONDS; drop the rest."""
        oldest = self._now() - WORKER_FORGOTTEN_AFTER_SECONDS
        for worker in tuple(self._workers.values()):
            if not worker.open_polls and worker.seen_at <= oldest:
                del self._workers[worker.id]
        return tuple(self._workers.values())

    def _see(self, worker_id: str, state: WorkerState) -> None:
        worker = self._workers.get(worker_id)
        if worker is None:
            self.present()  # a good moment to drop the silent: their number stays bounded by the living
            worker = self._workers[worker_id] = Worker(id=worker_id, state=state, seen_at=self._now())
        has_changed = worker.state is not state or worker.is_new
        worker.state, worker.seen_at, worker.is_new = state, self._now(), False
        for callback in self.on_change if has_changed else ():
            callback()
