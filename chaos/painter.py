"""An engine that paints without a model or a moment's thought."""

from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

from contracts.catalogue import Model

SIZE = (8, 8)


class Painter:
    """One colour; `before` is called before each step, and can raise what an engine raises."""

    def __init__(self, before: Callable[[int], object]) -> None:
        self._before = before

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, on_step: Callable[[int, int], None]
    ) -> list[Image.Image]:
        """See `Engine.generate`."""
        del model
        steps = request["num_inference_steps"]
        for step in range(1, steps + 1):
            self._before(step)
            on_step(step, steps)
        return [Image.new("RGB", SIZE, ((seed + n) % 256, 40, 200)) for n in range(request.get("num_images", 1))]
