"""From pictures to files: PNG for images, H.264 in MP4 with a poster for videos."""

import hashlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL.Image import Image, fromarray

from contracts.paths import GenerationPath, MediaType
from contracts.stored_object import File

PNG_LEVEL = 1  # within 5 % of the size of level 6, in a third of the time
POSTER_QUALITY = 90
VIDEO_CODEC = "libx264"
VIDEO_OPTIONS = {"preset": "veryfast", "crf": "18"}


def encode(path: GenerationPath, pictures: Sequence[Image], request: Mapping[str, Any]) -> list[File]:
    """The files of a generation, in the order of its `object_paths`."""
    if path.media_type is MediaType.VIDEOS:
        video, poster = path.object_names("mp4", 1)[0], path.object_names("jpg", 1)[0]
        return [
            _file(video, encode_mp4(pictures, request["fps"]), "video/mp4"),
            _file(poster, encode_jpeg(pictures[0]), "image/jpeg"),
        ]
    names = path.object_names("png", len(pictures))
    return [_file(name, encode_png(picture), "image/png") for name, picture in zip(names, pictures, strict=True)]


def encode_png(picture: Image) -> bytes:
    """Lossless."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=PNG_LEVEL)
    return buffer.getvalue()


def encode_jpeg(picture: Image) -> bytes:
    """For the poster of a video."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=POSTER_QUALITY)
    return buffer.getvalue()


def encode_mp4(frames: Sequence[Image], fps: int) -> bytes:
    """H.264, yuv420p and the index in front, which every browser plays before it has the whole file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"  # av cannot move the index to the front of a file in memory
        with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
            stream: Any = container.add_stream(VIDEO_CODEC, rate=fps, options=VIDEO_OPTIONS)
            stream.width, stream.height = frames[0].size
            stream.pix_fmt = "yuv420p"
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(np.asarray(frame.convert("RGB")), format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return path.read_bytes()


def _file(name: str, content: bytes, content_type: str) -> File:
    return File(name=name, content=content, content_type=content_type, sha256=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a file says of itself."""

    model: str
    revision: str
    seed: int


class Encoder:
    """Stand-in."""

    def __init__(self, path: GenerationPath, request: Mapping[str, Any]) -> None:
        self._path, self._request = path, request
        self._pictures: list[Image] = []

    def __enter__(self) -> "Encoder":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    @property
    def width(self) -> int:
        """Pixels."""
        return self._pictures[0].width

    @property
    def height(self) -> int:
        """Pixels."""
        return self._pictures[0].height

    @property
    def count(self) -> int:
        """Pictures."""
        return len(self._pictures)

    def add(self, pictures: Any) -> None:  # noqa: ANN401
        """Take."""
        self._pictures += [fromarray(one) for one in pictures]

    def finish(self) -> list[File]:
        """Give."""
        return encode(self._path, self._pictures, self._request)


def encoder(path: GenerationPath, request: Mapping[str, Any], provenance: Provenance) -> Encoder:
    """Make."""
    del provenance
    return Encoder(path, request)
