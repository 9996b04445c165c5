"""One endpoint as the routes see it: its jobs, its workers, its parked polls."""

from runpod_emulator.job_queue import Clock, JobQueue
from runpod_emulator.jobs import JobStatus
from runpod_emulator.long_polls import LongPolls
from runpod_emulator.settings import Settings
from runpod_emulator.workers import Roster, WorkerState


class Endpoint:
    """One endpoint: its jobs, its workers, its parked polls.

    Attributes:
        settings: What the emulator was told at its start.
        queue: The jobs.
        workers: The workers heard of.
        polls: The parked polls; the queue wakes them.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.polls = LongPolls(settings.hold_seconds)
        self.queue = JobQueue(clock=clock, on_news=self.polls.wake)
        self.workers = Roster(clock)

    def health(self) -> dict[str, dict[str, int]]:
        """Return the body of /health. `ready` counts every worker that takes jobs, idle or running."""
        jobs = self.queue.count_by_status()
        busy = self.queue.busy_workers()
        present = self.workers.present()
        ready = {worker.id for worker in present if worker.state is WorkerState.READY}
        return {
            "jobs": {
                "completed": jobs[JobStatus.COMPLETED],
                "failed": jobs[JobStatus.FAILED],
                "inProgress": jobs[JobStatus.IN_PROGRESS],
                "inQueue": jobs[JobStatus.IN_QUEUE],
                "retried": 0,
            },
            "workers": {
                "idle": len(ready - busy),
                "initializing": sum(worker.state is WorkerState.INITIALIZING for worker in present),
                "ready": len(ready),
                "running": len(ready & busy),
                "throttled": 0,
                "unhealthy": sum(worker.state is WorkerState.UNHEALTHY for worker in present),
            },
        }
