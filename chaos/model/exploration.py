"""Walks through every state that can be reached, the nearest first, and keeps how it got there."""

from collections import deque
from dataclasses import dataclass, field

from chaos.model.alone import Alone
from chaos.model.laws import check_bucket
from chaos.model.moves import Moves
from chaos.model.state import Budget, State
from chaos.violation import Violation


@dataclass
class Explored:
    """What was walked through."""

    states: int = 0
    moves: int = 0
    alone: int = 0
    """Situations in which the sweeper was left alone: states that differ only in who else was about are one."""
    trace: list[str] = field(default_factory=list)
    """How to come to the violation, if there is one."""
    broken: str = ""


def explore(budget: Budget, images: int = 1, most: int | None = None) -> Explored:
    """All states that these budgets allow, or the shortest way to a violation."""
    moves = Moves(images)
    alone = Alone(moves.documents)
    first = State(moves.documents.created(0), budget)
    came_from: dict[State, tuple[State, str] | None] = {first: None}
    explored = Explored()
    waiting = deque([first])
    while waiting and (most is None or len(came_from) < most):
        state = waiting.popleft()
        try:
            for label, after in moves.after(state):
                explored.moves += 1
                if after in came_from:
                    continue
                came_from[after] = (state, label)
                waiting.append(after)
                if (after.doc, after.things) != (state.doc, state.things):
                    check_bucket(
                        None if after.doc is None else moves.documents.fields(after.doc),
                        after.things,
                        after.ordered,
                    )
            alone.check(state)
        except Violation as violation:
            explored.broken = str(violation)
            explored.trace = _trace(state, came_from)
            break
    explored.states, explored.alone = len(came_from), len(alone.seen)
    return explored


def _trace(state: State, came_from: dict[State, tuple[State, str] | None]) -> list[str]:
    steps = []
    while (before := came_from[state]) is not None:
        state, label = before
        steps.append(label)
    return steps[::-1]
