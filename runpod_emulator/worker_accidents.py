"""What may be done to one worker of the fleet, by a fault or over the control API."""

import signal

from runpod_emulator.clock import Clock
from runpod_emulator.deadlines import Deadlines
from runpod_emulator.events import Events
from runpod_emulator.fault_rules import Fault, FaultRule
from runpod_emulator.fleet import Fleet


class WorkerAccidents:
    """Kills, pauses and confuses the fleet's workers.

    Args:
        clock: What delays and pauses run on.
        fleet: The workers.
        events: Where each accident is noted.
    """

    def __init__(self, clock: Clock, *, fleet: Fleet, events: Events) -> None:
        self._clock = clock
        self._fleet = fleet
        self._events = events
        self._deadlines = Deadlines(clock)
        self.actions = {
            "kill": self.kill,
            "make-zombie": self.make_zombie,
            "pause": self.pause,
            "resume": self.resume,
            "terminate": self.terminate,
        }

    def kill(self, worker_id: str) -> None:
        """End a worker and all that it started, as a container's end would."""
        worker, process = self._fleet.find(worker_id)
        worker.was_killed = True
        process.signal_group(signal.SIGKILL)
        self._events.record("worker_killed", worker=worker_id)

    def make_zombie(self, worker_id: str) -> None:
        """End a worker, but not its heartbeat, which goes on until the emulator stops."""
        worker, process = self._fleet.find(worker_id)
        worker.was_killed = True
        process.group_is_spared = True
        process.signal_program(signal.SIGKILL)
        self._events.record("worker_made_zombie", worker=worker_id)

    def pause(self, worker_id: str) -> None:
        """Stop a worker's time, heartbeat included, until it is resumed. It does not count as idle."""
        worker, process = self._fleet.find(worker_id)
        worker.is_paused = True
        process.signal_group(signal.SIGSTOP)
        self._events.record("worker_paused", worker=worker_id)
        self._fleet.review_soon()

    def resume(self, worker_id: str) -> None:
        """Let a paused worker go on."""
        worker, process = self._fleet.find(worker_id)
        self._deadlines.cancel(worker_id, "accident")
        worker.is_paused = False
        worker.idle_since = None
        process.signal_group(signal.SIGCONT)
        self._events.record("worker_resumed", worker=worker_id)
        self._fleet.review_soon()

    def terminate(self, worker_id: str) -> None:
        """Tell a worker to go away: no more jobs, SIGTERM, and after the grace by force."""
        worker, _ = self._fleet.find(worker_id)
        self._fleet.tell_to_leave(worker)

    def race(self, worker_id: str) -> None:
        """Send SIGTERM to a worker that is about to be given a job: it will take it and never run it."""
        worker, process = self._fleet.find(worker_id)
        worker.leaving_since = self._clock()
        process.signal_program(signal.SIGTERM)
        self._events.record("worker_raced", worker=worker_id)
        self._fleet.review_soon()

    def befall(self, worker_id: str, rule: FaultRule) -> None:
        """Let a fault happen to the worker that has just been given a job."""
        now = self._clock()
        if rule.fault is Fault.WORKER_PAUSED:
            self.pause(worker_id)
            due, action = now + rule.seconds, self.resume
        else:
            due, action = now + rule.seconds, self.kill if rule.fault is Fault.WORKER_KILLED else self.make_zombie

        def act() -> None:
            if self._fleet.has(worker_id):
                action(worker_id)

        self._deadlines.set(worker_id, "accident", due, act)
