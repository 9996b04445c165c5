"""What is done to commands, and to what the sweeper keeps."""

from collections.abc import Mapping

from chaos.differences.documents import a_command
from chaos.differences.drawing import Drawing
from chaos.differences.on_documents import a_mark
from chaos.differences.operation import Draw, Operation
from chaos.differences.sides import InMemory

COMMAND_IDS = ("c", "c-1", "C")


def _ids(drawing: Drawing) -> tuple[str, str]:
    return drawing.path().user_id, drawing.random.choice(COMMAND_IDS)


def _put_command(drawing: Drawing, _: InMemory) -> Operation:
    ids, fields = _ids(drawing), a_command(drawing)
    return Operation("put command", f"put command {ids}: {fields}", lambda side: side.put_command(*ids, fields))


def _read_command(drawing: Drawing, _: InMemory) -> Operation:
    ids = _ids(drawing)
    return Operation("read command", f"read command {ids}", lambda side: side.commands.read(*ids))


def _remove_command(drawing: Drawing, _: InMemory) -> Operation:
    ids = _ids(drawing)
    return Operation("remove command", f"remove command {ids}", lambda side: side.commands.remove(*ids))


def _waiting(drawing: Drawing, _: InMemory) -> Operation:
    until, limit = drawing.any_moment(), drawing.limit()
    return Operation(
        "waiting commands",
        f"{limit} commands waiting at {until}",
        lambda side: side.commands.waiting(until=until, limit=limit),
    )


def _mark(drawing: Drawing, _: InMemory) -> Operation:
    media_type = drawing.media_type()
    return Operation("mark", f"mark of {media_type}", lambda side: side.sweeper.mark(media_type))


def _move(drawing: Drawing, _: InMemory) -> Operation:
    media_type, mark = drawing.media_type(), a_mark(drawing)
    return Operation("move", f"move {media_type} to {mark}", lambda side: side.sweeper.move(media_type, mark))


def _breaker(_drawing: Drawing, _: InMemory) -> Operation:
    return Operation("breaker", "breaker", lambda side: side.sweeper.breaker())


def _open_breaker(drawing: Drawing, _: InMemory) -> Operation:
    now, until = drawing.any_moment(), drawing.any_moment()
    return Operation(
        "open breaker",
        f"breaker at {now}, until {until}",
        lambda side: side.sweeper.open_breaker("runpod_busy", now=now, until=until),
    )


ON_THE_REST: Mapping[Draw, float] = {
    _put_command: 3,
    _read_command: 1,
    _remove_command: 0.7,
    _waiting: 2.5,
    _mark: 0.5,
    _move: 0.5,
    _breaker: 0.3,
    _open_breaker: 0.3,
}
"""How often each is drawn, in proportion."""
