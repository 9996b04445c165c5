"""From a description to pixels: soft light from the top left, anti-aliased edges, a shadow below each thing."""

import numpy as np
from numpy.typing import NDArray

from training.canvas import Canvas, coverage, grid, lay, to_bytes
from training.landscapes import paint_landscape
from training.shapes import distance_to
from training.world import COLOURS, Arrangement, Picture, Scene, Thing


def paint(picture: Picture, side: int = 64) -> NDArray[np.uint8]:
    """The picture as [side, side, 3] bytes."""
    return to_bytes(paint_landscape(picture, side) if isinstance(picture, Scene) else _arrangement(picture, side))


def _arrangement(picture: Arrangement, side: int) -> Canvas:
    """A background with things on it."""
    canvas = _background(picture.background, side)
    for thing in picture.things:
        _cast_shadow(canvas, thing)
    for thing in picture.things:
        _paint_thing(canvas, thing)
    return canvas


def _rgb(colour: str) -> NDArray[np.float32]:
    return np.asarray(COLOURS[colour], np.float32) / 255.0


def _background(colour: str, side: int) -> Canvas:
    """A little lighter at the top left than at the bottom right."""
    across, down = grid(side)
    light = 1.05 - 0.10 * (0.35 * across + 0.65 * down)
    return (_rgb(colour) * light[..., None]).astype(np.float32)


def _cast_shadow(canvas: Canvas, thing: Thing) -> None:
    across, down = grid(canvas.shape[0])
    distance = thing.radius * distance_to(
        thing.shape,
        (across - thing.x - 0.12 * thing.radius) / thing.radius,
        (down - thing.y - 0.20 * thing.radius) / thing.radius,
    )
    softness = 0.30 * thing.radius
    shade = 0.22 * np.clip(0.5 - distance / softness, 0.0, 1.0)
    canvas *= 1.0 - shade[..., None]


def _paint_thing(canvas: Canvas, thing: Thing) -> None:
    across, down = grid(canvas.shape[0])
    right, below = (across - thing.x) / thing.radius, (down - thing.y) / thing.radius
    distance = thing.radius * distance_to(thing.shape, right, below)
    light = 1.04 - 0.10 * right - 0.16 * below
    shine = 0.22 * np.exp(-((right + 0.35) ** 2 + (below + 0.40) ** 2) / 0.10)
    colour = _rgb(thing.colour) * light[..., None] + shine[..., None]
    lay(canvas, coverage(distance, canvas.shape[0]), colour.astype(np.float32))
