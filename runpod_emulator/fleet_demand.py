"""What there is to do, and who of the fleet is there to do it."""

from collections.abc import Sequence

from runpod_emulator.fleet_worker import FleetWorker
from runpod_emulator.job_queue import JobQueue
from runpod_emulator.jobs import JobStatus
from runpod_emulator.scaling import Demand


def demand_of(workers: Sequence[FleetWorker], queue: JobQueue, *, now: float) -> Demand:
    """Return the demand. A paused worker is no help from the moment its job is lost, but keeps its place."""
    staying = [worker for worker in workers if worker.leaving_since is None]
    helping = [worker for worker in staying if not worker.is_paused or queue.is_busy(worker.id)]
    return Demand(
        waited_seconds=[now - job.queued_at for job in queue.waiting() if not job.options.policy.low_priority],
        running=queue.count_by_status()[JobStatus.IN_PROGRESS],
        workers=len(helping),
        free_workers=sum(not queue.is_busy(worker.id) for worker in helping),
        places_taken=len(staying) - len(helping),
    )
