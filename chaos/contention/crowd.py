"""Processes that do the same thing at the same moment, each with a Firestore client of its own."""

import logging
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError
from types import TracebackType
from typing import Self, TypeVar

from google.cloud import firestore

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Work = Callable[[int, firestore.Client, Item], Outcome]
"""Done by the process of this number. What it is given and what it returns travels between processes."""
LONGEST_WAIT_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class _Place:
    """What a process has as long as it lives."""

    client: firestore.Client
    barrier: Barrier


class Crowd:
    """So many processes. A context manager; Firestore is where FIRESTORE_EMULATOR_HOST says."""

    def __init__(self, size: int, project: str) -> None:
        # Spawned, for gRPC does not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.size = size
        self._barrier = context.Barrier(size)
        self._pool = ProcessPoolExecutor(
            size, mp_context=context, initializer=_arrive, initargs=(project, self._barrier)
        )

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; returns when all processes have."""
        self._pool.shutdown()

    def all_do(self, work: "Work[Item, Outcome]", items: Sequence[Item]) -> list[list[Outcome]]:
        """What each of them got for each item. Nobody begins one before all are there."""
        doing = [self._pool.submit(_one_by_one, work, number, items) for number in range(self.size)]
        wait(doing)
        errors = [error for each in doing if (error := each.exception())]
        if errors:  # one breaks down, and the others wait for it in vain
            raise next((error for error in errors if not isinstance(error, BrokenBarrierError)), errors[0])
        return [list(outcomes) for outcomes in zip(*(each.result() for each in doing), strict=True)]


_here: list[_Place] = []
"""Of this process."""


def _arrive(project: str, barrier: Barrier) -> None:
    logging.disable(logging.CRITICAL)  # each lost race would be a line
    _here.append(_Place(client=firestore.Client(project=project), barrier=barrier))


def _one_by_one(work: "Work[Item, Outcome]", number: int, items: Sequence[Item]) -> list[Outcome]:
    (place,) = _here
    outcomes = []
    try:
        for item in items:
            place.barrier.wait(LONGEST_WAIT_SECONDS)
            outcomes.append(work(number, place.client, item))
    except BaseException:
        place.barrier.abort()  # or the others would wait for this one
        raise
    return outcomes
