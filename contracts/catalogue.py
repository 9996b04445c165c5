"""The schema of the model catalogue (`models/catalogue.toml`): what each model is, and what it can be asked.

An entry's parameters are the keys of `request_data` that apply to the model; a key that is not listed is
refused, and a listed one that the request leaves out takes its default.
"""

import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contracts.paths import MediaType
from contracts.request import LoraId, ModelId
from contracts.task import ONLY_WITH, Task

Seconds = Annotated[float, Field(gt=0)]
Acceleration: TypeAlias = Literal["channels_last", "fused_qkv", "attention", "compile"]


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


class Lora(_Entry):
    """A low-rank change of a model, by which requests can ask for a style or a thing that it has not learned."""

    id: LoraId
    """What a request says in `lora`."""
    source: Source
    revision: str
    weight_name: str
    """The file, `*.safetensors`."""
    licence: str
    """SPDX identifier."""

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        _check_revision(self.id, self.source, self.revision)
        if not self.weight_name.endswith(".safetensors"):
            msg = f"{self.id}: only safetensors are read, and {self.weight_name} is none"
            raise ValueError(msg)
        return self


class Model(_Entry):
    """One entry."""

    id: ModelId
    title: str
    """What the page calls it."""
    media_type: MediaType
    offered: bool = True
    """Whether requests may name it. What is not offered is here to be switched on by who has the GPU for it."""
    default: bool = False
    """Whether it serves requests that name no model."""
    tasks: dict[Task, str]
    """What it can do, and the diffusers class that does it. The first is what the weights must load as; the others
    are made from its parts."""
    source: Source
    revision: str
    """Which weights: for a repository, the commit's 40 hexadecimal digits."""
    variant: str | None = None
    """Which of the repository's kinds of files, such as `fp16`; None for those without a name."""
    sha256: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = {}
    """Of each file with weights, by its path below the folder; a worker refuses to start with others. A folder's
    must be named; a repository's commit says as much."""
    dtype: Literal["float32", "bfloat16", "float16"]
    """Of the weights as they are loaded."""
    float32_parts: list[str] = []
    """Those components that are loaded in float32 all the same, by their names in the pipeline."""
    accelerations: frozenset[Acceleration] = frozenset()
    """What makes it faster on CUDA and changes pictures only by rounding. A worker tries each, and says which took
    (`worker/acceleration.py`)."""
    licence: str
    """SPDX identifier of the weights' licence; `LicenseRef-` and a name where SPDX has none."""
    loras: list[Lora] = []
    """Those that a request may name."""
    examples: list[str] = []
    """Prompts that show it well; the page offers them."""
    memory_gib: float
    """What the loaded pipeline takes on the GPU while it generates."""
    max_pixels: int
    """width times height, times frames for a video: what a worker's memory and time allow."""
    parameters: dict[str, Parameter]
    passes: dict[str, str] = {}
    """What the pipeline is called with besides, by its own name for it: a key of `request_data`."""
    deadlines_seconds: Deadlines
    execution_timeout_seconds: Seconds
    """RunPod ends the job after this, whatever it does."""

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        _check_revision(self.id, self.source, self.revision)
        if self.source.folder is not None and not self.sha256:
            msg = f"{self.id}: a folder has no commit, so sha256 must name its files with weights"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _tasks_and_parameters_agree(self) -> Self:
        if not self.tasks or any(task.media_type is not self.media_type for task in self.tasks):
            msg = f"{self.id}: tasks must be some that make {self.media_type}"
            raise ValueError(msg)
        for key, tasks in ONLY_WITH.items():
            if key in self.parameters and not tasks & self.tasks.keys():
                msg = f"{self.id}: {key} is a parameter, but none of its tasks takes one"
                raise ValueError(msg)
        for task in self.tasks:
            if missing := task.starts_from - self.parameters.keys():
                msg = f"{self.id}: {task} needs {', '.join(sorted(missing))} among the parameters"
                raise ValueError(msg)
        if unknown := set(self.passes.values()) - self.parameters.keys():
            msg = f"{self.id}: passes names {', '.join(sorted(unknown))}, which is not among the parameters"
            raise ValueError(msg)
        if bool(self.loras) != ("lora" in self.parameters):
            msg = f"{self.id}: lora is a parameter where there are loras, and nowhere else"
            raise ValueError(msg)
        return self

    @property
    def pipeline_class(self) -> str:
        """The diffusers class that the weights must load as."""
        return next(iter(self.tasks.values()))

    def find_lora(self, lora_id: str) -> Lora | None:
        """The one of this id."""
        return next((lora for lora in self.loras if lora.id == lora_id), None)


class Catalogue(_Entry):
    """All entries."""

    models: list[Model]
    """Also those that are not offered."""

    @property
    def offered(self) -> list[Model]:
        """Those that a request may name."""
        return [model for model in self.models if model.offered]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [model.id for model in self.models]
        if len(set(ids)) != len(ids):
            msg = f"two models have the same id, {next(one for one in ids if ids.count(one) > 1)}"
            raise ValueError(msg)
        for media_type in {model.media_type for model in self.offered}:
            if sum(model.default for model in self.of(media_type)) != 1:
                msg = f"{media_type}: exactly one model must be the default"
                raise ValueError(msg)
        return self

    def of(self, media_type: MediaType) -> list[Model]:
        """The offered models that make this."""
        return [model for model in self.offered if model.media_type is media_type]

    def find(self, media_type: MediaType, model_id: str | None) -> Model | None:
        """The model of this id, or the default one where none is named."""
        for model in self.of(media_type):
            if model.default if model_id is None else model.id == model_id:
                return model
        return None


def parse_catalogue(text: str) -> Catalogue:
    """Read the catalogue. Raises `ValueError` naming all that is wrong in it, in one line."""
    data: dict[str, Any] = tomllib.loads(text)
    try:
        return Catalogue.model_validate(data)
    except ValidationError as error:
        raise ValueError("; ".join(_what_is_wrong(one, data) for one in error.errors())) from error


def _what_is_wrong(error: Any, data: Mapping[str, Any]) -> str:  # noqa: ANN401 - pydantic_core's
    """One of pydantic's, with the entry's id in the place of its number."""
    if error["type"] == "value_error":  # ours, which name the entry themselves
        return str(error["ctx"]["error"])
    _, *rest = where = list(error["loc"])
    if rest and isinstance(rest[0], int):
        where = [data["models"][rest[0]].get("id", f"model {rest[0] + 1}"), *rest[1:]]
    return f"{'.'.join(map(str, where))}: {error['msg']}"


def _check_revision(entry: str, source: Source, revision: str) -> None:
    is_commit = len(revision) == 40 and set(revision) <= set("0123456789abcdef")
    if source.repository and not is_commit:
        msg = f"{entry}: the revision of a repository is a commit of 40 hexadecimal digits"
        raise ValueError(msg)
