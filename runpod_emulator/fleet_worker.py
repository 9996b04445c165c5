"""One worker of the fleet: from the decision to start it until it is gone."""

from dataclasses import dataclass

from runpod_emulator.worker_process import WorkerProcess


@dataclass(kw_only=True)
class FleetWorker:
    """One worker of the fleet. Times are the clock's seconds.

    Attributes:
        id: Its RUNPOD_POD_ID.
        launch_at: When its process starts: a cold start after the decision.
        launching: Whether the start was asked for.
        process: Its process; None until then.
        launched_at: When that started.
        is_ready: Whether it has ever asked for a job.
        idle_since: Since when it has no job; None while it has one, or is not ready.
        is_paused: Whether a fault has stopped its time.
        leaving_since: When it was told to go away; None if it was not.
        was_killed: Whether we ended it by force, so that its exit is no crash.
    """

    id: str
    launch_at: float
    launching: bool = False
    process: WorkerProcess | None = None
    launched_at: float | None = None
    is_ready: bool = False
    idle_since: float | None = None
    is_paused: bool = False
    leaving_since: float | None = None
    was_killed: bool = False

    @property
    def state(self) -> str:
        """What the status page calls it."""
        if self.leaving_since is not None:
            return "leaving"
        if self.process is None:
            return "cold"
        if self.is_paused:
            return "paused"
        if not self.is_ready:
            return "initializing"
        return "running" if self.idle_since is None else "idle"
