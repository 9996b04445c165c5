"""`generation_data`: what a completed generation gives the page."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0)]


class Timings(BaseModel):
    """Where the time went, in seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    queued: Seconds
    """From `created_at` to the claim; server's clock against worker's."""
    loading: Seconds
    generating: Seconds
    encoding: Seconds
    uploading: Seconds


class GenerationData(BaseModel):
    """What images and videos share."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    object_paths: list[str]
    """The objects in the bucket, in order: of a video itself, its poster and its thumbnail."""
    content_type: str
    """Of the first object."""
    width: int
    height: int
    seed: int
    """Of the first picture; picture i was made from seed + i."""
    model: str
    revision: str
    """Which weights, as the catalogue pins them."""
    sha256: list[str]
    """Of each object, in hexadecimal."""
    bytes: list[int]
    """The size of each object."""
    timings_seconds: Timings
    remade: str | None = None
    """Why it was made a second time, where it was: `out_of_memory`, `black` (no picture came out), or `compile`
    (what was compiled did not take this size)."""
    lossy: list[str] | None = None
    """By what the worker made it faster and another one, where it did: `fp8`, `step-cache`."""


class ImageData(GenerationData):
    """`generation_data` of a document in `images`."""

    image_urls: list[str]


class VideoData(GenerationData):
    """`generation_data` of a document in `videos`."""

    video_url: str
    poster_url: str
    """The first frame, as a JPEG."""
    thumbnail_url: str | None = None
    """The first frame as a WebP of at most 256 pixels a side; absent of what was made before there were any."""
    fps: int
    num_frames: int
    duration_seconds: Seconds
