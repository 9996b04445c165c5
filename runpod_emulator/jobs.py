"""One job: what it is, the states it can be in, and each step from one to the next. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class JobStatus(StrEnum):
    """Where a job is. The names are the service's."""

    #: Set by /run. Next: IN_PROGRESS when a worker has it, CANCELLED.
    IN_QUEUE = "IN_QUEUE"
    #: Set when a worker's poll was answered with the job. Next: any of the final states.
    IN_PROGRESS = "IN_PROGRESS"
    #: Set by job-done. Final.
    COMPLETED = "COMPLETED"
    #: Set by job-done with an error. Final.
    FAILED = "FAILED"
    #: Set by /cancel. Final.
    CANCELLED = "CANCELLED"
    #: The service names it; nothing sets it here yet. Final.
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_final(self) -> bool:
        """Whether nothing may follow."""
        return self not in (JobStatus.IN_QUEUE, JobStatus.IN_PROGRESS)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. Each step makes a new value; the queue decides when a step is allowed.

    Attributes:
        id: `<uuid4>-u1`.
        input: What the client sent as `input`, any JSON.
        options: `policy`, `webhook` and `s3Config` as the client sent them. Stored, not acted on.
        submitted_at: The clock's seconds at /run.
        status: Where the job is.
        worker_id: Who has or had it; None until it was taken.
        started_at: The clock's seconds when it was taken; None until then.
        ended_at: The clock's seconds when it reached a final state; None until then.
        reply: `output` and `error` of the worker's last word, each only if it was posted.
    """

    id: str
    input: object
    options: Mapping[str, object] = field(default_factory=dict)
    submitted_at: float
    status: JobStatus = JobStatus.IN_QUEUE
    worker_id: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    reply: Mapping[str, object] = field(default_factory=dict)

    def start(self, *, worker_id: str, now: float) -> "Job":
        """Return the job as it is once this worker has it."""
        return replace(self, status=JobStatus.IN_PROGRESS, worker_id=worker_id, started_at=now)

    def report_progress(self, output: object) -> "Job":
        """Return the job with an intermediate output, still in progress."""
        return replace(self, reply={"output": output})

    def finish(self, body: Mapping[str, object], *, now: float) -> "Job":
        """Return the ended job, from the body of job-done.

        A text as `error` means FAILED. An `error` that is not text means COMPLETED with nothing: that is
        what runpod-python issue #299 saw on the service, and a handler that does it should notice here.
        """
        error = body.get("error")
        reply = {name: body[name] for name in ("output", "error") if name in body}
        if isinstance(error, str) and error:
            return replace(self, status=JobStatus.FAILED, ended_at=now, reply=reply)
        if error:
            reply = {}
        reply.pop("error", None)
        return replace(self, status=JobStatus.COMPLETED, ended_at=now, reply=reply)

    def cancel(self, *, now: float) -> "Job":
        """Return the job as its client has ended it."""
        return replace(self, status=JobStatus.CANCELLED, ended_at=now)

    def to_worker(self) -> dict[str, object]:
        """Return what the worker's handler is called with."""
        return {"id": self.id, "input": self.input}

    def to_status(self) -> dict[str, object]:
        """Return the body of /status. Times are in milliseconds and left out until they are known."""
        body: dict[str, object] = {"id": self.id, "status": self.status.value}
        if self.started_at is not None:
            body["delayTime"] = _milliseconds(self.started_at - self.submitted_at)
            body["workerId"] = self.worker_id
            if self.ended_at is not None:
                body["executionTime"] = _milliseconds(self.ended_at - self.started_at)
        return {**body, **self.reply}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
