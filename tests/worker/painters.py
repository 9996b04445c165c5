"""Engines that paint without a model, for what goes on around the GPU."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chaos.painter import one_colour
from contracts.catalogue import Model
from worker.gpu_turn import AtOnce, Pictures, Watcher


class Painter(AtOnce):
    """One colour per picture or frame; remembers what it was asked for, and calls `at_step` at each step."""

    def __init__(self, at_step: Callable[[int], object] = lambda _: None) -> None:
        self.asked: list[tuple[str, dict[str, Any], int]] = []
        self._at_step = at_step

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, watcher: Watcher
    ) -> Iterator[Pictures]:
        """See `AtOnce.generate`."""
        self.asked.append((model.id, dict(request), seed))
        for step in range(1, request["num_inference_steps"] + 1):
            self._at_step(step)
            watcher.step(step, request["num_inference_steps"])
        count = request.get("num_frames", request.get("num_images", 1))
        for index in range(count):
            yield one_colour((seed + index) % 256, request["width"], request["height"])


class EndlessPainter(AtOnce):
    """Denoises until it is stopped, however long that takes; each step takes a moment."""

    def __init__(self, at_first_step: Callable[[], object] = lambda: None, step_seconds: float = 0.0) -> None:
        self.steps = 0
        self.stopped = False
        self._at_first_step = at_first_step
        self._step_seconds = step_seconds

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, watcher: Watcher
    ) -> Iterator[Pictures]:
        """See `AtOnce.generate`."""
        try:
            while True:
                self.steps += 1
                if self.steps == 2:  # the first one is told to whoever watches
                    self._at_first_step()
                time.sleep(self._step_seconds)
                watcher.step(1, 2)
                yield from ()
        finally:
            self.stopped = True


class Breaking(AtOnce):
    """Raises what it was given."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, watcher: Watcher
    ) -> Iterator[Pictures]:
        """See `AtOnce.generate`."""
        yield from ()
        raise self._error
