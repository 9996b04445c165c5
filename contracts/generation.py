"""The document `generations/{user_id}/{media_type}/{file_uid}` as a value.

It has no other fields than these, in every state; which of them are there depends on the state (docs/states.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import Failure, FromText, RequestInvalid
from contracts.generation_data import ImageData, VideoData
from contracts.paths import GenerationPath
from contracts.refusal import refusal
from contracts.status import Stage, Status

SCHEMA_VERSION = 1
CREATION_KEYS = ("status", "created_at", "user_id", "file_uid", "schema_version", "request_data")
CREATION_REQUIRED_KEYS = ("status", "created_at", "user_id", "file_uid", "request_data")
MAX_PREVIEW_LENGTH = 8 * 1024


class _Part(BaseModel):
    """A reader ignores what a newer writer added, and never coerces a type."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class Progress(_Part):
    """How far a generation is. Written by the worker, at most once a second."""

    sequence: int
    """Grows with every step, so that a reader can tell which of two is newer."""
    fraction: Annotated[float, Field(ge=0, le=1)]
    step: int
    """Denoising steps done."""
    steps: int
    """Denoising steps in all."""
    eta_seconds: float | None = None
    """Until it is completed, from the pace so far and what earlier ones took; absent while there is none."""
    preview: Annotated[str, Field(max_length=MAX_PREVIEW_LENGTH)] | None = None
    """A small picture as a data URL."""


class Attempt(_Part):
    """One attempt that failed and was followed by another."""

    attempt: int
    code: str
    stage: str
    ended_at: AwareDatetime


class Generation(_Part):
    """One request and everything that has become of it."""

    status: Annotated[Status, FromText]
    created_at: AwareDatetime
    """Server time of the creation. With the path it says which job this is: an id can be used again."""
    user_id: str
    file_uid: str
    schema_version: Literal[1] = 1
    request_data: dict[str, Any]
    """As the page wrote it; `validation` reads it."""
    retry_of: str | None = None
    """The document that this one repeats, when the server made it."""

    stage: Annotated[Stage, FromText] | None = None
    attempt: int = 0
    """The fence: grows at every dispatch. Who acts on an older one acts on nothing."""
    failures: int = 0
    """Attempts that RunPod accepted and that came to nothing: the budget."""
    seed: int | None = None
    dispatched_at: AwareDatetime | None = None
    lease_expires_at: AwareDatetime | None = None
    """When somebody should look after it. Safety never depends on it."""
    runpod_job_id: str | None = None
    modified: AwareDatetime | None = None
    """Time of the last write by the server."""
    attempts: list[Attempt] | None = None

    claim: str | None = None
    """The nonce of the worker that owns it."""
    started_at: AwareDatetime | None = None
    progress: Progress | None = None

    completed_at: AwareDatetime | None = None
    generated: bool | None = None
    generation_data: ImageData | VideoData | None = None

    ended_at: AwareDatetime | None = None
    error: Failure | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.status.is_terminal

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read a document's fields. Raises `RequestInvalid`, naming the field, where a type is wrong."""
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            raise refusal(error) from None

    def to_fields(self) -> dict[str, Any]:
        """The fields that were there, as a document holds them."""
        return self.model_dump(exclude_unset=True)


@dataclass(frozen=True, kw_only=True)
class Malformed:
    """A document that lies where generations lie and is none. It can only be failed."""

    fields: Mapping[str, Any]
    problem: RequestInvalid

    @property
    def attempt(self) -> Any:  # noqa: ANN401 - whatever stands there
        """Which attempt at it is the present one; 0 where no function has begun any."""
        return self.fields.get("attempt", 0)

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended all the same."""
        return self.fields.get("status") in [status.value for status in Status if status.is_terminal]


def read_generation(fields: Mapping[str, Any]) -> Generation | Malformed:
    """Read a document's fields, whatever they are."""
    try:
        return Generation.from_fields(fields)
    except RequestInvalid as problem:
        return Malformed(fields=fields, problem=problem)


def check_identity(generation: Generation, path: GenerationPath) -> None:
    """Raise `RequestInvalid` unless the document says of itself what its path says."""
    path.check()
    for field, expected in (("user_id", path.user_id), ("file_uid", path.file_uid)):
        if getattr(generation, field) != expected:
            raise RequestInvalid(field, f"{field} must be the same as in the document's path")


def same_moment(one: datetime, other: datetime) -> bool:
    """Whether two times are the same to the microsecond, which is what Firestore stores."""
    return abs((one - other).total_seconds()) < 1e-6


def is_job(found: Generation | Malformed, created_at: datetime | None) -> bool:
    """Whether it is the job that was created then; for None, whether it is no generation at all."""
    if created_at is None or isinstance(found, Malformed):
        return created_at is None and isinstance(found, Malformed)
    return same_moment(found.created_at, created_at)


def is_newer(found: Generation | Malformed, moment: datetime) -> bool:
    """Whether it was created after that. What is no generation may say when, too."""
    created_at = found.fields.get("created_at") if isinstance(found, Malformed) else found.created_at
    return isinstance(created_at, datetime) and created_at.tzinfo is not None and created_at > moment
