"""The schema of the model catalogue (`models/catalogue.toml`): what each model is, and what it can be asked.

An entry's parameters are the keys of `request_data` that apply to the model; a key that is not listed is
refused, and a listed one that the request leaves out takes its default.
"""

import tomllib
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.paths import MediaType

Seconds = Annotated[float, Field(gt=0)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Entry):
    """What one key of `request_data` may be for one model. Narrower than `request`, never wider."""

    default: bool | int | float | str | None = None
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: int | None = None
    one_more_than_a_multiple_of: int | None = None
    """For frames of video models whose VAE keeps the first frame whole and packs the others."""
    choices: list[str] | None = None


class Deadlines(_Entry):
    """How long each stage may go without a sign of life, in seconds: the lease of that stage."""

    queued: Seconds
    """From the dispatch to the claim; longer than the longest cold start."""
    loading: Seconds
    generating: Seconds
    """Between two steps, the first one's compilation included."""
    encoding: Seconds
    uploading: Seconds


class Source(_Entry):
    """Where the weights are: a folder of the worker's, or a repository on the Hugging Face hub."""

    folder: str | None = None
    """Below the worker's models folder, in diffusers' format."""
    repository: str | None = None
    """`owner/name` on the hub."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.folder is None) == (self.repository is None):
            msg = "a source is either a folder or a repository"
            raise ValueError(msg)
        return self


class Model(_Entry):
    """One entry."""

    id: str
    title: str
    """What the page calls it."""
    media_type: MediaType
    default: bool = False
    """Whether it serves requests that name no model."""
    pipeline_class: str
    """The diffusers class that the folder must load as."""
    source: Source
    revision: str
    """Which weights: for a repository, the commit's 40 hexadecimal digits."""
    sha256: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = {}
    """Of each file with weights, by its path below the folder; a worker refuses to start with others."""
    dtype: Literal["float32", "bfloat16", "float16"]
    """Of the weights as they are loaded."""
    tasks: list[Literal["text-to-image", "text-to-video"]]
    licence: str
    """SPDX identifier of the weights' licence."""
    examples: list[str] = []
    """Prompts that show it well; the page offers them."""
    memory_gib: float
    """What the loaded pipeline takes on the GPU while it generates."""
    max_pixels: int
    """width times height, times frames for a video: what a worker's memory and time allow."""
    parameters: dict[str, Parameter]
    deadlines_seconds: Deadlines
    execution_timeout_seconds: Seconds
    """RunPod ends the job after this, whatever it does."""

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if self.source.repository and not _is_commit(self.revision):
            msg = f"{self.id}: the revision of a repository is a commit of 40 hexadecimal digits"
            raise ValueError(msg)
        return self


class Catalogue(_Entry):
    """All models that are offered."""

    models: list[Model]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [model.id for model in self.models]
        if len(set(ids)) != len(ids):
            msg = "two models have the same id"
            raise ValueError(msg)
        for media_type in {model.media_type for model in self.models}:
            if sum(model.default for model in self.of(media_type)) != 1:
                msg = f"{media_type}: exactly one model must be the default"
                raise ValueError(msg)
        return self

    def of(self, media_type: MediaType) -> list[Model]:
        """The models that make this."""
        return [model for model in self.models if model.media_type is media_type]

    def find(self, media_type: MediaType, model_id: str | None) -> Model | None:
        """The model of this id, or the default one where none is named."""
        for model in self.of(media_type):
            if model.default if model_id is None else model.id == model_id:
                return model
        return None


def parse_catalogue(text: str) -> Catalogue:
    """Read the catalogue. Raises `ValueError` naming what is wrong in it."""
    data: dict[str, Any] = tomllib.loads(text)
    return Catalogue.model_validate(data)


def _is_commit(revision: str) -> bool:
    return len(revision) == 40 and set(revision) <= set("0123456789abcdef")
