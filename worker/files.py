"""From pictures to files, while the pictures arrive.

Images become PNG, JPEG or WebP; a video becomes an MP4, a poster and a thumbnail. All of it is done in threads of
its own: whoever hands the pictures over, as the GPU's thread does, goes on at once.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from contracts.paths import GenerationPath, MediaType
from contracts.stored_object import File
from worker.gpu_turn import Pictures
from worker.jpeg_webp import encode_jpeg, encode_thumbnail, encode_webp
from worker.mp4 import Mp4
from worker.png import encode_png


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a file says of how it was made. Never the prompt: files are passed on, and it is the user's own."""

    model: str
    revision: str
    seed: int
    """Of the first picture."""

    def text(self, index: int = 0) -> dict[str, str]:
        """What picture `index` says, by keywords as PNG writes them."""
        return {
            "Software": "Safelight",
            "Model": self.model,
            "Revision": self.revision,
            "Seed": str(self.seed + index),
        }


class Encoder(Protocol):
    """The files of one generation in the making: a context manager, left with or without having finished."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what is not finished."""

    def add(self, pictures: Pictures) -> None:
        """The next images or frames, in order, any number of them. The array may be written over afterwards.

        Raises `ValueError` for what is no `Pictures`.
        """

    def finish(self) -> list[File]:
        """Wait for the files, in the order of `object_paths`. Raises whatever went wrong with one of them."""

    @property
    def width(self) -> int:
        """Of the files, in pixels; 0 as long as there is no picture."""

    @property
    def height(self) -> int:
        """The same."""

    @property
    def count(self) -> int:
        """How many pictures were added."""


def encoder(path: GenerationPath, request: Mapping[str, Any], provenance: Provenance) -> Encoder:
    """What encodes this generation, by what was resolved of its request."""
    if path.media_type is MediaType.VIDEOS:
        return _VideoEncoder(path, request["fps"], provenance)
    return _ImageEncoder(
        path, FORMATS[request.get("output_format", "png")], request.get("num_images", 1), provenance
    )


@dataclass(frozen=True)
class _Format:
    extension: str
    content_type: str
    encode: Callable[[NDArray[np.uint8], Mapping[str, str]], bytes]


FORMATS = {
    "png": _Format("png", "image/png", encode_png),
    "jpeg": _Format("jpg", "image/jpeg", encode_jpeg),
    "webp": _Format("webp", "image/webp", encode_webp),
}
"""By `output_format`."""


class _InThreads:
    """What both encoders share: threads that are gone when they are left, and what was added."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="encoder")
        self.width = self.height = self.count = 0
        self._shape: tuple[int, ...] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _checked(self, pictures: Pictures) -> Pictures:
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
            msg = f"pictures are uint8 of shape (n, height, width, 3), not {pictures.dtype} of {pictures.shape}"
            raise ValueError(msg)
        if self._shape not in {None, pictures.shape[1:]}:
            msg = f"the pictures of one generation have one shape, not {pictures.shape[1:]} after {self._shape}"
            raise ValueError(msg)
        self._shape = pictures.shape[1:]
        return pictures

    def _count(self, pictures: Pictures) -> None:
        self.count += len(pictures)
        self.height, self.width = pictures.shape[1:3]


class _ImageEncoder(_InThreads):
    """Each image in a thread of its own, as far as there are cores."""

    def __init__(self, path: GenerationPath, image_format: _Format, count: int, provenance: Provenance) -> None:
        super().__init__(min(count, os.cpu_count() or 1))
        self._format = image_format
        self._names = path.object_names(image_format.extension, count)
        self._provenance = provenance
        self._contents: list[Future[bytes]] = []

    def add(self, pictures: Pictures) -> None:
        """See `Encoder.add`."""
        pictures = self._checked(pictures).copy()
        self._count(pictures)
        for picture in pictures:
            text = self._provenance.text(len(self._contents))
            self._contents.append(self._threads.submit(self._format.encode, picture, text))

    def finish(self) -> list[File]:
        """See `Encoder.finish`."""
        return [
            _file(name, content.result(), self._format.content_type)
            for name, content in zip(self._names, self._contents, strict=True)
        ]


class _VideoEncoder(_InThreads):
    """The frames one after another, in one thread; libx264 has more of its own."""

    def __init__(self, path: GenerationPath, fps: int, provenance: Provenance) -> None:
        super().__init__(1)
        self._names = [path.object_names(extension, 1)[0] for extension in ("mp4", "jpg", "webp")]
        self._fps = fps
        self._text = provenance.text()
        self._stills: list[Future[bytes]] = []
        self._pieces: list[Future[None]] = []
        self._mp4: Mp4 | None = None

    def add(self, pictures: Pictures) -> None:
        """See `Encoder.add`."""
        frames = _even(self._checked(pictures))
        self._count(frames)
        self._pieces.append(self._threads.submit(self._encode, frames))
        if self.count and not self._stills:
            self._stills = [
                self._threads.submit(encode, frames[0], self._text) for encode in (encode_jpeg, encode_thumbnail)
            ]

    def finish(self) -> list[File]:
        """See `Encoder.finish`."""
        for piece in self._pieces:
            piece.result()
        if self._mp4 is None or not self.count:
            msg = "a video has at least one frame"
            raise ValueError(msg)
        contents = [self._mp4.finish(), *(still.result() for still in self._stills)]
        kinds = ("video/mp4", "image/jpeg", "image/webp")
        return [_file(*made) for made in zip(self._names, contents, kinds, strict=True)]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._mp4 is not None:
            self._mp4.close()

    def _encode(self, frames: Pictures) -> None:
        if self._mp4 is None:
            _, height, width, _ = frames.shape
            self._mp4 = Mp4(width=width, height=height, fps=self._fps, tags=self._text)
        for frame in frames:
            self._mp4.add(frame)


def _even(pictures: Pictures) -> Pictures:
    """A copy of even width and height, as yuv420p has to be: an odd edge is repeated, so that nothing is lost."""
    _, height, width, _ = pictures.shape
    return np.pad(pictures, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _file(name: str, content: bytes, content_type: str) -> File:
    return File(name=name, content=content, content_type=content_type, sha256=hashlib.sha256(content).hexdigest())
