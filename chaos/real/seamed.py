"""A seam around a real port: each call is told to whoever brings the faults, before it and after it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

from contracts.ending import Ending
from contracts.paths import GenerationPath
from contracts.stored_object import File, StoredObject
from contracts.transitions import Change

Port = TypeVar("Port")


class RealSeam(Protocol):
    """Either can end or stop the process, or raise what a port raises."""

    def before(self, call: str, about: frozenset[str]) -> None:
        """The call is on its way. `about` are the ids of documents and commands that it is for."""

    def after(self, call: str, about: frozenset[str], answer: object, changes: Sequence[Change]) -> None:
        """It was carried out, with one of these changes, and the caller does not know yet."""


def seamed(port: Port, name: str, seam: RealSeam) -> Port:
    """The port, with the seam around each call. A call is called `generations.apply claim`, or `objects.put`."""
    return cast("Port", _Seamed(port, name, seam))


class _Seamed:
    def __init__(self, port: object, name: str, seam: RealSeam) -> None:
        self._port = port
        self._name = name
        self._seam = seam

    def __getattr__(self, method: str) -> Callable[..., object]:
        real: Callable[..., object] = getattr(self._port, method)

        def call(*arguments: object, **named: object) -> object:
            label = " ".join([f"{self._name}.{method}", *map(_by, filter(callable, arguments))])
            about = frozenset(one for argument in arguments for one in _ids(argument))
            changes: list[Change] = []
            self._seam.before(label, about)
            answer = real(*(_noting(one, changes) if callable(one) else one for one in arguments), **named)
            self._seam.after(label, about, answer, changes)
            return answer

        return call


def _noting(transition: Callable[..., Any], changes: list[Change]) -> Callable[..., Any]:
    def noted(found: object) -> object:
        change = transition(found)
        if isinstance(change, Change):
            changes.append(change)
        return change

    return noted


def _by(transition: Callable[..., Any]) -> str:
    """Who asks for the transition: a lambda is named after the function that it stands in."""
    return transition.__qualname__.split(".<locals>")[0].rpartition(".")[2].lstrip("_")


def _ids(argument: object) -> list[str]:
    """The ids in one argument of a call."""
    match argument:
        case GenerationPath() | Ending():
            return [argument.file_uid]
        case File() | StoredObject():
            return [argument.name.rpartition("/")[2].partition(".")[0].partition("_")[0]]
        case str():
            return [argument]
        case {"input": {"file_uid": str(file_uid)}}:  # the body of POST /run
            return [file_uid]
    return []
