"""One job: what it is, the states it can be in, and each step from one to the next. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from runpod_emulator.job_options import JobOptions


class JobStatus(StrEnum):
    """Where a job is. The names are the service's."""

    #: Set by /run, /runsync and /retry, and when its worker was lost. Next: IN_PROGRESS when a worker has it,
    #: CANCELLED.
    IN_QUEUE = "IN_QUEUE"
    #: Set when a worker's poll was answered with the job. Next: any of the final states, or IN_QUEUE again.
    IN_PROGRESS = "IN_PROGRESS"
    #: Set by job-done. Final.
    COMPLETED = "COMPLETED"
    #: Set by job-done with an error, by the execution timeout, and when its worker was lost too often. Final
    #: but for /retry.
    FAILED = "FAILED"
    #: Set by /cancel. Final.
    CANCELLED = "CANCELLED"
    #: Set only where a switch says so (see Settings): nobody knows when the service does. Final but for /retry.
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_final(self) -> bool:
        """Whether nothing may follow but /retry."""
        return self not in (JobStatus.IN_QUEUE, JobStatus.IN_PROGRESS)

    @property
    def is_retryable(self) -> bool:
        """Whether /retry may follow."""
        return self in (JobStatus.FAILED, JobStatus.TIMED_OUT)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. Each step makes a new value; the queue decides when a step is allowed.

    Attributes:
        id: `<uuid4>-u1`, or `sync-<uuid4>-u1` by /runsync.
        input: What the client sent as `input`, any JSON.
        options: What came beside it.
        queued_at: The clock's seconds when it was last put in the queue: its delay runs from there.
        status: Where the job is.
        worker_id: Who has or had it last; None until it was taken, and again while it waits for another.
        holders: Who may end it now. More than one only after a duplicate delivery.
        past_holders: Who lost it: they may still be at work on it.
        losses: How often its worker was lost and it was given out again.
        retries: How often /retry revived it.
        started_at: The clock's seconds when it was taken; None while it waits.
        ended_at: The clock's seconds when it reached a final state; None until then.
        reply: `output` and `error` of the last word on it, each only if it was said.
    """

    id: str
    input: object
    options: JobOptions = field(default_factory=JobOptions)
    queued_at: float
    status: JobStatus = JobStatus.IN_QUEUE
    worker_id: str | None = None
    holders: tuple[str, ...] = ()
    past_holders: tuple[str, ...] = ()
    losses: int = 0
    retries: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    reply: Mapping[str, object] = field(default_factory=dict)

    def start(self, *, worker_id: str, now: float) -> "Job":
        """Return the job as it is once this worker has it, beside those who have it already."""
        return replace(
            self,
            status=JobStatus.IN_PROGRESS,
            worker_id=worker_id,
            holders=(*(holder for holder in self.holders if holder != worker_id), worker_id),
            past_holders=tuple(holder for holder in self.past_holders if holder != worker_id),
            started_at=now,
        )

    def report_progress(self, output: object) -> "Job":
        """Return the job with an intermediate output, in progress: also one that was not any more."""
        return replace(self, status=JobStatus.IN_PROGRESS, ended_at=None, reply={"output": output})

    def finish(self, body: Mapping[str, object], *, now: float) -> "Job":
        """Return the ended job, from the body of job-done.

        A text as `error` means FAILED. An `error` that is not text means COMPLETED with nothing: that is
        what runpod-python issue #299 saw on the service, and a handler that does it should notice here.
        """
        error = body.get("error")
        reply = {name: body[name] for name in ("output", "error") if name in body}
        if isinstance(error, str) and error:
            return self.end(JobStatus.FAILED, now=now, reply=reply)
        if error:
            reply = {}
        reply.pop("error", None)
        return self.end(JobStatus.COMPLETED, now=now, reply=reply)

    def end(self, status: JobStatus, *, now: float, reply: Mapping[str, object]) -> "Job":
        """Return the job in a final state."""
        return replace(self, status=status, ended_at=now, reply=reply)

    def cancel(self, *, now: float) -> "Job":
        """Return the job as its client has ended it; an intermediate output stays."""
        return self.end(JobStatus.CANCELLED, now=now, reply=self.reply)

    def lose(self, *, now: float) -> "Job":
        """Return the job back in the queue: its worker is not heard of any more."""
        return replace(self._requeue(now=now), losses=self.losses + 1)

    def retry(self, *, now: float) -> "Job":
        """Return the job as new, but for its id: all its limits count from here."""
        return replace(self._requeue(now=now), losses=0, retries=self.retries + 1)

    def _requeue(self, *, now: float) -> "Job":
        lost = (*self.past_holders, *(holder for holder in self.holders if holder not in self.past_holders))
        return replace(
            self,
            status=JobStatus.IN_QUEUE,
            queued_at=now,
            worker_id=None,
            holders=(),
            past_holders=lost,
            started_at=None,
            ended_at=None,
            reply={},
        )

    def to_worker(self, *, drop_empty_input: bool = False) -> dict[str, object]:
        """Return what the worker's handler is called with."""
        body: dict[str, object] = {"id": self.id, "input": self.input}
        if drop_empty_input and self.input == {}:
            del body["input"]
        if self.options.s3_config is not None:
            body["s3Config"] = self.options.s3_config
        return body

    def to_status(self) -> dict[str, object]:
        """Return the body of /status. Times are in milliseconds and left out until they are known."""
        body: dict[str, object] = {"id": self.id, "status": self.status.value}
        if self.started_at is not None:
            body["delayTime"] = _milliseconds(self.started_at - self.queued_at)
            body["workerId"] = self.worker_id
            if self.ended_at is not None:
                body["executionTime"] = _milliseconds(self.ended_at - self.started_at)
        if self.losses or self.retries:
            body["retries"] = self.losses + self.retries
        return {**body, **self.reply}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
