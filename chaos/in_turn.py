"""Threads that are none: what is given to them is done there and then, so that a run can be repeated."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class InTurn(Executor):
    """One after the other, in the caller's thread. What is raised is raised at once."""

    def __init__(self, *threads: int, **named: str) -> None:
        """However many are asked for."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See `Executor.submit`."""
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done
