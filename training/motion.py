"""What can happen in a video: one thing moves, grows or shrinks, or a day turns to night."""

import random
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from training.painting import paint
from training.world import COLOURS, Scene, Single, Subject, Thing, Time, is_held_out

FRAMES = 17
SHAPES = ("circle", "square", "triangle", "star", "heart")


class Motion(StrEnum):
    """What the thing does."""

    LEFT = "moving left"
    RIGHT = "moving right"
    UP = "rising"
    DOWN = "falling"
    GROWING = "growing"
    SHRINKING = "shrinking"


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One thing on a background, and what it does from the first frame to the last."""

    picture: Single
    motion: Motion


@dataclass(frozen=True, kw_only=True)
class Nightfall:
    """A landscape, from day over sunset to night."""

    subject: Subject
    seed: int


Video = Clip | Nightfall

STEPS: dict[Motion, tuple[float, float]] = {
    Motion.LEFT: (-0.5, 0.0),
    Motion.RIGHT: (0.5, 0.0),
    Motion.UP: (0.0, -0.5),
    Motion.DOWN: (0.0, 0.5),
}
"""From the first frame to the last, across and down, in parts of the picture's side."""
NIGHTFALLS = 0.1


def draw_video(chance: random.Random, *, held_out: bool = False) -> Video:
    """A video by chance, for training or, `held_out`, of a combination that training never sees."""
    if not held_out and chance.random() < NIGHTFALLS:
        subject = chance.choice([Subject.SEA, Subject.HILLS, Subject.MOUNTAINS])
        return Nightfall(subject=subject, seed=chance.getrandbits(32))
    while True:
        background, colour = chance.sample(list(COLOURS), 2)
        shape = chance.choice(SHAPES)
        if is_held_out(background, colour, shape) == held_out:
            break
    thing = Thing(
        colour=colour,
        shape=shape,
        x=0.5 + chance.uniform(-0.01, 0.01),
        y=0.5 + chance.uniform(-0.01, 0.01),
        radius=chance.uniform(0.185, 0.2),
    )
    return Clip(picture=Single(background=background, thing=thing), motion=chance.choice(list(Motion)))


def paint_video(video: Video, side: int = 64, frames: int = FRAMES) -> NDArray[np.uint8]:
    """All frames, [frames, side, side, 3]."""
    moments = [index / (frames - 1) for index in range(frames)]
    if isinstance(video, Clip):
        return np.stack([paint(_at(video, moment), side) for moment in moments])
    day, sunset, night = (
        paint(Scene(subject=video.subject, time=time, seed=video.seed), side).astype(np.float32) for time in Time
    )
    return np.stack([_blend(day, sunset, night, moment) for moment in moments])


def _at(clip: Clip, moment: float) -> Single:
    thing = clip.picture.thing
    if clip.motion in STEPS:
        across, down = STEPS[clip.motion]
        moved = replace(thing, x=thing.x + across * (moment - 0.5), y=thing.y + down * (moment - 0.5))
    else:
        part = moment if clip.motion is Motion.GROWING else 1.0 - moment
        moved = replace(thing, radius=thing.radius * (0.5 + 1.1 * part))
    return replace(clip.picture, thing=moved)


def _blend(
    day: NDArray[np.float32], sunset: NDArray[np.float32], night: NDArray[np.float32], moment: float
) -> NDArray[np.uint8]:
    first, second, part = (day, sunset, 2 * moment) if moment < 0.5 else (sunset, night, 2 * moment - 1)
    return (first + part * (second - first) + 0.5).astype(np.uint8)
