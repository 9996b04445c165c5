"""What every painter needs: where each pixel is, how much of it is covered, and colour laid over colour."""

import functools

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""One value for each pixel, [side, side]."""
Canvas = NDArray[np.float32]
"""Colours from 0 to 1, [side, side, 3]."""


@functools.cache
def grid(side: int) -> tuple[Field, Field]:
    """How far each pixel's middle is from the left and from the top."""
    middles = (np.arange(side, dtype=np.float32) + 0.5) / side
    down, across = np.meshgrid(middles, middles, indexing="ij")
    return across.astype(np.float32), down.astype(np.float32)


def coverage(distance: Field, side: int) -> Field:
    """How much of each pixel is inside: the edge is one pixel wide."""
    inside: Field = np.clip(0.5 - distance * side, 0.0, 1.0)
    return inside


def lay(canvas: Canvas, covered: Field, colour: NDArray[np.float32]) -> None:
    """Paint a colour, or a colour for each pixel, over the canvas."""
    canvas += covered[..., None] * (colour - canvas)


def to_bytes(canvas: Canvas) -> NDArray[np.uint8]:
    """Colours from 0 to 1 as bytes."""
    return (np.clip(canvas, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
