"""A job's turn at the GPU: what a job sees of whatever makes the pictures."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from contracts.catalogue import Model
from contracts.status import Stage

Pictures: TypeAlias = NDArray[np.uint8]
"""Images or frames: (count, height, width, 3), RGB."""


class Watcher(Protocol):
    """Whoever follows a job. `enter` and `step` raise `ClaimLost` where nobody wants its result any more."""

    def enter(self, stage: Stage) -> None:
        """Work has come to another stage."""

    def step(self, step: int, steps: int) -> None:
        """A denoising step is done; the first one is 1."""

    def show(self, preview: Pictures) -> None:
        """One small picture of what is there so far."""


class GpuTurn(Protocol):
    """One job's turn."""

    remade: str | None
    """Why it was made a second time, where it was: `out_of_memory` or `black`."""

    def generate(self, seed: int, watcher: Watcher) -> Iterator[Pictures]:
        """Enter `generating` when the GPU is free, and give the pictures as they arrive.

        Picture i is made from seed + i. Raises what the watcher raises, and `GenerationFailed`.
        """


class Engine(Protocol):
    """Whatever makes pictures; `lane.Lane` for real."""

    def turn(
        self, model: Model, request: Mapping[str, Any], stop: threading.Event
    ) -> AbstractContextManager[GpuTurn]:
        """Wait until the GPU is nearly free for this job, so that it is claimed no earlier than need be.

        Raises `ClaimLost` when told to stop.
        """


class AtOnce(ABC):
    """An engine without a line, for who has one job at a time."""

    @abstractmethod
    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, watcher: Watcher
    ) -> Iterator[Pictures]:
        """See `GpuTurn.generate`."""

    @contextmanager
    def turn(self, model: Model, request: Mapping[str, Any], stop: threading.Event) -> Iterator[GpuTurn]:
        """See `Engine.turn`."""
        del stop
        yield _Now(engine=self, model=model, request=request)


@dataclass(kw_only=True)
class _Now:
    engine: AtOnce
    model: Model
    request: Mapping[str, Any]
    remade: str | None = None

    def generate(self, seed: int, watcher: Watcher) -> Iterator[Pictures]:
        watcher.enter(Stage.GENERATING)
        return self.engine.generate(self.model, self.request, seed, watcher)
