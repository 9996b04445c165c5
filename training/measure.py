"""Does a picture show what its prompt says? Judged from its pixels alone, by classical means.

Nothing here is learnt. The background is the median of the border; things are what differs from it, in connected
pieces; a piece's colour is the nearest of the palette's, its shape the template that it overlaps best. How often
this is wrong is measured on painted pictures, where the truth is known (`python -m training truth image`).
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.shapes import distance_to
from training.world import COLOURS, PLACES, SHAPES, Pair, Relation, Several, Single

Mask = NDArray[np.bool_]

DIFFERENT = 0.16
"""How far a thing's colour is from its background's at least, of the cube's diagonal."""
SMALLEST = 0.008
"""The smallest thing, as a part of the picture's area."""
TEMPLATE_SIDE = 24
SMALL_TO_NORMAL, NORMAL_TO_LARGE = 0.17, 0.29
"""Radii between the sizes that words name."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One thing that was found."""

    colour: str
    shape: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is right; None where the prompt does not say."""

    background: bool
    colour: bool
    shape: bool
    count: bool
    place: bool | None = None
    size: bool | None = None
    relation: bool | None = None


def judge(pixels: NDArray[np.uint8], wanted: Single | Several | Pair) -> Verdict:
    """Compare a picture, [side, side, 3], with the one that its prompt describes."""
    background, seen = look(pixels)
    right_background = background == wanted.background
    right_count = len(seen) == len(wanted.things)
    match wanted:
        case Single():
            if not seen:
                return Verdict(background=right_background, colour=False, shape=False, count=False)
            largest = max(seen, key=lambda thing: thing.radius)
            return Verdict(
                background=right_background,
                colour=largest.colour == wanted.thing.colour,
                shape=largest.shape == wanted.thing.shape,
                count=right_count,
                place=_place(largest) == wanted.place,
                size=_size(largest) == wanted.size,
            )
        case Several():
            return Verdict(
                background=right_background,
                colour=_most(thing.colour == wanted.things[0].colour for thing in seen),
                shape=_most(thing.shape == wanted.things[0].shape for thing in seen),
                count=right_count,
            )
        case Pair():
            return _judge_pair(right_background, seen, wanted)


def look(pixels: NDArray[np.uint8]) -> tuple[str, list[Seen]]:
    """The background's colour, and the things on it, the largest first."""
    picture = pixels.astype(np.float32) / 255.0
    edge = max(2, picture.shape[0] // 24)
    border = np.concatenate(
        [
            picture[:edge].reshape(-1, 3),
            picture[-edge:].reshape(-1, 3),
            picture[:, :edge].reshape(-1, 3),
            picture[:, -edge:].reshape(-1, 3),
        ]
    )
    background = np.median(border, axis=0)
    name = _nearest_colour(background)
    distance = np.sqrt(((picture - background) ** 2).sum(axis=2) / 3.0)
    # A shadow is the background, darker: what lies on the line from it to black is no thing, unless it is black.
    shadow = _is_shadow(picture, background)
    pieces = _pieces((distance > DIFFERENT) & ~shadow, int(SMALLEST * distance.size))
    return name, [_see(picture, piece) for piece in pieces]


def _judge_pair(right_background: bool, seen: list[Seen], wanted: Pair) -> Verdict:  # noqa: FBT001
    count = len(seen) == 2
    if len(seen) < 2:
        return Verdict(background=right_background, colour=False, shape=False, count=False, relation=False)
    across = wanted.relation in {Relation.LEFT_OF, Relation.RIGHT_OF}
    first, second = sorted(seen[:2], key=lambda thing: thing.x if across else thing.y)
    if wanted.relation in {Relation.RIGHT_OF, Relation.BELOW}:
        first, second = second, first
    one, other = wanted.things
    apart = abs(first.x - second.x) if across else abs(first.y - second.y)
    return Verdict(
        background=right_background,
        colour={first.colour, second.colour} == {one.colour, other.colour},
        shape=sorted((first.shape, second.shape)) == sorted((one.shape, other.shape)),
        count=count,
        relation=apart > 0.2
        and (first.colour, first.shape, second.colour, second.shape)
        == (one.colour, one.shape, other.colour, other.shape),
    )


def _most(right: object) -> bool:
    answers = list(right)  # type: ignore[call-overload]
    return bool(answers) and sum(answers) > len(answers) / 2


def _is_shadow(picture: NDArray[np.float32], background: NDArray[np.float32]) -> Mask:
    strength = (picture @ background) / float(background @ background + 1e-6)
    off = np.sqrt(((picture - strength[..., None] * background) ** 2).sum(axis=2) / 3.0)
    shaded: Mask = (off < 0.035) & (strength > 0.6) & (strength < 1.15)
    return shaded


def _see(picture: NDArray[np.float32], piece: Mask) -> Seen:
    side = piece.shape[0]
    rows, columns = np.nonzero(piece)
    inner = _inner(piece)
    colour = _nearest_colour(np.median(picture[inner if inner.any() else piece], axis=0))
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    return Seen(
        colour=colour,
        shape=_best_shape(piece[top:bottom, left:right]),
        x=(left + right) / 2 / side,
        y=(top + bottom) / 2 / side,
        radius=max(bottom - top, right - left) / 2 / side,
    )


def _nearest_colour(rgb: NDArray[np.float32]) -> str:
    palette = np.asarray(list(COLOURS.values()), np.float32) / 255.0
    return list(COLOURS)[int(((palette - rgb) ** 2).sum(axis=1).argmin())]


def _inner(piece: Mask) -> Mask:
    """Without its edge, where it mixes with what is behind."""
    inner = piece.copy()
    for axis in (0, 1):
        for shift in (-1, 1):
            inner &= np.roll(piece, shift, axis)
    return inner


def _best_shape(box: Mask) -> str:
    found = _resized(box)
    proportion = np.log(box.shape[1] / box.shape[0])

    def likeness(shape: str) -> float:
        template, expected = _template(shape)
        overlap = np.minimum(found, template).sum() / np.maximum(found, template).sum()
        return float(overlap - 0.4 * abs(proportion - expected))

    return max(SHAPES, key=likeness)


@functools.cache
def _template(shape: str) -> tuple[NDArray[np.float32], float]:
    ticks = np.linspace(-1.4, 1.4, 257, dtype=np.float32)
    down, across = np.meshgrid(ticks, ticks, indexing="ij")
    inside = distance_to(shape, across, down) < 0
    rows, columns = np.nonzero(inside)
    box = inside[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return _resized(box), float(np.log(box.shape[1] / box.shape[0]))


def _resized(box: Mask) -> NDArray[np.float32]:
    """The share of the mask in each cell of a fixed grid, from its running sums."""
    sums = np.zeros((box.shape[0] + 1, box.shape[1] + 1), np.float64)
    sums[1:, 1:] = box.cumsum(axis=0).cumsum(axis=1)
    rows = np.linspace(0, box.shape[0], TEMPLATE_SIDE + 1)
    columns = np.linspace(0, box.shape[1], TEMPLATE_SIDE + 1)
    at = _interpolated(_interpolated(sums, rows).T, columns).T
    cells = at[1:, 1:] - at[:-1, 1:] - at[1:, :-1] + at[:-1, :-1]
    return (cells * (TEMPLATE_SIDE**2 / box.size)).astype(np.float32)


def _interpolated(rows: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    low = np.minimum(at.astype(int), len(rows) - 2)
    part = (at - low)[:, None]
    between: NDArray[np.float64] = rows[low] * (1 - part) + rows[low + 1] * part
    return between


def _place(thing: Seen) -> str:
    return min(PLACES, key=lambda place: (PLACES[place][0] - thing.x) ** 2 + (PLACES[place][1] - thing.y) ** 2)


def _size(thing: Seen) -> str:
    if thing.radius < SMALL_TO_NORMAL:
        return "small"
    return "large" if thing.radius > NORMAL_TO_LARGE else ""


def _pieces(mask: Mask, smallest: int) -> list[Mask]:
    """The connected pieces of a mask, the largest first."""
    left = mask.copy()
    found = []
    while left.any():
        seed = np.zeros_like(left)
        seed[np.unravel_index(int(left.argmax()), left.shape)] = True
        while True:
            grown = seed.copy()
            grown[1:] |= seed[:-1]
            grown[:-1] |= seed[1:]
            grown[:, 1:] |= seed[:, :-1]
            grown[:, :-1] |= seed[:, 1:]
            grown &= left
            if (grown == seed).all():
                break
            seed = grown
        left &= ~seed
        if seed.sum() >= smallest:
            found.append(seed)
    return sorted(found, key=lambda piece: -int(piece.sum()))
