"""What can go wrong, and what the user is told about it.

    GenerationFailed            an attempt cannot go on; `failure` is what the document will say
    ├── RequestInvalid          the request's fault: ends it now
    ├── OutputBlocked           what was made is not to be shown: ends it now
    ├── Unavailable             passing: RunPod, Storage or Firestore did not do its part
    └── Broken                  ours: a model that does not load, a bug

    ClaimLost                   the generation is no longer this worker's: stop, write nothing
    ObjectExists                something has been stored under this name by now
    ObjectTooLarge              an object has more bytes than its reader takes

Foreign errors become one of these in the adapter that meets them. One broad `except` per process, at its edge.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

FromText = Field(strict=False)  # Firestore holds an enum's member as its text


class ErrorCode(StrEnum):
    """Why a generation failed, for programs. Never branch on the message."""

    INVALID_REQUEST = "invalid_request"
    """The document or its request breaks a rule; `field` names it."""
    PROMPT_BLOCKED = "prompt_blocked"
    """The input check does not allow what `field` asks for."""
    OBJECT_TAKEN = "object_taken"
    """Another generation's file already has the name that this one needs."""
    RUNPOD_UNAUTHORIZED = "runpod_unauthorized"
    """RunPod refused our API key (401 or 403)."""
    RUNPOD_NO_CREDIT = "runpod_no_credit"
    """RunPod wants money (402)."""
    RUNPOD_ENDPOINT_NOT_FOUND = "runpod_endpoint_not_found"
    """RunPod does not know the endpoint (404)."""
    RUNPOD_REFUSED = "runpod_refused"
    """RunPod refused the job itself (another 4xx)."""
    RUNPOD_BUSY = "runpod_busy"
    """RunPod takes no more requests just now (429)."""
    RUNPOD_UNAVAILABLE = "runpod_unavailable"
    """RunPod answered with a server error (5xx)."""
    RUNPOD_UNREADABLE = "runpod_unreadable"
    """RunPod's answer has no job id that can be read."""
    RUNPOD_UNREACHABLE = "runpod_unreachable"
    """RunPod could not be reached, or said nothing in time."""
    RUNPOD_LOST = "runpod_lost"
    """RunPod no longer knows the job, or has ended it without a result."""
    WORKER_LOST = "worker_lost"
    """A worker took the job and was not heard of again."""
    EXPIRED = "expired"
    """It was not made within a day."""
    MODEL_UNAVAILABLE = "model_unavailable"
    """The worker does not serve this model, or cannot load it."""
    OUT_OF_MEMORY = "out_of_memory"
    """The GPU's memory was too small for this request."""
    GPU_LOST = "gpu_lost"
    """The GPU stopped answering while it made this."""
    TIMED_OUT = "timed_out"
    """It took longer than the model's `execution_timeout_seconds`."""
    GENERATION_FAILED = "generation_failed"
    """The pipeline or the encoder raised."""
    OUTPUT_BLOCKED = "output_blocked"
    """The output check does not allow what was made. It was not stored."""
    CHECK_UNAVAILABLE = "check_unavailable"
    """The input or the output check gave no answer, and what is not checked is not made, or not stored."""
    STORAGE_UNAVAILABLE = "storage_unavailable"
    """The file could not be stored, and was too big to be handed back another way; or an upload not read."""


class FailedStage(StrEnum):
    """Where it failed, for people."""

    VALIDATING = "validating"
    DISPATCHING = "dispatching"
    LOADING = "loading"
    GENERATING = "generating"
    ENCODING = "encoding"
    UPLOADING = "uploading"


class Failure(BaseModel):
    """`error` in the document of a failed generation."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    code: Annotated[ErrorCode, FromText]
    stage: Annotated[FailedStage, FromText]
    retryable: bool
    """Whether the same request, sent again later, can succeed."""
    message: str
    """One sentence for the user, without internals."""
    field: str | None = None
    """The field at fault, where one is."""


class GenerationFailed(Exception):  # noqa: N818 - read as a sentence: except GenerationFailed
    """An attempt cannot go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class RequestInvalid(GenerationFailed):
    """The request, or its document, breaks a rule. Sending it again cannot help."""

    def __init__(self, field: str, message: str, code: ErrorCode = ErrorCode.INVALID_REQUEST) -> None:
        super().__init__(
            Failure(code=code, stage=FailedStage.VALIDATING, retryable=False, message=message, field=field)
        )
        self.field = field


class OutputBlocked(GenerationFailed):
    """What was made is not to be shown to anybody, whoever asked for it."""

    def __init__(self) -> None:
        message = "What was made is not shown: it did not pass this service's check. Ask for something else."
        super().__init__(
            Failure(code=ErrorCode.OUTPUT_BLOCKED, stage=FailedStage.GENERATING, retryable=False, message=message)
        )


class Unavailable(GenerationFailed):
    """Something we depend on did not do its part. The same request can succeed later."""

    def __init__(self, code: ErrorCode, stage: FailedStage, message: str) -> None:
        super().__init__(Failure(code=code, stage=stage, retryable=True, message=message))


class Broken(GenerationFailed):
    """Our own fault. Sending it again cannot help until somebody has mended it."""

    def __init__(self, code: ErrorCode, stage: FailedStage, message: str) -> None:
        super().__init__(Failure(code=code, stage=stage, retryable=False, message=message))


class ClaimLost(Exception):  # noqa: N818 - an outcome, not an error
    """The generation is no longer this worker's: cancelled, deleted or given to another."""


class ObjectExists(Exception):  # noqa: N818 - an outcome, not an error
    """An object of this name has appeared, or changed, since it was looked at."""


class ObjectTooLarge(Exception):  # noqa: N818 - an outcome, not an error
    """The object has more bytes than its reader takes."""
