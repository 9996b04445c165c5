"""An engine that sleeps instead of painting, and leaves a line for each time that a GPU would have run."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from contracts.catalogue import Model

STEP_SECONDS = 0.05


class Sleeper:
    """See `worker.workplace.Engine`."""

    def __init__(self, runs: Path, before_step: Callable[[str], None]) -> None:
        self._runs = runs
        self._before_step = before_step

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, on_step: Callable[[int, int], None]
    ) -> list[Image.Image]:
        """See `Engine.generate`. The prompt is the document's id."""
        del model
        append_line(self._runs, request["prompt"])
        steps = request["num_inference_steps"]
        for step in range(1, steps + 1):
            self._before_step(request["prompt"])
            time.sleep(STEP_SECONDS)
            on_step(step, steps)
        return [Image.new("RGB", (8, 8), (seed % 256, n, 0)) for n in range(request.get("num_images", 1))]


def append_line(file: Path, line: str) -> None:
    """Add a line that other processes add theirs to; none is torn, and none is lost where one is killed later."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)
