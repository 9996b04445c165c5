"""A job's turn at the GPU: what a job sees of whatever makes the pictures."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
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
    """Why it was made a second time, where it was: `out_of_memory`, `black` or `compile`."""
    lossy: Sequence[str]
    """Which lossy presets its pictures were made with."""

    def generate(self, request: Mapping[str, Any], seed: int, watcher: Watcher) -> Iterator[Pictures]:
        """Enter `generating` when the GPU is free, and give the pictures as they arrive.

        Args:
            request: the one that the turn is for, with pictures where it named uploads.
            seed: picture i is made from seed + i.
            watcher: told how it goes on. What it raises is raised here, and so is `GenerationFailed`.

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
        del request
        yield _Now(engine=self, model=model)


@dataclass(kw_only=True)
class _Now:
    engine: AtOnce
    model: Model
    remade: str | None = None
    lossy: Sequence[str] = ()

    def generate(self, request: Mapping[str, Any], seed: int, watcher: Watcher) -> Iterator[Pictures]:
        watcher.enter(Stage.GENERATING)
        return self.engine.generate(self.model, request, seed, watcher)
