"""What goes to RunPod and what comes back: the input of a job and the result of a worker.

The input is flat: the envelope, and beside it the keys of `request_data`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contracts.catalogue import Model
from contracts.errors import FromText, RequestInvalid
from contracts.generation import Generation
from contracts.paths import GenerationPath, MediaType
from contracts.refusal import refusal
from contracts.request import MAX_SAFE_INTEGER

MAX_RETURNED_BYTES = 7_000_000  # RunPod takes results of 10 MB; base64 makes 4 bytes of 3
QUEUE_MARGIN_SECONDS = 600.0  # a RunPod job outlives our own deadlines, so that it never vanishes before them

Seed = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]


class _Input(BaseModel):
    """Unknown keys are the request's; `validation` judges those."""

    model_config = ConfigDict(frozen=True, extra="allow")

    media_type: Annotated[MediaType, FromText]

    @property
    def request_data(self) -> dict[str, Any]:
        """The keys that are not the envelope's."""
        return dict(self.model_extra or {})


class CloudJob(_Input):
    """A generation that has a document: claimed in Firestore, stored in Storage."""

    use_cloud_storage: Literal[True]
    user_id: str
    file_uid: str
    created_at: AwareDatetime
    attempt: Annotated[int, Field(strict=True, ge=1)]
    seed: Annotated[Seed, Field(strict=True)]

    @property
    def path(self) -> GenerationPath:
        """The document's path."""
        return GenerationPath(user_id=self.user_id, media_type=self.media_type, file_uid=self.file_uid)


class DirectJob(_Input):
    """A generation without a document: the files come back in the result, and Firebase is not touched.

    It takes the whole envelope, so that one input serves both kinds; `created_at` and `attempt` mean nothing here.
    """

    media_type: Annotated[MediaType, FromText] = MediaType.IMAGES
    use_cloud_storage: Literal[False]
    user_id: str = "direct"
    file_uid: str = "direct"
    created_at: AwareDatetime | None = None
    attempt: Annotated[int, Field(strict=True, ge=1)] | None = None
    seed: Annotated[Seed, Field(strict=True)] | None = None

    @property
    def path(self) -> GenerationPath:
        """What its files are named after; nothing is stored there."""
        return GenerationPath(user_id=self.user_id, media_type=self.media_type, file_uid=self.file_uid)


def build_run_body(
    path: GenerationPath, generation: Generation, model: Model, webhook: str | None = None
) -> dict[str, Any]:
    """The body of `POST /run` for a generation that has just been dispatched.

    RunPod tells the `webhook`, where one is given, that the job has ended.

    `policy` is in milliseconds (https://docs.runpod.io/serverless/endpoints/send-requests#execution-policies).
    """
    execution = model.execution_timeout_seconds
    ttl = model.deadlines_seconds.queued + execution + QUEUE_MARGIN_SECONDS
    return {
        "input": {
            **generation.request_data,
            "user_id": path.user_id,
            "file_uid": path.file_uid,
            "media_type": path.media_type.value,
            "created_at": format_moment(generation.created_at),
            "attempt": generation.attempt,
            "use_cloud_storage": True,
            "seed": generation.seed,
        },
        "policy": {"executionTimeout": int(execution * 1000), "ttl": int(ttl * 1000)},
        **({} if webhook is None else {"webhook": webhook}),
    }


def parse_job_input(job_input: object) -> CloudJob | DirectJob:
    """Read a job's input. Raises `RequestInvalid`, naming the field."""
    if not isinstance(job_input, Mapping):
        raise RequestInvalid("input", "input must be an object")
    kind = DirectJob if job_input.get("use_cloud_storage") is False else CloudJob
    try:
        return kind.model_validate(dict(job_input))
    except ValidationError as error:
        raise refusal(error, "input") from None


def format_moment(moment: datetime) -> str:
    """A time as it travels in JSON: ISO 8601 with microseconds and its zone."""
    return moment.isoformat(timespec="microseconds")


class RunPodStatus(StrEnum):
    """Where a RunPod job is (https://docs.runpod.io/serverless/endpoints/job-states)."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    RUNNING = "RUNNING"
    """The same as IN_PROGRESS; the documentation has both."""
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"


@dataclass(frozen=True, kw_only=True)
class RunPodJob:
    """What `GET /status` says of a job."""

    status: RunPodStatus
    output: object = None
    """The worker's result, where there is one."""

    @property
    def is_over(self) -> bool:
        """Whether RunPod will do no more about it."""
        return self.status not in {RunPodStatus.IN_QUEUE, RunPodStatus.IN_PROGRESS, RunPodStatus.RUNNING}


class Outcome(StrEnum):
    """How a worker's turn ended, in the RunPod result."""

    COMPLETED = "completed"
    """The document is completed, or, without cloud storage, the files are in this result."""
    REFUSED = "refused"
    """The claim was refused; no GPU time was spent."""
    STOPPED = "stopped"
    """The generation was cancelled, deleted or given to another while it ran."""
    FAILED = "failed"
    """The document has failed and says why; without one, `failure` here does."""
    GIVEN_BACK = "given_back"
    """It came to nothing for a passing reason; the document is queued again, for a later attempt."""
    RETURNED = "returned"
    """Made, but Storage or Firestore did not take it: what there is, is in this result."""


def result(outcome: Outcome, **details: object) -> dict[str, Any]:
    """A RunPod result. It must never hold a key `error` at its top: the SDK takes that one away."""
    if "error" in details:
        msg = "the SDK turns a top-level `error` into a failed job"
        raise ValueError(msg)
    return {"outcome": outcome.value, **details}
