"""Pictures as an engine gives them, and how others read the files that were made of them."""

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.uint8]
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def noise(*shape: int, seed: int = 0) -> Array:
    """What random weights paint; of shape (height, width) or (n, height, width)."""
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def halves(left: tuple[int, int, int], right: tuple[int, int, int], height: int, width: int) -> Array:
    """A picture whose halves differ, so that neither a flip nor swapped channels go unnoticed."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:, : width // 2], picture[:, width // 2 :] = left, right
    return picture


def hills(height: int, width: int, *, grain: float = 0.0) -> Array:
    """Smooth, as a sky or a face is, under a grain of that standard deviation, as a camera gives it."""
    x, y = np.linspace(0, 9, width), np.linspace(0, 7, height)[:, None]
    smooth = [np.sin(x + shift) * np.cos(y - shift) + np.sin(x * y / 9 + shift) for shift in (0, 1, 2)]
    grained = 128 + 60 * np.stack(smooth, axis=-1) + np.random.default_rng(0).normal(0, grain, (height, width, 3))
    return np.clip(np.round(grained), 0, 255).astype(np.uint8)


def by_pillow(content: bytes) -> Image.Image:
    """A picture as Pillow reads it, whole."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def by_ffmpeg(content: bytes) -> Array:
    """A picture as ffmpeg reads it."""
    with av.open(io.BytesIO(content), mode="r") as container:
        (frame,) = container.decode(video=0)
        return frame.to_ndarray(format="rgb24").astype(np.uint8)


def played(content: bytes) -> tuple[dict[str, Any], list[Array]]:
    """What a player knows of a video, and its frames."""
    with av.open(io.BytesIO(content), mode="r") as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        facts = {
            "codec": codec.name,
            "pixels": codec.pix_fmt,
            "colours": (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range),
            "rate": stream.average_rate and Fraction(stream.average_rate),
            "frames": stream.frames,
            "size": (stream.width, stream.height),
            "seconds": float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None,
            "metadata": container.metadata,
        }
        return facts, [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(stream)]


def difference(one: Array | Image.Image, other: Array | Image.Image) -> float:
    """How far apart two pictures are, from 0 to 255 for each value, on average."""
    return float(np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).mean())
