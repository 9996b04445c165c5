"""What a handler can ask of a port, and what it can be told, as values that can be kept and compared."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Ask(StrEnum):
    """Everything that is asked. Where it is answered decides what happens: `moves`."""

    READ = "read the document"
    APPLY = "apply a transition"
    DELETE = "delete the document"
    FIND = "find the objects"
    PUT = "put an object"
    REMOVE = "remove an object"
    SUBMIT = "POST /run"
    LOOK = "GET /status"
    STOP = "POST /cancel"
    BREAKER = "read the breaker"
    OPEN_BREAKER = "open the breaker"
    READ_COMMAND = "read the command"
    REMOVE_COMMAND = "remove the command"
    GENERATE = "generate"


DOWN = "down"
"""The answer of a store that did not do its part, or did it and could not say so."""


@dataclass(frozen=True)
class Call:
    """One question, with what was said along with it."""

    ask: Ask
    about: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Done:
    """The handler came to its end, and returned this."""

    result: Hashable = None


class Waiting(BaseException):
    """Thrown through a handler that has asked something to which there is no answer yet."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.ask)
        self.call = call


class Thing(NamedTuple):
    """An object in the bucket."""

    name: str
    version: int
    epoch: int
    attempt: int
