"""The workers that the emulator starts and stops itself.

Everything is decided in one review. There is one after each step of a job, after each change of a worker, and
when something is due: a cold start, an idle timeout, a job that has waited too long.
"""

import asyncio
import logging
import signal
from dataclasses import replace

from runpod_emulator.backoff import Backoff
from runpod_emulator.clock import Clock
from runpod_emulator.deadlines import Deadlines
from runpod_emulator.errors import WorkerNotFoundError
from runpod_emulator.events import Events
from runpod_emulator.fleet_demand import demand_of
from runpod_emulator.fleet_settings import FleetSettings
from runpod_emulator.fleet_worker import FleetWorker
from runpod_emulator.job_queue import JobQueue
from runpod_emulator.long_polls import LongPolls
from runpod_emulator.scaling import Scaling, seconds_until_overdue, workers_missing
from runpod_emulator.worker_launcher import WorkerLauncher
from runpod_emulator.worker_process import WorkerProcess
from runpod_emulator.workers import Roster, WorkerState

#: How long after a review that failed there is another.
REVIEW_AGAIN_SECONDS = 1.0
#: A worker that was ready for this long ends the row of crashes.
GOOD_LIFE_SECONDS = 60.0
#: How long after SIGTERM, in real seconds, its parked polls are sent away: by then it knows that it is to exit.
SEND_AWAY_SECONDS = 0.3
#: How long the emulator's own stop waits for workers, in real seconds, before it uses force.
CLOSE_SECONDS = 2.0


class Fleet:
    """The emulator's own workers.

    Args:
        clock: What all limits run on.
        settings: How many workers, and how long each may take.
        launcher: How to start one.
        queue: The jobs; it is listened to.
        roster: What the workers say of themselves; it is listened to.
        polls: The parked polls.
        events: Where every change is noted.

    Attributes:
        limits: How many workers there may be, but for a suspension.
        is_suspended: Whether there are to be none at all for a while.
    """

    def __init__(
        self,
        clock: Clock,
        settings: FleetSettings,
        launcher: WorkerLauncher,
        *,
        queue: JobQueue,
        roster: Roster,
        polls: LongPolls,
        events: Events,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._launcher = launcher
        self.limits = settings.scaling
        self._queue = queue
        self._roster = roster
        self._polls = polls
        self._events = events
        self._deadlines = Deadlines(clock)
        self._workers: dict[str, FleetWorker] = {}
        self._backoff = Backoff(clock)
        self._started = 0
        self._is_open = False
        self.is_suspended = False
        queue.listeners.append(lambda _stepped: self.review_soon())
        roster.on_change.append(self.review_soon)

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def scaling(self) -> Scaling:
        """How many workers there may be just now."""
        return replace(self.limits, min_workers=0, max_workers=0) if self.is_suspended else self.limits

    def open(self, base_url: str) -> None:
        """Start workers from now on; they find the emulator there."""
        self._launcher.open(base_url)
        self._is_open = True
        self.review_soon()

    async def close(self) -> None:
        """End all workers and whatever they started: politely for CLOSE_SECONDS, then by force."""
        if not self._is_open:
            return
        self._is_open = False
        self._deadlines.cancel("fleet", "review")
        for worker in self.workers():
            self.tell_to_leave(worker)
        await self._launcher.close(patience_seconds=CLOSE_SECONDS)

    def limit(self, *, min_workers: int, max_workers: int) -> None:
        """Change how many workers there may be. Those above go as soon as they have no job.

        Raises:
            ValueError: The least is above the most, or one is below 0.
        """
        self.limits = replace(self.limits, min_workers=min_workers, max_workers=max_workers)
        self.review_soon()

    def suspend(self, *, suspended: bool) -> None:
        """Have no workers at all for a while, whatever the limits say, or have them again."""
        self.is_suspended = suspended
        self.review_soon()

    def initializing(self) -> set[str]:
        """Return the ids of those that were started and have not asked for a job yet."""
        return {worker.id for worker in self._workers.values() if worker.state == "initializing"}

    def workers(self) -> tuple[FleetWorker, ...]:
        """Return all that are not gone."""
        return tuple(self._workers.values())

    def has(self, worker_id: str) -> bool:
        """Whether this is a worker of ours, alive and not told to go away."""
        worker = self._workers.get(worker_id)
        return worker is not None and worker.process is not None and worker.leaving_since is None

    def review_soon(self) -> None:
        """Review once the present step is done."""
        if self._is_open:
            self._deadlines.set("fleet", "review", self._clock(), self._review)

    def find(self, worker_id: str) -> tuple[FleetWorker, WorkerProcess]:
        """Return a worker of ours and its process.

        Raises:
            WorkerNotFoundError: There is none, or it has not been started yet.
        """
        worker = self._workers.get(worker_id)
        if worker is None or worker.process is None:
            message = "the fleet has no such running worker"
            raise WorkerNotFoundError(message)
        return worker, worker.process

    def tell_to_leave(self, worker: FleetWorker) -> None:
        """Give a worker no more jobs, send it SIGTERM, and use force after the grace. Once is enough."""
        if worker.leaving_since is not None:
            return
        worker.leaving_since = self._clock()
        self._roster.leave(worker.id)
        self._events.record("worker_told_to_leave", worker=worker.id)
        if worker.process is None:
            self._forget(worker)
            return
        worker.process.signal_program(signal.SIGTERM)
        asyncio.get_running_loop().call_later(SEND_AWAY_SECONDS, self._polls.wake)

    # The review.

    def _review(self) -> None:
        if not self._is_open:
            return
        try:
            for worker in tuple(self._workers.values()):
                self._review_worker(worker)
            self._end_surplus()
            self._start_missing()
            self._review_when_due()
        except Exception:  # the clock logs it; the fleet must not stand still for good
            self._deadlines.set("fleet", "review", self._clock() + REVIEW_AGAIN_SECONDS, self._review)
            raise

    def _review_worker(self, worker: FleetWorker) -> None:
        now = self._clock()
        if worker.process is None:
            if not worker.launching and worker.launch_at <= now:
                worker.launching = True
                self._clock.when_landed(lambda: self._launch(worker))
            return
        if worker.leaving_since is not None:
            if worker.leaving_since + self._settings.stop_grace_seconds <= now:
                worker.was_killed = True
                worker.process.signal_group(signal.SIGKILL)
            return
        worker.is_ready = worker.is_ready or self._roster.state(worker.id) is WorkerState.READY
        if not worker.is_ready and self._init_due(worker) <= now:
            self._events.record("worker_never_ready", level=logging.WARNING, worker=worker.id)
            worker.process.signal_group(signal.SIGKILL)  # counts as a crash
        if self._queue.is_busy(worker.id) or not worker.is_ready:
            worker.idle_since = None
        elif worker.idle_since is None:
            worker.idle_since = now

    def _end_surplus(self) -> None:
        """Let those go that have been idle for too long, and those above the maximum once they have no job."""
        staying = [worker for worker in self._workers.values() if worker.leaving_since is None]
        surplus, excess = len(staying) - self.scaling.min_workers, len(staying) - self.scaling.max_workers
        for worker in sorted(
            staying, key=lambda worker: self._clock() if worker.idle_since is None else worker.idle_since
        ):
            is_free = not self._queue.is_busy(worker.id) and not worker.is_paused
            is_idle = worker.idle_since is not None and self._idle_due(worker.idle_since) <= self._clock()
            if is_free and (excess > 0 or (is_idle and surplus > 0)):
                self.tell_to_leave(worker)
                surplus, excess = surplus - 1, excess - 1

    def _start_missing(self) -> None:
        demand = demand_of(self.workers(), self._queue, now=self._clock())
        missing = workers_missing(self.scaling, demand)
        if missing <= 0 or self._backoff.until > self._clock():
            return
        for _ in range(missing):
            self._started += 1
            worker = FleetWorker(
                id=f"fleet-{self._started}", launch_at=self._clock() + self._settings.cold_start_seconds
            )
            self._workers[worker.id] = worker
            self._events.record("worker_wanted", worker=worker.id)
            self._review_worker(worker)

    def _review_when_due(self) -> None:
        if not self._is_open or self._deadlines.get("fleet", "review") is not None:
            return
        now = self._clock()
        demand = demand_of(self.workers(), self._queue, now=now)
        dues = [due for worker in self._workers.values() for due in self._dues(worker)]
        if (overdue_in := seconds_until_overdue(self.scaling, demand)) is not None:
            dues.append(now + overdue_in)
        if workers_missing(self.scaling, demand) > 0:
            dues.append(self._backoff.until)
        if dues:
            self._deadlines.set("fleet", "review", min(dues), self._review)

    def _dues(self, worker: FleetWorker) -> list[float]:
        if worker.process is None:
            return [] if worker.launching else [worker.launch_at]
        if worker.leaving_since is not None:
            return [] if worker.was_killed else [worker.leaving_since + self._settings.stop_grace_seconds]
        if not worker.is_ready:
            return [due] if (due := self._init_due(worker)) > self._clock() else []
        surplus = sum(other.leaving_since is None for other in self._workers.values()) > self.scaling.min_workers
        is_due_to_go = surplus and worker.idle_since is not None and not worker.is_paused
        return [self._idle_due(worker.idle_since)] if is_due_to_go and worker.idle_since is not None else []

    def _idle_due(self, idle_since: float) -> float:
        return idle_since + self.scaling.idle_timeout_seconds

    def _init_due(self, worker: FleetWorker) -> float:
        return (worker.launched_at or 0.0) + self._settings.init_timeout_seconds

    # The life of one worker.

    def _launch(self, worker: FleetWorker) -> None:
        if not self._is_open or worker.id not in self._workers or worker.leaving_since is not None:
            self._workers.pop(worker.id, None)
            return
        worker.launched_at = self._clock()
        try:
            worker.process = self._launcher.launch(worker.id, on_exit=lambda code: self._exited(worker, code))
        except OSError as error:
            self._events.record("worker_not_started", level=logging.ERROR, worker=worker.id, why=error.strerror)
            self._back_off()
            self._forget(worker)
        else:
            self._events.record("worker_started", worker=worker.id, pid=worker.process.pid)
        self.review_soon()

    def _exited(self, worker: FleetWorker, code: int) -> None:
        unasked = not worker.was_killed and worker.leaving_since is None
        crashed = unasked and (code != 0 or not worker.is_ready)
        level = logging.WARNING if crashed else logging.INFO
        self._events.record("worker_exited", level=level, worker=worker.id, code=code)
        if worker.is_ready and self._clock() - (worker.launched_at or 0.0) >= GOOD_LIFE_SECONDS:
            self._backoff.forget()
        if crashed:
            self._back_off()
        self._forget(worker)
        self.review_soon()

    def _back_off(self) -> None:
        seconds = self._backoff.note_crash()
        self._events.record("fleet_backs_off", level=logging.WARNING, seconds=seconds)

    def _forget(self, worker: FleetWorker) -> None:
        self._workers.pop(worker.id, None)
        self._roster.has_left(worker.id)
        self._launcher.discard(worker.id)
