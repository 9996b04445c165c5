"""One endpoint as the routes see it: its jobs, its workers, its parked polls, and all that watches over them."""

import logging
from collections.abc import Mapping

from runpod_emulator.clock import Clock
from runpod_emulator.deadlines import Deadlines
from runpod_emulator.errors import MalformedBodyError
from runpod_emulator.events import Events
from runpod_emulator.faults import Faults
from runpod_emulator.fleet import Fleet
from runpod_emulator.fleet_settings import FleetSettings
from runpod_emulator.job_queue import JobQueue
from runpod_emulator.job_waiters import JobWaiters
from runpod_emulator.jobs import JobStatus
from runpod_emulator.limits import Limits
from runpod_emulator.long_polls import LongPolls
from runpod_emulator.rate_limits import RateLimits
from runpod_emulator.settings import Settings
from runpod_emulator.steps import NEWS, Step, Stepped
from runpod_emulator.stops import Stops
from runpod_emulator.streams import Streams
from runpod_emulator.totals import Totals
from runpod_emulator.waiting_line import Reservation
from runpod_emulator.webhooks import Webhooks
from runpod_emulator.worker_accidents import WorkerAccidents
from runpod_emulator.worker_environment import PING_INTERVAL_MS
from runpod_emulator.worker_launcher import WorkerLauncher
from runpod_emulator.workers import Roster, WorkerState


class Endpoint:
    """One endpoint.

    Attributes:
        settings: What the emulator was told at its start.
        clock: The one clock.
        events: The log.
        faults: What is to go wrong.
        polls: The parked polls; the queue wakes them.
        queue: The jobs.
        limits: What happens to jobs by itself.
        waiters: Who waits for a job's end.
        streams: What workers streamed.
        totals: How jobs ended so far.
        rate_limits: How often each operation may be called.
        webhooks: Who is told of a job's end.
        workers: The workers heard of.
        fleet: The workers that the emulator starts itself; None if it was not told how.
        accidents: What may be done to these.
    """

    def __init__(self, settings: Settings, clock: Clock, fleet: FleetSettings | None = None) -> None:
        self.settings = settings
        self.clock = clock
        self.events = Events(clock)
        self.faults = Faults(self.events, seed=settings.seed)
        self.polls = LongPolls(settings.hold_seconds)
        stops = Stops(clock, kept_seconds=settings.stop_kept_seconds, on_news=self.polls.wake)
        self.queue = JobQueue(clock, settings, stops=stops)
        self.queue.listeners.append(self._heed)
        self.limits = Limits(clock, settings, self.queue)
        self.waiters = JobWaiters(self.queue)
        self.streams = Streams(self.queue)
        self.totals = Totals(self.queue)
        self.rate_limits = RateLimits(clock, per_running_worker=settings.requests_per_running_worker)
        self.webhooks = Webhooks(clock, settings, faults=self.faults, events=self.events, queue=self.queue)
        self.workers = Roster(clock)
        self.fleet: Fleet | None = None
        self.accidents: WorkerAccidents | None = None
        self._deadlines = Deadlines(clock)
        self._is_scaled_to_zero = False
        if fleet is not None:
            self._add_fleet(fleet)

    def _add_fleet(self, fleet: FleetSettings) -> None:
        self.fleet = Fleet(
            self.clock,
            fleet,
            WorkerLauncher(self.clock, self.settings, fleet),
            queue=self.queue,
            roster=self.workers,
            polls=self.polls,
            events=self.events,
        )
        self.accidents = WorkerAccidents(self.clock, fleet=self.fleet, events=self.events)

    def reserve(self, worker_id: str, count: int) -> Reservation | None:
        """Set aside jobs for a worker's answer; none for one that was told to go away."""
        if self._is_scaled_to_zero or self.workers.is_leaving(worker_id):
            return None
        return self.queue.reserve(worker_id, count)

    def scale_to_zero(self, seconds: float) -> None:
        """Let nobody have a job for so long, and end the fleet's workers: a fault."""
        self._is_scaled_to_zero = True
        if self.fleet is not None:
            self.fleet.suspend(suspended=True)
        self._deadlines.set("endpoint", "scaled_to_zero", self.clock() + seconds, self._scale_up_again)

    def _scale_up_again(self) -> None:
        self._is_scaled_to_zero = False
        self.events.record("scaled_up_again")
        if self.fleet is not None:
            self.fleet.suspend(suspended=False)
        self.polls.wake()

    def set_speed(self, speed: float) -> None:
        """Let time pass faster or slower; warn where pings, which come in real time, cannot keep up.

        Raises:
            MalformedBodyError: It is no speed.
        """
        try:
            self.clock.set_speed(speed)
        except ValueError as error:
            raise MalformedBodyError(str(error)) from error
        self.events.record("clock_set", speed=speed)
        if self.settings.lost_after_seconds / speed < 2 * PING_INTERVAL_MS / 1000:
            self.events.record("speed_outruns_pings", level=logging.WARNING, speed=speed)

    def health(self) -> Mapping[str, Mapping[str, int]]:
        """Return the body of /health. `ready` counts every worker that takes jobs, idle or running."""
        jobs = self.queue.count_by_status()
        busy = self.queue.busy_workers()
        present = [worker for worker in self.workers.present() if not self.workers.is_leaving(worker.id)]
        ready = {worker.id for worker in present if worker.state is WorkerState.READY}
        initializing = {worker.id for worker in present if worker.state is WorkerState.INITIALIZING}
        unhealthy = {worker.id for worker in present if worker.state is WorkerState.UNHEALTHY}
        if self.fleet is not None:
            initializing |= self.fleet.initializing() - unhealthy
        return {
            "jobs": {
                "completed": self.totals.completed,
                "failed": self.totals.failed,
                "inProgress": jobs[JobStatus.IN_PROGRESS],
                "inQueue": jobs[JobStatus.IN_QUEUE],
                "retried": self.totals.retried,
            },
            "workers": {
                "idle": len(ready - busy),
                "initializing": len(initializing),
                "ready": len(ready),
                "running": len(ready & busy),
                "throttled": 0,
                "unhealthy": len(unhealthy),
            },
        }

    def _heed(self, stepped: Stepped) -> None:
        job = stepped.job
        level = logging.WARNING if stepped.step in {Step.LOST, Step.REVIVED} else logging.INFO
        worker_id = stepped.worker_id or job.worker_id
        self.events.record(stepped.step, level=level, job=job.id, worker=worker_id, state=job.status)
        if stepped.step in NEWS:
            self.polls.wake()
