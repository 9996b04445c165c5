"""The world is small and known; what is held out never gets in."""

import random

import pytest

from training.world import COLOURS, KINDS, LAYOUTS, SHAPES, Scene, Several, Single, draw_picture, is_held_out


def combinations(kind: str, *, held_out: bool) -> set[bool]:
    chance = random.Random(1)
    drawn = [draw_picture(chance, kind=kind, held_out=held_out) for _ in range(300)]
    return {
        is_held_out(picture.background, thing.colour, thing.shape)
        for picture in drawn
        if not isinstance(picture, Scene)
        for thing in picture.things
    }


@pytest.mark.parametrize("kind", ["single", "several", "pair"])
def test_training_sees_nothing_that_is_held_out_and_the_measure_nothing_else(kind: str) -> None:
    assert combinations(kind, held_out=False) == {False}
    assert combinations(kind, held_out=True) == {True}


def test_about_one_combination_in_eight_is_held_out() -> None:
    every = [
        is_held_out(background, colour, shape)
        for background in COLOURS
        for colour in COLOURS
        if colour != background
        for shape in SHAPES
    ]

    assert 0.10 < sum(every) / len(every) < 0.15


def test_every_kind_is_drawn_and_lies_on_the_picture() -> None:
    chance = random.Random(2)
    drawn = [draw_picture(chance) for _ in range(2_000)]

    assert len({type(picture) for picture in drawn}) == len(KINDS)
    assert {len(picture.things) for picture in drawn if isinstance(picture, Several)} == set(LAYOUTS)
    for picture in drawn:
        if not isinstance(picture, Scene):
            for thing in picture.things:
                assert thing.colour != picture.background
                assert 0 < thing.x < 1
                assert 0 < thing.y < 1


def test_the_same_chance_draws_the_same() -> None:
    assert draw_picture(random.Random(3)) == draw_picture(random.Random(3))


def test_steady_things_are_exactly_at_their_places() -> None:
    picture = draw_picture(random.Random(4), kind="single", steady=True)

    assert isinstance(picture, Single)
    assert (picture.thing.x, picture.thing.y) in {(0.5, 0.5), (0.27, 0.5), (0.73, 0.5), (0.5, 0.27), (0.5, 0.73)}
