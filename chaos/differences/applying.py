"""Each transition, with what fits the document and with what does not, in peace or overtaken by somebody."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from chaos.differences.documents import a_document
from chaos.differences.drawing import MICROSECOND, RIGHT, Drawing, Moments
from chaos.differences.operation import Operation
from chaos.differences.sides import InMemory, Side
from contracts import transitions
from contracts.paths import GenerationPath
from contracts.ports import Applied
from contracts.transitions import Change, Reason, Snapshot, Transition

TRANSITIONS: dict[str, Callable[..., Change | Reason]] = {
    name: function
    for name, function in inspect.getmembers(transitions, inspect.isfunction)
    if function.__module__ == transitions.__name__ and not name.startswith("_")
}
OVERTAKEN = 0.2


def apply(drawing: Drawing, known: InMemory) -> Operation:
    """A transition; one of five is overtaken between the reading and the writing."""
    path = _path(drawing, known)
    moments = drawing.moments()
    overtaken = drawing.random.random() < OVERTAKEN
    if overtaken:
        # By nobody who writes the very same: of a change that is there already, nobody can tell who made it.
        moments = moments._replace(lease=moments.lease + MICROSECOND)
    name, with_arguments, transition = _transition(drawing, known, path, moments)
    says = f"{path.document}: {with_arguments}"
    if not overtaken:
        return Operation(name, says, lambda side: side.generations.apply(path, transition))
    intruder = _intruder(drawing, known, path)
    return Operation(
        f"{name}, overtaken",
        f"{says}; meanwhile {intruder.says}",
        lambda side: side.generations.apply(path, _overtaken(transition, lambda: intruder.do(side))),
    )


def go_on(drawing: Drawing, known: InMemory) -> Operation:
    """A transition after a write of one's own; one of five times somebody comes between the two."""
    path = _path(drawing, known)
    moments = drawing.moments()
    # As above: what the other wrote must not be the very same.
    moments = moments._replace(lease=moments.lease + MICROSECOND)
    name, with_arguments, transition = _transition(drawing, known, path, moments)
    intruder = _intruder(drawing, known, path) if drawing.random.random() < OVERTAKEN else None

    def do(side: Side) -> object:
        first = side.generations.apply(path, lambda _: Change(set={"touched": moments.now}))
        if intruder is not None:
            intruder.do(side)
        return side.generations.apply(path, transition, after=first if isinstance(first, Applied) else None)

    meanwhile = f"; meanwhile {intruder.says}" if intruder else ""
    return Operation(
        f"{name}, going on", f"{path.document}: touch at {moments.now}, {with_arguments}{meanwhile}", do
    )


def put(drawing: Drawing, path: GenerationPath) -> Operation:
    """A page writes, or an administrator."""
    fields = a_document(drawing, path)
    return Operation("put", f"put {path.document}: {fields}", lambda side: side.put(path, fields))


def drop(_: Drawing, path: GenerationPath) -> Operation:
    """An administrator removes it, whatever it is."""
    return Operation("drop", f"drop {path.document}", lambda side: side.drop(path))


def _transition(
    drawing: Drawing, known: InMemory, path: GenerationPath, moments: Moments
) -> tuple[str, str, Transition]:
    name = drawing.random.choice(sorted(TRANSITIONS))
    fields = known.generations.documents.get(path, {})
    _, *wanted = inspect.signature(TRANSITIONS[name]).parameters
    arguments: dict[str, Any] = {one: drawing.argument(one, fields, moments) for one in wanted}
    return name, f"{name} {arguments}", partial(TRANSITIONS[name], **arguments)


def _intruder(drawing: Drawing, known: InMemory, path: GenerationPath) -> Operation:
    """Somebody who changes all, something, or nothing that matters."""
    moments = drawing.moments()
    chance = drawing.random.random()
    if chance < 0.3:
        return drawing.random.choice((put, drop))(drawing, path)
    if chance < 0.6:
        touched = {**known.generations.documents.get(path, {}), "touched": moments.now}
        return Operation("touch", f"touch at {moments.now}", lambda side: side.put(path, touched))
    name, with_arguments, transition = _transition(drawing, known, path, moments)
    return Operation(name, with_arguments, lambda side: side.generations.apply(path, transition))


def _path(drawing: Drawing, known: InMemory) -> GenerationPath:
    """Mostly of a document that is there."""
    there = list(known.generations.documents)
    return drawing.random.choice(there) if there and drawing.random.random() < RIGHT else drawing.path()


def _overtaken(transition: Transition, meanwhile: Callable[[], object]) -> Transition:
    """The same, and something happens when it is asked for the first time."""
    happens = [meanwhile]

    def asked(snapshot: Snapshot) -> Change | Reason:
        while happens:
            happens.pop()()
        return transition(snapshot)

    return asked
