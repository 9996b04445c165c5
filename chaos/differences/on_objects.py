"""What is done to objects: each method of `ObjectStore`, with right and stale versions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

from chaos.differences.drawing import FAR_AHEAD, RIGHT, Drawing
from chaos.differences.operation import Draw, Operation
from chaos.differences.sides import LONG_AGO, InMemory, Side
from contracts.stored_object import DOWNLOAD_TOKEN, File

TAILS = (".png", "_0.png", "_1.png", "_10.webp", "", ".png.bak")
CONTENTS = (b"", b"one", b"\x00\xff\r\n--two")
METADATA: tuple[dict[str, str], ...] = (
    {},
    {"attempt": "1", "generation_data": '{"prompt": "über 😀"}'},
    {"a": ""},
)
NEVER_STORED = 999_999
NOW_AND_THEN = 1 - RIGHT


def _name(drawing: Drawing, known: InMemory) -> str:
    """Mostly one that a generation may own; every second one has been stored before."""
    if known.stored and drawing.random.random() < 0.5:
        return drawing.random.choice(known.stored).name
    path, tail = drawing.path(), drawing.random.choice(TAILS)
    folder = "uploads" if drawing.random.random() < NOW_AND_THEN else "generating"
    return f"{folder}/{path.user_id}/{path.media_type.file_type}/{path.file_uid}{tail}"


def _put(drawing: Drawing, known: InMemory) -> Operation:
    name = _name(drawing, known)
    versions = [number for number, stored in enumerate(known.stored) if stored.name == name]
    right = versions[-1] if name in known.objects.objects else None
    over = right if drawing.random.random() < RIGHT else drawing.random.choice((None, *versions))
    content, metadata = drawing.random.choice(CONTENTS), drawing.random.choice(METADATA)
    file = File(name=name, content=content, content_type="image/png", sha256="0a")

    def do(side: Side) -> object:
        return side.store(file, metadata, replacing=0 if over is None else side.stored[over].generation)

    return Operation("put object", f"put object {name} over version {over}: {content!r} {metadata}", do)


def _put_over_nothing(drawing: Drawing, known: InMemory) -> Operation:
    file = File(name=_name(drawing, known), content=b"none", content_type="image/png", sha256="0a")
    return Operation(
        "put object over what never was",
        f"put object {file.name} over what never was",
        lambda side: side.store(file, {}, replacing=NEVER_STORED),
    )


def _remove(drawing: Drawing, known: InMemory) -> Operation:
    number = drawing.random.randrange(len(known.stored))
    return Operation(
        "remove object", f"remove version {number}", lambda side: side.objects.remove(side.stored[number])
    )


def _url(drawing: Drawing, known: InMemory) -> Operation:
    """Where it leads differs by nature; that it holds the name and the token does not."""
    number = drawing.random.randrange(len(known.stored))

    def do(side: Side) -> object:
        stored = side.stored[number]
        url = side.objects.url(stored)
        return [stored.name in unquote(url), url.endswith(stored.metadata[DOWNLOAD_TOKEN])]

    return Operation("url", f"url of version {number}", do)


def _find(drawing: Drawing, _: InMemory) -> Operation:
    path = drawing.path()
    return Operation("find objects", f"find objects of {path.document}", lambda side: side.objects.find(path))


def _all(drawing: Drawing, known: InMemory) -> Operation:
    """Also up to the very moment of a version that is there, and up to just before it."""
    moments: list[datetime] = [LONG_AGO, FAR_AHEAD]
    for moment in known.objects.stored_at.values():
        moments += [moment, moment - timedelta(milliseconds=1)]
    before = drawing.random.randrange(len(moments))
    return Operation(
        "all objects",
        f"all objects stored before {moments[before]}",
        lambda side: list(side.objects.all(stored_before=moments[before])),
    )


def _read(drawing: Drawing, known: InMemory) -> Operation:
    """Also with a limit that some contents keep to and others do not."""
    name, at_most = _name(drawing, known), drawing.random.choice((2, 100))
    return Operation(
        "read object",
        f"read at most {at_most} bytes of {name}",
        lambda side: side.objects.read(name, at_most=at_most),
    )


ALWAYS: Mapping[Draw, float] = {_put: 4, _put_over_nothing: 0.4, _find: 2, _all: 1, _read: 1}
"""How often each is drawn, in proportion."""
OF_A_VERSION: Mapping[Draw, float] = {_remove: 2, _url: 0.7}
"""The same, once anything was stored."""
