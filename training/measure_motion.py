"""Does the thing in a video do what its prompt says? Judged from the largest piece of some frames."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.measure import Seen, look
from training.motion import STEPS, Clip, Motion, Nightfall

FAR_ENOUGH = 0.12
"""The least way from the first frames to the last, in parts of the side."""
BIGGER = 1.25
"""The least ratio of the radii."""
DARKER = 0.75
"""How much of a day's light a night has at most."""


@dataclass(frozen=True, kw_only=True)
class MotionVerdict:
    """What is right; None where the prompt does not say."""

    motion: bool
    background: bool | None = None
    colour: bool | None = None
    shape: bool | None = None


def judge_video(frames: NDArray[np.uint8], wanted: Clip | Nightfall) -> MotionVerdict:
    """Compare a video, [frames, side, side, 3], with the one that its prompt describes."""
    if isinstance(wanted, Nightfall):
        return MotionVerdict(motion=_gets_dark(frames))
    looks = [look(frame) for frame in frames]
    middle = looks[len(looks) // 2]
    thing = middle[1][0] if middle[1] else None
    return MotionVerdict(
        background=middle[0] == wanted.picture.background,
        colour=thing is not None and thing.colour == wanted.picture.thing.colour,
        shape=thing is not None and thing.shape == wanted.picture.thing.shape,
        motion=_motion([seen[0] for _, seen in looks if seen]) is wanted.motion,
    )


def _motion(seen: list[Seen]) -> Motion | None:
    """What the things of the frames, in order, do together."""
    if len(seen) < 4:
        return None
    first, last = seen[:2], seen[-2:]
    across = _mean(thing.x for thing in last) - _mean(thing.x for thing in first)
    down = _mean(thing.y for thing in last) - _mean(thing.y for thing in first)
    if max(abs(across), abs(down)) > FAR_ENOUGH:
        return max(STEPS, key=lambda motion: STEPS[motion][0] * across + STEPS[motion][1] * down)
    ratio = _mean(thing.radius for thing in last) / _mean(thing.radius for thing in first)
    if ratio > BIGGER:
        return Motion.GROWING
    return Motion.SHRINKING if ratio < 1 / BIGGER else None


def _gets_dark(frames: NDArray[np.uint8]) -> bool:
    """From a day, over what is darker, to a night."""
    first, middle, last = (float(frames[part].mean()) for part in (slice(3), slice(7, 10), slice(-3, None)))
    return first > middle > last and last < DARKER * first


def _mean(values: object) -> float:
    return float(np.mean(list(values)))  # type: ignore[call-overload]
