"""How many jobs ever ended how, since the emulator's start."""

from runpod_emulator.job_queue import JobQueue
from runpod_emulator.jobs import JobStatus
from runpod_emulator.steps import Step, Stepped


class Totals:
    """Counts that stay when their jobs are forgotten.

    Args:
        queue: The jobs; it is listened to.

    Attributes:
        completed: Results.
        failed: Ends as FAILED or TIMED_OUT; a job that was retried and failed again counts twice.
        retried: Jobs given out again, after their worker was lost or by /retry.
    """

    def __init__(self, queue: JobQueue) -> None:
        self.completed = 0
        self.failed = 0
        self.retried = 0
        queue.listeners.append(self._heed)

    def _heed(self, stepped: Stepped) -> None:
        if stepped.step is Step.ENDED:
            if stepped.job.status is JobStatus.COMPLETED:
                self.completed += 1
            else:
                self.failed += 1
        elif stepped.step in {Step.LOST, Step.RETRIED}:
            self.retried += 1
