"""Which workers there are, as far as their polls and pings tell."""

from dataclasses import dataclass
from enum import StrEnum

from runpod_emulator.job_queue import Clock
from runpod_emulator.settings import WORKER_FORGOTTEN_AFTER_SECONDS


class WorkerState(StrEnum):
    """How far a worker has come."""

    #: It was heard, and has not asked for a job yet. The orphaned ping process of a killed worker looks the same.
    INITIALIZING = "initializing"
    #: It has asked for a job.
    READY = "ready"
    #: One of its own fitness checks failed; the SDK says so in a last ping and exits.
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, kw_only=True)
class Worker:
    """What is known of one worker.

    Attributes:
        id: Its RUNPOD_POD_ID.
        state: How far it has come.
        seen_at: The clock's seconds at its last poll or ping.
    """

    id: str
    state: WorkerState
    seen_at: float


class Roster:
    """The workers heard of lately.

    Args:
        clock: Gives the time a worker was seen.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._workers: dict[str, Worker] = {}

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

    def forget(self, worker_id: str) -> None:
        """Drop the worker, whose poll broke off: the SDK keeps its polls open until it dies."""
        self._workers.pop(worker_id, None)

    def present(self) -> tuple[Worker, ...]:
        """Return the workers heard of within WORKER_FORGOTTEN_AFTER_SECONDS."""
        oldest = self._clock() - WORKER_FORGOTTEN_AFTER_SECONDS
        return tuple(worker for worker in self._workers.values() if worker.seen_at > oldest)

    def _see(self, worker_id: str, state: WorkerState) -> None:
        self._workers[worker_id] = Worker(id=worker_id, state=state, seen_at=self._clock())
