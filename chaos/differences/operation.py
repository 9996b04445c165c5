"""Something that can be done to either side."""

from collections.abc import Callable
from typing import NamedTuple

from chaos.differences.drawing import Drawing
from chaos.differences.sides import InMemory, Side


class Operation(NamedTuple):
    """One thing to do."""

    kind: str
    says: str
    do: Callable[[Side], object]


Draw = Callable[[Drawing, InMemory], Operation]
"""Draws one, with what is there in mind."""
