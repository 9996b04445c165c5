"""An adapter that is made when it is first used: its library takes long to import, and most never use it."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

Port = TypeVar("Port")


def when_used(make: Callable[[], Port]) -> Port:
    """Stand for the adapter until a method is looked for, and hand everything on to it from then on."""
    return cast("Port", _WhenUsed(make))


class _WhenUsed:
    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._made: object = None
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the adapter has
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return getattr(self._made, name)
