"""`request_data` with one thing wrong with it: every key, every type, every limit."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from chaos.rules import valid
from chaos.rules.creation import Creation
from chaos.rules.kinds import KINDS
from chaos.rules.spoils import Spoil, Value, asking, having, not_asking, of_kind, this
from chaos.rules.tries import UNHEARD
from contracts.paths import MediaType

FITTING = {"string": {"a string"}, "integer": {"an integer"}, "number": {"an integer", "a double", "minus zero"}}
"""Which of Firestore's types a key may have, by what the schema calls it."""
NO_NAMES = [
    "", "a\n", "\na", "a\nb", "a\r", "a/b", "a b", ".a", "-a", "_a", "../a", "модель", "a\0", "a\x7f",
    "\N{FULLWIDTH LATIN SMALL LETTER A}", "a%20", "https://example.com/a", "a" * 129, "a" * 1_500,
]  # fmt: skip
"""Neither a model nor a LoRA is called so."""
NO_FORMATS = ["", "PNG", "png\n", "\npng", " png", "gif", "svg", "jpg", "pngg", "png,jpeg"]
NO_UPLOADS = [
    "", "uploads", "uploads/{uid}", "uploads/{uid}/", "/uploads/{uid}/a.png", "uploads/{uid}/a/b.png",
    "uploads/{uid}/a.png/", "uploads/{uid}//a.png", "uploads/{uid}/..", "uploads/{uid}/.", "uploads/{uid}/.a",
    "uploads/{uid}/../stranger/a.png", "uploads/{uid}/a.png\n", "\nuploads/{uid}/a.png", "uploads/{uid}/a\nb",
    "uploads/{uid}/a b.png", "uploads/{uid}/a%2Fb.png", "uploads/{uid}/a.png?alt=media", "uploads/{uid}/é.png",
    "uploads/{uid}/a\0.png", "uploads/{uid}2/a.png", "uploads/stranger/a.png", "uploads/stranger/{uid}/a.png",
    "uploads/stranger/a.png\nuploads/{uid}/a.png", "uploads/stranger\0/a.png", "Uploads/{uid}/a.png",
    "generating/{uid}/image/f1.png", "gs://bucket/uploads/{uid}/a.png", "https://example.com/uploads/{uid}/a.png",
    "data:image/png;base64,AAAA", "/etc/passwd", "uploads/{uid}/" + "u" * 129, "uploads/{uid}/" + "u" * 400,
]  # fmt: skip
UNKNOWN_KEYS = [
    "colour", "Prompt", "prompt ", " prompt", "prompt\n", "prompt\0", "pr\N{CYRILLIC SMALL LETTER O}mpt", "a.b",
    "`", "constructor", "size", "keys", "guidanceScale", "scheduler", "callback_on_step_end", "use_cloud_storage",
    "user_id", "attempt", "k" * 900,
]  # fmt: skip
IMPOSSIBLE_KEYS = ["", "__proto__", "__name__", "k" * 1_501]


OF_VIDEOS_ALONE = {"num_frames": 8, "fps": 8, "last_image": "uploads/{uid}/a.png"}


def wrong_requests() -> Iterator[Spoil]:
    """All of them, for both media types."""
    for media_type, limits in valid.LIMITS.items():
        for key, limit in limits.items():
            for kind in (kind for kind in KINDS if kind not in FITTING[limit["type"]]):
                yield Spoil(what=f"{kind} for {key}", of=media_type, change=asking(key, of_kind(kind)))
            yield from _beyond_limits(media_type, key, limit)
        yield from _wrong_keys(media_type)
        yield from _wrong_wholes(media_type)


def _beyond_limits(media_type: MediaType, key: str, limit: Mapping[str, Any]) -> Iterator[Spoil]:
    if limit.get("x-upload"):
        for path in NO_UPLOADS:
            yield Spoil(what=f"{path!r:.60} as {key}", of=media_type, change=asking(key, _with_uid(path)))
        yield Spoil(what=f"somebody else's upload as {key}", of=media_type, change=asking(key, _anothers_upload))
    elif "x-max-utf16-units" in limit:
        too_long = _too_long(limit["x-max-utf16-units"])
        yield Spoil(what=f"a {key} that is too long", of=media_type, change=asking(key, too_long))
    else:
        for value in _beyond(media_type, key, limit):
            what = f"{value!r:.30} for {key}"
            yield Spoil(what=what, of=media_type, change=asking(key, this(value)))


def _beyond(media_type: MediaType, key: str, limit: Mapping[str, Any]) -> list[Any]:
    if "pattern" in limit:
        return [*NO_NAMES, "a" * (65 if key == "model" else 129)]
    if limit["type"] == "string":
        return NO_FORMATS + (["mp4"] if media_type is MediaType.IMAGES else ["png", "jpeg", "webp"])
    least, most = limit["minimum"], limit["maximum"]
    if limit["type"] == "integer":
        return [least - 1, most + 1, -(2**63), 2**63 - 1, 2**53, -(2**53)]
    return [least - 5e-324, least - 1, most + 0.001, most + 1, -1e308, 1e308, 2**63 - 1, -(2**63)]


def _with_uid(path: str) -> Value:
    return lambda _, creation: path.replace("{uid}", creation.user.uid)


def _anothers_upload(random: Random, creation: Creation) -> str:
    uid = creation.user.uid
    other = random.choice([uid + "x", "x" + uid, uid[:-1], uid.swapcase(), valid.anybody(random).uid])
    return f"uploads/{other}/{valid.upload_name(random)}"


def _too_long(most: int) -> Value:
    return lambda random, _: valid.text(random, most + random.choice([1, 2, 100, most]))


def _wrong_keys(media_type: MediaType) -> Iterator[Spoil]:
    for key in UNKNOWN_KEYS:
        yield Spoil(what=f"an unknown key {key!r:.20}", of=media_type, change=asking(key, this(1)))
    for key in IMPOSSIBLE_KEYS:
        what = f"an impossible key {key!r:.20}"
        yield Spoil(what=what, of=media_type, change=asking(key, this(1)), answer=UNHEARD)
    if media_type is MediaType.IMAGES:
        for key, value in OF_VIDEOS_ALONE.items():
            yield Spoil(what=f"{key} for an image", of=media_type, change=asking(key, this(value)))


def _wrong_wholes(media_type: MediaType) -> Iterator[Spoil]:
    yield Spoil(what="no prompt", of=media_type, change=not_asking("prompt"))
    yield Spoil(what="a request in a list", of=media_type, change=having("request_data", _in_a_list))
    yield Spoil(what="a request in a request", of=media_type, change=having("request_data", _in_a_map))
    for kind in KINDS:
        whole = having("request_data", of_kind(kind))
        yield Spoil(what=f"{kind} for request_data", of=media_type, change=whole)


def _in_a_list(_: Random, creation: Creation) -> list[Any]:
    return [creation.fields["request_data"]]


def _in_a_map(_: Random, creation: Creation) -> dict[str, Any]:
    return {"request_data": creation.fields["request_data"]}
