"""The measure is right about painted pictures, and it notices every kind of mistake."""

import random
from dataclasses import replace

import numpy as np
import pytest

from training.evaluation import held_out_pictures, measure_truth, tabulate
from training.measure import judge
from training.measure_motion import judge_video
from training.motion import Clip, Motion, Nightfall, draw_video, paint_video
from training.painting import paint
from training.world import Pair, Relation, Several, Single, Subject, Thing, draw_picture

WHOLE = Single(
    background="blue",
    thing=Thing(colour="red", shape="circle", x=0.5, y=0.5, radius=0.23),
)


@pytest.mark.parametrize(("media", "count"), [("image", 150), ("video", 15)])
def test_it_is_hardly_ever_wrong_about_what_is_really_there(media: str, count: int) -> None:
    table = measure_truth(media, count)

    assert len(table) == {"image": 3, "video": 7}[media]
    for qualities in table.values():
        assert all(right >= 97 for right in qualities.values())


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        (replace(WHOLE, background="green"), {"background"}),
        (replace(WHOLE, thing=replace(WHOLE.thing, colour="yellow")), {"colour"}),
        (replace(WHOLE, thing=replace(WHOLE.thing, shape="star")), {"shape"}),
        (replace(WHOLE, thing=replace(WHOLE.thing, radius=0.12)), {"size"}),
        (replace(WHOLE, thing=replace(WHOLE.thing, x=0.27)), {"place"}),
    ],
    ids=["background", "colour", "shape", "size", "place"],
)
def test_it_notices_one_mistake_and_no_other(changed: Single, wrong: set[str]) -> None:
    verdict = vars(judge(paint(changed), WHOLE))

    assert {quality for quality, right in verdict.items() if right is False} == wrong


def test_it_counts() -> None:
    three = draw_three()

    assert judge(paint(three), three).count
    assert not judge(paint(replace(three, things=three.things[:2])), three).count


def draw_three() -> Several:
    chance = random.Random(1)
    while True:
        picture = draw_picture(chance, kind="several")
        if isinstance(picture, Several) and len(picture.things) == 3:
            return picture


@pytest.mark.parametrize("relation", Relation)
def test_it_tells_a_relation_from_its_opposite(relation: Relation) -> None:
    chance = random.Random(2)
    while True:
        pair = draw_picture(chance, kind="pair")
        if isinstance(pair, Pair) and pair.relation is relation:
            break
    turned = replace(pair, things=tuple(reversed(pair.things)))

    assert judge(paint(pair), pair).relation
    assert judge(paint(pair), turned).relation is False


def test_noise_and_an_empty_picture_show_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    flat = np.full((64, 64, 3), 128, np.uint8)

    for pixels in (noise, flat):
        verdict = judge(pixels, WHOLE)
        assert not (verdict.colour and verdict.shape and verdict.background)


def test_a_painter_that_paints_something_else_gets_few_points() -> None:
    wanted = held_out_pictures(60)

    table = tabulate(wanted, [paint(WHOLE)] * len(wanted))

    assert table["single"]["background"] < 40
    assert table["single"]["shape"] < 50
    assert table["pair"]["relation"] == 0


@pytest.mark.parametrize("motion", Motion)
def test_it_knows_every_motion(motion: Motion) -> None:
    clip = draw_video(random.Random(3), held_out=True)
    assert isinstance(clip, Clip)
    clip = replace(clip, motion=motion)

    verdict = judge_video(paint_video(clip), clip)

    assert all(vars(verdict).values())
    backwards = judge_video(paint_video(clip)[::-1], clip)
    assert not backwards.motion
    still = judge_video(np.stack([paint(clip.picture)] * 17), clip)
    assert not still.motion


def test_it_knows_a_day_that_turns_to_night() -> None:
    nightfall = Nightfall(subject=Subject.SEA, seed=1)
    frames = paint_video(nightfall)

    assert judge_video(frames, nightfall).motion
    assert not judge_video(frames[::-1], nightfall).motion
    assert not judge_video(np.stack([frames[0]] * 17), nightfall).motion
