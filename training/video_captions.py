"""A video in words."""

import random

from training.captions import (
    AFTER,
    COLOUR_WORDS,
    SHAPE_WORDS,
    SUBJECT_WORDS,
    plain_caption,
    with_article,
)
from training.motion import Clip, Motion, Nightfall, Video

MOTION_WORDS = {
    Motion.LEFT: ("moving left", "moving to the left", "going left", "sliding to the left"),
    Motion.RIGHT: ("moving right", "moving to the right", "going right", "sliding to the right"),
    Motion.UP: ("rising", "moving up", "going up", "flying up"),
    Motion.DOWN: ("falling", "moving down", "going down", "falling down"),
    Motion.GROWING: ("growing", "getting bigger", "growing larger"),
    Motion.SHRINKING: ("shrinking", "getting smaller"),
}
NIGHTFALL_WORDS = ("day turning to night", "the sun goes down", "nightfall", "from day to night")
BEFORE = ("a video of ", "a clip of ", "an animation of ", "show me ")


def plain_video_caption(video: Video) -> str:
    """The plainest way to say all of it."""
    if isinstance(video, Nightfall):
        return f"{NIGHTFALL_WORDS[0]} over {SUBJECT_WORDS[video.subject][0]}"
    what, _, background = plain_caption(video.picture).partition(" on ")
    return f"{what} {MOTION_WORDS[video.motion][0]} on {background}"


def video_caption(video: Video, chance: random.Random) -> str:
    """One of the ways to say it."""
    said = _nightfall(video, chance) if isinstance(video, Nightfall) else _clip(video, chance)
    if chance.random() < 0.25:
        said = chance.choice(BEFORE) + said
    if chance.random() < 0.15:
        said += chance.choice(AFTER)
    return said[0].upper() + said[1:] if chance.random() < 0.15 else said


def _nightfall(video: Nightfall, chance: random.Random) -> str:
    subject, time = chance.choice(SUBJECT_WORDS[video.subject]), chance.choice(NIGHTFALL_WORDS)
    return f"{time} over {subject}" if chance.random() < 0.6 else f"{subject}, {time}"


def _clip(video: Clip, chance: random.Random) -> str:
    thing, background = video.picture.thing, chance.choice(COLOUR_WORDS[video.picture.background])
    noun = f"{chance.choice(COLOUR_WORDS[thing.colour])} {chance.choice(SHAPE_WORDS[thing.shape])}"
    motion = chance.choice(MOTION_WORDS[video.motion])
    way = chance.random()
    if way < 0.7:
        return f"{with_article(noun)} {motion} on {with_article(background)} background"
    if way < 0.8:
        return f"{with_article(background)} background, {with_article(noun)} {motion}"
    if way < 0.9:
        return f"{noun} {motion}, {background} background"
    return f"{with_article(noun)} on {with_article(background)} background, {motion}"
