"""What the queue tells those who listen: a job has made a step."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from runpod_emulator.jobs import Job


class Step(StrEnum):
    """The steps of a job, by the names that the log has for them."""

    #: It came by /run or /runsync.
    SUBMITTED = "job_submitted"
    #: A worker's poll was answered with it.
    TAKEN = "job_taken"
    #: A worker's poll was to be answered with it, but nobody was there any more: it is at the head again.
    RETURNED = "job_returned"
    #: A fault has put it at the head of the queue although a worker has it.
    REPEATED = "job_repeated"
    #: Its worker reported an intermediate output.
    PROGRESSED = "job_progressed"
    #: It reached a final state.
    ENDED = "job_ended"
    #: Its client ended it.
    CANCELLED = "job_cancelled"
    #: Its worker is not heard of any more; it is at the head of the queue again.
    LOST = "job_lost"
    #: /retry put it at the end of the queue.
    RETRIED = "job_retried"
    #: Late progress took it from COMPLETED to IN_PROGRESS.
    REVIVED = "job_revived"
    #: It is forgotten: purged, expired or kept long enough.
    REMOVED = "job_removed"


#: The steps after which a parked poll may have something to take.
NEWS = frozenset({Step.SUBMITTED, Step.RETURNED, Step.REPEATED, Step.LOST, Step.RETRIED})
#: The steps to a final state.
ENDINGS = frozenset({Step.ENDED, Step.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class Stepped:
    """A job has made a step.

    Attributes:
        step: Which.
        job: The job as it is after it.
        before: The job as it was; None where it came from nowhere.
        worker_id: Whose poll it was, where that is not in the job.
    """

    step: Step
    job: Job
    before: Job | None
    worker_id: str | None = None


Listener = Callable[[Stepped], None]
