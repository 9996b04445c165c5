"""`request_data`: what a page may ask for, in diffusers' names.

This is the one place where a key, its type and its range are written. The security rules, the JSON schema and
the page's types are generated from here (`make generated`). What a single model allows on top is in `catalogue`.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from contracts.paths import MediaType

MAX_SAFE_INTEGER = 2**53 - 1  # JavaScript reads Firestore's integers as doubles
MAX_PROMPT_UNITS = 2_000
MAX_UPLOAD_PATH_UNITS = 300


def utf16_units(text: str) -> int:
    """The length of a text as JavaScript's `length` and the rules' `size()` count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _at_most(units: int) -> AfterValidator:
    def check(text: str) -> str:
        if utf16_units(text) > units:
            msg = f"must be at most {units} characters long"
            raise ValueError(msg)
        return text

    return AfterValidator(check)


# JSON schema's maxLength counts code points, so it lets through what the UTF-16 count refuses; the exact
# limit is said beside it.
Prompt = Annotated[
    str,
    _at_most(MAX_PROMPT_UNITS),
    Field(json_schema_extra={"maxLength": MAX_PROMPT_UNITS, "x-max-utf16-units": MAX_PROMPT_UNITS}),
]
UploadPath = Annotated[
    str,
    _at_most(MAX_UPLOAD_PATH_UNITS),
    Field(
        json_schema_extra={
            "maxLength": MAX_UPLOAD_PATH_UNITS,
            "x-max-utf16-units": MAX_UPLOAD_PATH_UNITS,
            "x-upload": True,
        }
    ),
]
Absent: TypeAlias = None  # a key that is left out; null itself is refused, as the rules do
ModelId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
LoraId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


class Request(BaseModel):
    """The keys that images and videos share. Only `prompt` must be there; a model has defaults for the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the document holds
        if value is None:
            msg = "must not be null"
            raise ValueError(msg)
        return value

    prompt: Prompt
    """What to make. It may be empty."""
    negative_prompt: Prompt | Absent = None
    """What to keep away from."""
    model: ModelId | Absent = None
    """Which entry of the catalogue; without it, the default one for the media type."""
    width: Annotated[int, Field(ge=16, le=4096)] | Absent = None
    """In pixels."""
    height: Annotated[int, Field(ge=16, le=4096)] | Absent = None
    """In pixels."""
    num_inference_steps: Annotated[int, Field(ge=1, le=200)] | Absent = None
    """Denoising steps: more are slower, and up to a point better."""
    guidance_scale: Annotated[float, Field(ge=0, le=50)] | Absent = None
    """How strictly to follow the prompt; 0 or 1 turns guidance off, depending on the pipeline."""
    seed: Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)] | Absent = None
    """The same seed gives the same picture; without it, one is drawn at the first dispatch."""
    num_images: Annotated[int, Field(ge=1, le=8)] | Absent = None
    """How many pictures; picture i is made from seed + i."""
    strength: Annotated[float, Field(ge=0, le=1)] | Absent = None
    """How far to go from `input_image`: 0 keeps it, 1 forgets it."""
    input_image: UploadPath | Absent = None
    """The picture to start from: one of the user's own uploads, `uploads/{user_id}/{name}`."""
    mask_image: UploadPath | Absent = None
    """Which part of `input_image` to repaint (white): an upload."""
    lora: LoraId | Absent = None
    """The name of a LoRA that the model's catalogue entry lists."""
    lora_scale: Annotated[float, Field(ge=0, le=2)] | Absent = None
    """How much of the LoRA."""


class ImageRequest(Request):
    """`request_data` of a document in `images`."""

    output_format: Literal["png", "jpeg", "webp"] | Absent = None
    """The files' format."""


class VideoRequest(Request):
    """`request_data` of a document in `videos`."""

    output_format: Literal["mp4"] | Absent = None
    """The file's format."""
    num_frames: Annotated[int, Field(ge=1, le=1000)] | Absent = None
    """How many frames."""
    fps: Annotated[int, Field(ge=1, le=60)] | Absent = None
    """Frames per second of the file."""
    last_image: UploadPath | Absent = None
    """The picture to end on: an upload."""


REQUEST_MODELS: dict[MediaType, type[Request]] = {
    MediaType.IMAGES: ImageRequest,
    MediaType.VIDEOS: VideoRequest,
}
UPLOAD_FIELDS = ("input_image", "mask_image", "last_image")
