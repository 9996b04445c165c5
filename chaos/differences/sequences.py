"""One sequence of operations, done to both sides until they differ."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from chaos.differences.applying import put
from chaos.differences.drawing import Drawing
from chaos.differences.on_documents import ON_DOCUMENTS
from chaos.differences.on_objects import ALWAYS, OF_A_VERSION
from chaos.differences.on_the_rest import ON_THE_REST
from chaos.differences.operation import Operation
from chaos.differences.plain import Plain, outcome, plain
from chaos.differences.sides import InMemory, Side
from contracts.errors import ObjectExists, ObjectTooLarge, RequestInvalid
from contracts.ports import StoreUnavailable

FEWEST, MOST = 14, 26
EXPECTED = (StoreUnavailable, ObjectExists, ObjectTooLarge, RequestInvalid)
Outcomes = Counter[tuple[str, str]]
"""How often an operation of which kind came to what."""


@dataclass
class Account:
    """What was done, and where the sides parted."""

    done: list[str] = field(default_factory=list)
    outcomes: Outcomes = field(default_factory=Counter)
    difference: str = ""


def run(seed: int, number: int, real: Side) -> Account:
    """The sequence of this number; the same seed and number draw the same one."""
    drawing = Drawing(Random(f"{seed}/{number}"))
    in_memory = InMemory(lambda: real.latest)
    sides = (real, in_memory)  # in this order: the server says what time it is
    account = Account()
    for number_of_operation in range(drawing.random.randint(FEWEST, MOST)):
        operation = _draw(drawing, in_memory, number_of_operation)
        account.done.append(operation.says)
        answers = [_answer(operation, side) for side in sides]
        account.outcomes[operation.kind, outcome(answers[0])] += 1
        account.difference = _difference(
            *(plain(answer, side.stored) for answer, side in zip(answers, sides, strict=True))
        )
        if account.difference:
            return account
    account.done.append("look at what is left")
    account.difference = _difference(*(plain(side.left(), side.stored) for side in sides))
    return account


def _draw(drawing: Drawing, known: InMemory, number: int) -> Operation:
    """First a few documents, so that there is something to find; then anything."""
    if number < len(drawing.paths):
        return put(drawing, drawing.paths[number])
    chances = {**ON_DOCUMENTS, **ON_THE_REST, **ALWAYS, **(OF_A_VERSION if known.stored else {})}
    (chosen,) = drawing.random.choices(list(chances), list(chances.values()))
    return chosen(drawing, known)


def _answer(operation: Operation, side: Side) -> object:
    try:
        return operation.do(side)
    except EXPECTED as error:
        return error


def _difference(real: Plain, in_memory: Plain) -> str:
    return "" if real == in_memory else f"the real one: {real}\n  in memory: {in_memory}"
