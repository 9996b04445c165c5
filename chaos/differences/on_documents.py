"""What is done to documents: each method of `GenerationStore`, and what is written around it."""

from collections.abc import Mapping
from datetime import datetime

from chaos.differences.applying import apply, drop, go_on, put
from chaos.differences.drawing import Drawing
from chaos.differences.operation import Draw, Operation
from chaos.differences.sides import InMemory
from contracts.ports import Mark


def a_mark(drawing: Drawing) -> Mark:
    """Somewhere among the creations."""
    document = drawing.random.choice(("", drawing.path().document, drawing.path().document))
    return Mark(created_at=drawing.creation(), document=document)


def _put(drawing: Drawing, _: InMemory) -> Operation:
    return put(drawing, drawing.path())


def _drop(drawing: Drawing, _: InMemory) -> Operation:
    return drop(drawing, drawing.path())


def _read(drawing: Drawing, _: InMemory) -> Operation:
    path = drawing.path()
    return Operation("read", f"read {path.document}", lambda side: side.generations.read(path))


def _create(drawing: Drawing, _: InMemory) -> Operation:
    path, repeated = drawing.path(), drawing.path()
    return Operation(
        "create",
        f"create {path.document}, repeating {repeated.document}",
        lambda side: side.create(path, {"prompt": "again", "guidance_scale": 3.0}, repeated),
    )


def _delete(drawing: Drawing, known: InMemory) -> Operation:
    path = drawing.path()
    there = known.generations.documents.get(path, {}).get("created_at")
    right = there if isinstance(there, datetime) else None
    created_at = drawing.random.choice((right, right, None, drawing.creation()))
    return Operation(
        "delete",
        f"delete {path.document} of {created_at}",
        lambda side: side.generations.delete(path, created_at),
    )


def _overdue(drawing: Drawing, _: InMemory) -> Operation:
    media_type, now, limit = drawing.media_type(), drawing.any_moment(), drawing.limit()
    return Operation(
        "overdue",
        f"{limit} overdue {media_type} at {now}",
        lambda side: side.generations.overdue(media_type, now=now, limit=limit),
    )


def _created(drawing: Drawing, _: InMemory) -> Operation:
    media_type, since, until, limit = drawing.media_type(), a_mark(drawing), drawing.any_moment(), drawing.limit()
    return Operation(
        "created",
        f"{limit} {media_type} created from {since} to {until}",
        lambda side: side.generations.created(media_type, since=since, until=until, limit=limit),
    )


ON_DOCUMENTS: Mapping[Draw, float] = {
    apply: 12,
    go_on: 4,
    _put: 4,
    _drop: 0.5,
    _read: 1,
    _create: 1,
    _delete: 1.5,
    _overdue: 2.5,
    _created: 2.5,
}
"""How often each is drawn, in proportion."""
