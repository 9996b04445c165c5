"""Where a generation can be. `status` decides; `stage` only explains."""

from enum import StrEnum


class Status(StrEnum):
    """The state machine. Each ending absorbs everything that comes after it."""

    QUEUED = "queued"
    """Set by the page when it creates the document. Next: processing, or any ending but completed."""
    PROCESSING = "processing"
    """Set by the worker that claimed it. Next: any ending."""
    COMPLETED = "completed"
    """Set by the worker that holds the claim, once its files are stored. Ending."""
    FAILED = "failed"
    """Set by a function or by the worker that holds the claim; `error` says why. Ending."""
    CANCELLED = "cancelled"
    """Set by the function that carries out the user's command. Ending."""

    @property
    def is_terminal(self) -> bool:
        """Whether nothing can follow."""
        return self in {Status.COMPLETED, Status.FAILED, Status.CANCELLED}


class Stage(StrEnum):
    """What is going on, for people. No code decides on it."""

    WAITING = "waiting"
    """Nobody has looked at it yet."""
    DISPATCHED = "dispatched"
    """RunPod has been asked."""
    LOADING = "loading"
    """A worker has claimed it and gets its model ready."""
    GENERATING = "generating"
    """The pipeline denoises; `progress` counts its steps."""
    ENCODING = "encoding"
    """Pictures become a file."""
    UPLOADING = "uploading"
    """The files are stored."""
