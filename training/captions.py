"""A picture in words: the way a person would ask for it, in many ways.

Synonyms, word order and politeness vary, a part may be left unsaid, and now and then there is a word that means
nothing here, so that a model learns to overlook those.
"""

import random

from training.world import Pair, Picture, Relation, Scene, Several, Single, Subject, Time

COLOUR_WORDS = {
    "red": ("red", "red", "red", "crimson", "scarlet"),
    "orange": ("orange",),
    "yellow": ("yellow", "yellow", "yellow", "golden"),
    "green": ("green",),
    "blue": ("blue",),
    "purple": ("purple", "purple", "purple", "violet"),
    "white": ("white",),
    "black": ("black",),
}
SHAPE_WORDS = {
    "circle": ("circle", "circle", "ball", "disc", "dot"),
    "square": ("square", "square", "box"),
    "triangle": ("triangle",),
    "star": ("star",),
    "heart": ("heart",),
}
SIZE_WORDS = {"small": ("small", "little", "tiny"), "large": ("large", "big", "huge"), "": ("",)}
NUMBER_WORDS = {2: ("two", "two", "2", "a pair of"), 3: ("three", "three", "3"), 4: ("four", "four", "4")}
PLACE_WORDS = {
    "in the middle": ("in the middle", "in the center", "in the centre"),
    "on the left": ("on the left", "on the left side"),
    "on the right": ("on the right", "on the right side"),
    "at the top": ("at the top", "near the top"),
    "at the bottom": ("at the bottom", "near the bottom"),
}
RELATION_WORDS = {
    Relation.LEFT_OF: ("left of", "to the left of", "on the left of"),
    Relation.RIGHT_OF: ("right of", "to the right of", "on the right of"),
    Relation.ABOVE: ("above", "over", "on top of"),
    Relation.BELOW: ("below", "under", "beneath"),
}
TIME_WORDS = {
    Time.DAY: ("by day", "during the day", "on a sunny day", "under a blue sky", "in the sunshine"),
    Time.SUNSET: ("at sunset", "in the evening", "at dusk"),
    Time.NIGHT: ("at night", "by night", "under the stars", "under the moon"),
}
SUBJECT_WORDS = {
    Subject.SEA: ("the sea", "the ocean", "a calm sea"),
    Subject.HOUSE: ("a house and a tree", "a house with a tree", "a small house beside a tree", "a house"),
    Subject.MOUNTAINS: ("mountains", "snowy mountains", "the mountains", "a mountain landscape"),
    Subject.HILLS: ("green hills", "hills", "a meadow", "a landscape with hills"),
}
BEFORE = (
    "a picture of ",
    "a photo of ",
    "an image of ",
    "a drawing of ",
    "a painting of ",
    "please draw ",
    "show me ",
)
AFTER = (", high quality", ", beautiful", ", simple", ", minimal", ", soft light", ", detailed", " please", ".")
SUNSETS = ("sunset", "a sunset")
NIGHT_SKIES = ("a night sky", "the night sky with stars", "the moon and the stars", "a starry night")
BODIES = {Time.DAY: "the sun", Time.SUNSET: "the sun", Time.NIGHT: "the moon"}
NOISE_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def plain_caption(picture: Picture) -> str:
    """The plainest way to say all of it; what a prompt of the measure says."""
    match picture:
        case Single():
            size = f"{picture.size} " if picture.size else ""
            place = "" if picture.place == "in the middle" else f" {picture.place}"
            what = with_article(f"{size}{picture.thing.colour} {picture.thing.shape}")
            return f"{what}{place} on {with_article(picture.background)} background"
        case Several():
            number = NUMBER_WORDS[len(picture.things)][0]
            thing = picture.things[0]
            return (
                f"{number} {thing.colour} {plural(thing.shape)} on {with_article(picture.background)} background"
            )
        case Pair():
            first, second = (with_article(f"{thing.colour} {thing.shape}") for thing in picture.things)
            return f"{first} {picture.relation} {second} on {with_article(picture.background)} background"
        case Scene():
            return f"{SUBJECT_WORDS[picture.subject][0]} {TIME_WORDS[picture.time][0]}"


def caption(picture: Picture, chance: random.Random) -> str:
    """One of the ways to say it."""
    said = _scene(picture, chance) if isinstance(picture, Scene) else _arrangement(picture, chance)
    if chance.random() < 0.25:
        said = chance.choice(BEFORE) + said
    if chance.random() < 0.2:
        said += chance.choice(AFTER)
    if chance.random() < 0.06:
        said = _with_noise(said, chance)
    return said


def with_article(words: str) -> str:
    """`a` or `an` before them."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def plural(noun: str) -> str:
    """More than one of it."""
    return f"{noun}es" if noun.endswith("x") else f"{noun}s"


def _arrangement(picture: Single | Several | Pair, chance: random.Random) -> str:
    what = {Single: _single, Several: _several, Pair: _pair}[type(picture)](picture, chance)  # type: ignore[operator]
    background = chance.choice(COLOUR_WORDS[picture.background])
    way = chance.random()
    if way < 0.06:
        return str(what)
    if way < 0.70:
        return f"{what} on {with_article(background)} background"
    if way < 0.78:
        return f"{what}, {background} background"
    if way < 0.86:
        return f"{background} background, {what}"
    if way < 0.93:
        return f"on {with_article(background)} background, {what}"
    return f"{with_article(background)} background with {what}"


def _single(picture: Single, chance: random.Random) -> str:
    words = (
        chance.choice(SIZE_WORDS[picture.size]),
        chance.choice(COLOUR_WORDS[picture.thing.colour]),
        chance.choice(SHAPE_WORDS[picture.thing.shape]),
    )
    what = " ".join(word for word in words if word)
    if chance.random() < 0.85:
        what = with_article(what)
    if picture.place == "in the middle" and chance.random() < 0.85:
        return what
    return f"{what} {chance.choice(PLACE_WORDS[picture.place])}"


def _several(picture: Several, chance: random.Random) -> str:
    thing = picture.things[0]
    number = chance.choice(NUMBER_WORDS[len(picture.things)])
    shape = plural(chance.choice(SHAPE_WORDS[thing.shape]))
    return f"{number} {chance.choice(COLOUR_WORDS[thing.colour])} {shape}"


def _pair(picture: Pair, chance: random.Random) -> str:
    first, second = (
        with_article(f"{chance.choice(COLOUR_WORDS[thing.colour])} {chance.choice(SHAPE_WORDS[thing.shape])}")
        for thing in picture.things
    )
    return f"{first} {chance.choice(RELATION_WORDS[picture.relation])} {second}"


def _scene(scene: Scene, chance: random.Random) -> str:
    subject, time = chance.choice(SUBJECT_WORDS[scene.subject]), chance.choice(TIME_WORDS[scene.time])
    if scene.time is Time.SUNSET and chance.random() < 0.35:
        return f"{chance.choice(SUNSETS)} over {subject}"
    if scene.subject is Subject.HILLS and scene.time is Time.NIGHT and chance.random() < 0.5:
        return chance.choice(NIGHT_SKIES)
    if chance.random() < 0.15:
        return f"{BODIES[scene.time]} {chance.choice(('over', 'above'))} {subject} {time}"
    return f"{subject} {time}" if chance.random() < 0.8 else f"{time}, {subject}"


def _with_noise(said: str, chance: random.Random) -> str:
    words = said.split(" ")
    noise = "".join(chance.choice(NOISE_LETTERS) for _ in range(chance.randint(2, 8)))
    words.insert(chance.randrange(len(words) + 1), noise)
    return " ".join(words)
