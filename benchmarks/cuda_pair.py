"""One model twice, with the same random weights: as diffusers loads it by default, and as a worker runs it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from adapters.catalogue_file import load_catalogue
from benchmarks.endpoint import MeasurementFailed
from benchmarks.random_pipelines import configuration, random_pipeline
from worker.acceleration import accelerate
from worker.engine import DiffusersEngine
from worker.gpu_turn import Pictures
from worker.loading import LoadedModel
from worker.shelf import Shelf

NOWHERE = Path("nowhere")
PROMPT = "a lighthouse"
TINY_FRAMES = 5


@dataclass(kw_only=True)
class OnHost:
    """A `pipelines.Part` whose pictures stay where they arrive."""

    request: Mapping[str, Any]
    seed: int
    pictures: list[Pictures] = field(default_factory=list)

    def step(self, step: int, steps: int) -> None:
        """Nobody follows it."""

    def show(self, preview: Pictures) -> None:
        """Nobody looks."""

    def deliver(self, pictures: Pictures) -> None:
        """They are on the host now."""
        self.pictures.append(pictures)

    def remake(self, reason: str) -> None:
        """Twice is not what is measured."""
        raise MeasurementFailed(f"random weights made a picture that is {reason}, and it would be made again")

    def block(self) -> None:
        """Nobody looks."""

    def made_with(self, lossy: Sequence[str]) -> None:
        """Nothing is lossy here."""


class Pair:
    """Both of them, on the device."""

    def __init__(self, name: str, *, tiny: bool) -> None:
        """Build and accelerate them.

        Args:
            name: one of `full_size.toml`.
            tiny: of a size for a CPU, and on it; nothing is compiled, which takes minutes there.

        """
        of = configuration(name, tiny=tiny)
        self.device = "cpu" if tiny else "cuda"
        self.dtype = torch.float32 if tiny else torch.bfloat16
        self.sizes: list[int] = of["sizes"]
        self.steps: int = of["steps"]
        entry = next(model for model in load_catalogue().models if model.id == of["entry"])
        self.model = _small(entry, self.sizes[0]) if tiny else entry
        self.default, self.accelerated = (
            random_pipeline(of, self.device, self.dtype, entry.float32_parts) for _ in range(2)
        )
        took = accelerate(self.accelerated, self.model, "cuda")
        self.engine = DiffusersEngine([], NOWHERE)
        loaded = LoadedModel(self.model, self.accelerated)
        loaded.took = took
        self.engine.shelf = Shelf([self.model], load=lambda _: loaded, memory_gib=math.inf)

    @property
    def frames(self) -> int:
        """Of a video, as the model's usual request has them."""
        return int(self.model.parameters["num_frames"].default or 0)

    def request(self, size: int, steps: int) -> dict[str, Any]:
        """A resolved request for one square picture."""
        guidance = self.model.parameters["guidance_scale"].default
        usual = {"prompt": PROMPT, "guidance_scale": guidance, "num_inference_steps": steps}
        return usual | {"width": size, "height": size, "output_format": "png"}

    def naive(self, size: int, batch: int, steps: int) -> Any:  # noqa: ANN401 - the library's output
        """So many pictures in one call, as Pillow has them."""
        request = {name: value for name, value in self.request(size, steps).items() if name != "output_format"}
        return self.default(**{**request, "prompt": [PROMPT] * batch}, generator=_generators(batch))

    def ours(self, size: int, batch: int, steps: int) -> list[Pictures]:
        """The same in one call of the worker's engine."""
        parts = [OnHost(request=self.request(size, steps), seed=seed) for seed in range(batch)]
        self.engine.generate(self.model, parts)
        return [part.pictures[0] for part in parts]

    def step(self, pipeline: Any) -> None:  # noqa: ANN401 - the library is untyped
        """A video's `steps` steps, and nothing before or after them."""
        usual = {name: self.model.parameters[name].default for name in ("width", "height", "guidance_scale")}
        with torch.inference_mode():
            pipeline(
                prompt=[PROMPT],
                **usual,
                num_frames=self.frames,
                num_inference_steps=self.steps,
                output_type="latent",
                generator=_generators(1),
            )


def _generators(batch: int) -> list[torch.Generator]:
    return [torch.Generator("cpu").manual_seed(seed) for seed in range(batch)]


def _small(entry: Any, size: int) -> Any:  # noqa: ANN401 - a `Model`, with what its own limits would not allow
    sizes = {"width": size, "height": size, "num_frames": TINY_FRAMES}
    parameters = {
        name: parameter.model_copy(update={"default": sizes[name]}) if name in sizes else parameter
        for name, parameter in entry.parameters.items()
    }
    return entry.model_copy(update={"parameters": parameters, "accelerations": entry.accelerations - {"compile"}})
