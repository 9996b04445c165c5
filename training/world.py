"""What can be on a picture: a few colours, shapes, numbers, places and scenes.

A picture here is a description, not pixels: `painting` paints it, `captions` puts it into words, and `measure`
compares pixels with it. The world is small on purpose: what is in it is learnt well.
"""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 48, 49),
    "orange": (240, 138, 36),
    "yellow": (248, 212, 64),
    "green": (56, 158, 84),
    "blue": (52, 104, 214),
    "purple": (132, 72, 176),
    "white": (244, 243, 238),
    "black": (32, 32, 38),
}
SHAPES = ("circle", "square", "triangle", "star", "heart")
SIZES = {"small": (0.115, 0.145), "": (0.20, 0.26), "large": (0.32, 0.37)}
"""Words and radii, as parts of the picture's side."""
PLACES = {
    "in the middle": (0.5, 0.5),
    "on the left": (0.27, 0.5),
    "on the right": (0.73, 0.5),
    "at the top": (0.5, 0.27),
    "at the bottom": (0.5, 0.73),
}


class Relation(StrEnum):
    """Where the first of two things is."""

    LEFT_OF = "left of"
    RIGHT_OF = "right of"
    ABOVE = "above"
    BELOW = "below"


class Subject(StrEnum):
    """What a scene shows."""

    SEA = "sea"
    HOUSE = "house"
    MOUNTAINS = "mountains"
    HILLS = "hills"


class Time(StrEnum):
    """When a scene is."""

    DAY = "day"
    SUNSET = "sunset"
    NIGHT = "night"


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One shape. Lengths are parts of the picture's side; the origin is at the top left."""

    colour: str
    shape: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class Single:
    """One thing on a background."""

    background: str
    thing: Thing
    size: str = ""
    place: str = "in the middle"

    @property
    def things(self) -> tuple[Thing, ...]:
        """The one thing, as other arrangements have theirs."""
        return (self.thing,)


@dataclass(frozen=True, kw_only=True)
class Several:
    """Two, three or four things of one kind."""

    background: str
    things: tuple[Thing, ...]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two things of different colours, and where the first one is."""

    background: str
    things: tuple[Thing, ...]
    relation: Relation


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A landscape."""

    subject: Subject
    time: Time
    seed: int
    """Of everything that no caption names."""


Arrangement = Single | Several | Pair
Picture = Arrangement | Scene

LAYOUTS: dict[int, tuple[tuple[tuple[float, float], ...], float]] = {
    2: (((0.28, 0.5), (0.72, 0.5)), 0.165),
    3: (((0.5, 0.29), (0.27, 0.70), (0.73, 0.70)), 0.155),
    4: (((0.28, 0.28), (0.72, 0.28), (0.28, 0.72), (0.72, 0.72)), 0.145),
}
"""Where so many things lie, and how big they are."""
SIDES: dict[Relation, tuple[tuple[float, float], tuple[float, float]]] = {
    Relation.LEFT_OF: ((0.27, 0.5), (0.73, 0.5)),
    Relation.RIGHT_OF: ((0.73, 0.5), (0.27, 0.5)),
    Relation.ABOVE: ((0.5, 0.27), (0.5, 0.73)),
    Relation.BELOW: ((0.5, 0.73), (0.5, 0.27)),
}
SPREAD = 0.02
"""How far a thing may be off its place."""
KINDS: dict[str, float] = {"single": 0.40, "several": 0.20, "pair": 0.27, "scene": 0.13}


def is_held_out(background: str, colour: str, shape: str) -> bool:
    """Whether this combination is kept from training, so that it can be asked for afterwards: one in eight."""
    return zlib.crc32(f"{background} {colour} {shape}".encode()) % 8 == 0


def draw_picture(
    chance: random.Random, *, kind: str | None = None, held_out: bool = False, steady: bool = False
) -> Picture:
    """A picture by chance, for training or, `held_out`, of a combination that training never sees.

    Args:
        chance: where chance comes from.
        kind: one of `KINDS`; by their frequencies if None.
        held_out: whether each thing's combination with its background is held out, or none is.
        steady: whether things are exactly at their places.

    """
    kind = kind or chance.choices(list(KINDS), list(KINDS.values()))[0]
    if kind == "scene":
        subject, time = chance.choice(list(Subject)), chance.choice(list(Time))
        return Scene(subject=subject, time=time, seed=chance.getrandbits(32))
    ways: dict[str, Callable[[random.Random, float], Arrangement]] = {
        "single": _single,
        "several": _several,
        "pair": _pair,
    }
    while True:
        picture = ways[kind](chance, 0.0 if steady else SPREAD)
        out = [is_held_out(picture.background, thing.colour, thing.shape) for thing in picture.things]
        if all(out) if held_out else not any(out):
            return picture


def _single(chance: random.Random, spread: float) -> Single:
    background, colour = chance.sample(list(COLOURS), 2)
    size = chance.choice(["small", "large", "", "", ""])
    place = "in the middle" if size == "large" or chance.random() < 0.5 else chance.choice(list(PLACES))
    radius = chance.uniform(*SIZES[size])
    x, y = PLACES[place]
    thing = Thing(
        colour=colour,
        shape=chance.choice(SHAPES),
        x=x + chance.uniform(-spread, spread),
        y=y + chance.uniform(-spread, spread),
        radius=radius,
    )
    return Single(background=background, thing=thing, size=size, place=place)


def _several(chance: random.Random, spread: float) -> Several:
    background, colour = chance.sample(list(COLOURS), 2)
    shape = chance.choice(SHAPES)
    places, radius = LAYOUTS[chance.choice(list(LAYOUTS))]
    radius *= chance.uniform(0.92, 1.08)
    things = tuple(
        Thing(
            colour=colour,
            shape=shape,
            x=x + chance.uniform(-spread, spread),
            y=y + chance.uniform(-spread, spread),
            radius=radius,
        )
        for x, y in places
    )
    return Several(background=background, things=things)


def _pair(chance: random.Random, spread: float) -> Pair:
    background, *colours = chance.sample(list(COLOURS), 3)
    relation = chance.choice(list(Relation))
    things = tuple(
        Thing(
            colour=colour,
            shape=chance.choice(SHAPES),
            x=x + chance.uniform(-spread, spread),
            y=y + chance.uniform(-spread, spread),
            radius=0.175 * chance.uniform(0.92, 1.08),
        )
        for colour, (x, y) in zip(colours, SIDES[relation], strict=True)
    )
    return Pair(background=background, things=things, relation=relation)
