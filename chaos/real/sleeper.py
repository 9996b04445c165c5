"""An engine that sleeps instead of painting, and leaves a line for each time that a GPU would have run."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chaos.painter import SIDE, one_colour
from chaos.real.word import append_line
from contracts.catalogue import Model
from worker.gpu_turn import AtOnce, Pictures, Watcher

STEP_SECONDS = 0.05


class Sleeper(AtOnce):
    """See `worker.gpu_turn.Engine`."""

    def __init__(self, runs: Path, before_step: Callable[[str], None]) -> None:
        self._runs = runs
        self._before_step = before_step

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, watcher: Watcher
    ) -> Iterator[Pictures]:
        """See `AtOnce.generate`. The prompt is the document's id."""
        del model
        append_line(self._runs, request["prompt"])
        steps = request["num_inference_steps"]
        for step in range(1, steps + 1):
            self._before_step(request["prompt"])
            time.sleep(STEP_SECONDS)
            watcher.step(step, steps)
        for n in range(request.get("num_images", 1)):
            yield one_colour((seed + n) % 256, SIDE, SIDE)
