"""An engine that paints without a model or a moment's thought."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from contracts.catalogue import Model
from worker.gpu_turn import AtOnce, Pictures, Watcher

SIDE = 8


class Painter(AtOnce):
    """One colour; `before` is called before each step, and can raise what an engine raises."""

    def __init__(self, before: Callable[[int], object]) -> None:
        self._before = before

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, watcher: Watcher
    ) -> Iterator[Pictures]:
        """See `AtOnce.generate`."""
        del model
        steps = request["num_inference_steps"]
        for step in range(1, steps + 1):
            self._before(step)
            watcher.step(step, steps)
        for n in range(request.get("num_images", 1)):
            yield one_colour((seed + n) % 256, SIDE, SIDE)


def one_colour(red: int, width: int, height: int) -> Pictures:
    """One picture."""
    return np.full((1, height, width, 3), (red, 40, 200), dtype=np.uint8)
