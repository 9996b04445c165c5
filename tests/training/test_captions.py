"""A picture in words, in many ways and always truly."""

import random

import pytest

from training.captions import COLOUR_WORDS, SHAPE_WORDS, caption, plain_caption, plural
from training.world import Pair, Relation, Scene, Several, Single, Subject, Thing, Time, draw_picture


def thing(colour: str, shape: str) -> Thing:
    return Thing(colour=colour, shape=shape, x=0.5, y=0.5, radius=0.2)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (Single(background="blue", thing=thing("red", "circle")), "a red circle on a blue background"),
        (
            Single(background="orange", thing=thing("orange", "star"), size="small", place="on the left"),
            "a small orange star on the left on an orange background",
        ),
        (
            Several(background="black", things=(thing("white", "heart"),) * 3),
            "three white hearts on a black background",
        ),
        (
            Pair(
                background="white",
                things=(thing("red", "square"), thing("orange", "star")),
                relation=Relation.LEFT_OF,
            ),
            "a red square left of an orange star on a white background",
        ),
        (Scene(subject=Subject.SEA, time=Time.SUNSET, seed=1), "the sea at sunset"),
    ],
)
def test_the_plain_caption_says_all_of_it(picture: Single | Several | Pair | Scene, words: str) -> None:
    assert plain_caption(picture) == words


def test_a_caption_never_names_what_is_not_there() -> None:
    chance = random.Random(1)
    for _ in range(2_000):
        picture = draw_picture(chance)
        words = set(caption(picture, chance).replace(",", " ").replace(".", " ").split())
        if isinstance(picture, Scene):
            continue
        there = {picture.background} | {thing.colour for thing in picture.things}
        absent = {word for colour, said in COLOUR_WORDS.items() if colour not in there for word in said}
        assert not words & absent
        shapes = {thing.shape for thing in picture.things}
        others = {word for shape, said in SHAPE_WORDS.items() if shape not in shapes for word in said}
        assert not words & (others | {plural(word) for word in others})


def test_the_same_picture_is_said_in_many_ways() -> None:
    picture = Single(background="blue", thing=thing("red", "circle"))
    chance = random.Random(1)

    assert len({caption(picture, chance) for _ in range(200)}) > 60
