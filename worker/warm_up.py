"""Before the first job: make a picture with each model, so that no user waits for what only happens once.

It shows that the model can generate at all, fits the colours of its previews, and measures what a job takes here.
"""

import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from contracts.catalogue import Catalogue, Model
from contracts.errors import GenerationFailed
from contracts.paths import GenerationPath
from contracts.task import task_of
from contracts.validation import resolve_request
from worker.batching import LONGEST_ALONE_SECONDS, Batching, kind_of
from worker.cannot_start import ModelInvalid, reason_of
from worker.engine import DiffusersEngine
from worker.files import Provenance, encoder
from worker.gpu_turn import Pictures
from worker.pipelines import GpuLost

STEPS = 2
UPLOADING_SECONDS = 0.3
"""What storing a file and writing two documents usually takes; nothing has been stored yet."""

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _Trial:
    """A `pipelines.Part` that is nobody's."""

    request: Mapping[str, Any]
    seed: int = 0
    stepped: list[float] = field(default_factory=list)
    pictures: list[Pictures] = field(default_factory=list)

    def step(self, step: int, steps: int) -> None:  # noqa: ARG002 - the time is what counts
        self.stepped.append(time.monotonic())

    def show(self, preview: Pictures) -> None:
        """Nobody looks."""

    def deliver(self, pictures: Pictures) -> None:
        self.pictures.append(pictures)

    def remake(self, reason: str) -> None:
        """It may."""

    def block(self) -> None:
        """Nobody looks."""

    def made_with(self, lossy: Sequence[str]) -> None:
        """Nobody keeps it."""


@dataclass(frozen=True, kw_only=True)
class Took:
    """What one job of a model takes on this worker, in seconds."""

    gpu: float
    """Its share, where several go together."""
    together: int
    """How many do."""
    after: float


def warm_up(engine: DiffusersEngine, catalogue: Catalogue, batching: Batching) -> list[Took]:
    """Of each loaded model, what a job takes.

    Raises:
        ModelInvalid: a model cannot generate, whatever it raised.
        GpuLost: the device is gone.

    """
    took = []
    for model in engine.shelf.loaded:
        try:
            took.append(_warm_up(engine, model, catalogue, batching))
        except GpuLost:
            raise
        except Exception as error:
            reason = error if isinstance(error, GenerationFailed) else reason_of(error)
            raise ModelInvalid(
                f"The model {model.id} was loaded, but cannot generate: {reason}. Its files may be damaged, or "
                "this GPU too small: memory_gib in models/catalogue.toml says what it needs."
            ) from error
        log.info("warm", extra={"model": model.id, "gpu_seconds": round(took[-1].gpu, 3)})
    return took


def _warm_up(engine: DiffusersEngine, model: Model, catalogue: Catalogue, batching: Batching) -> Took:
    path = GenerationPath(user_id="warm-up", media_type=model.media_type, file_uid="warm-up")
    asked = {"model": model.id, "prompt": next(iter(model.examples), "")}
    if task_of(model.media_type, asked) not in model.tasks:
        asked["input_image"] = f"uploads/{path.user_id}/nothing"
    _, usual = resolve_request(path, asked, catalogue)
    if "input_image" in usual:
        usual["input_image"] = Image.new("RGB", (usual["width"], usual["height"]), "grey")
    requests = _requests(model, usual)
    kind = kind_of(model, usual)
    first = _Trial(request=next(requests))
    engine.generate(model, [first], fit_previews=True)  # this is where kernels are chosen and memory is found
    alone = _seconds(engine, model, [_Trial(request=next(requests))], usual)
    batching.remember(kind, 1, alone)
    share, company = alone, 1
    largest = batching.largest(kind)
    if alone <= LONGEST_ALONE_SECONDS and largest > 1:
        parts = [_Trial(request=next(requests), seed=seed) for seed in range(largest)]
        together = _seconds_if_it_works(engine, model, parts, usual)
        batching.remember(kind, largest, together)
        if batching.size(kind, largest) == largest:
            share, company = together / largest, largest
    return Took(gpu=share, together=company, after=_encoding(path, usual, first) + UPLOADING_SECONDS)


def _requests(model: Model, usual: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The usual request with few steps, for one example after another."""
    while True:
        for prompt in model.examples or [""]:
            yield {**usual, "prompt": prompt, "num_inference_steps": STEPS, "num_images": 1}


def _seconds(engine: DiffusersEngine, model: Model, parts: Sequence[_Trial], usual: Mapping[str, Any]) -> float:
    """What the usual number of steps would have taken."""
    began = time.monotonic()
    engine.generate(model, parts, fit_previews=True)  # the more pictures, the better the fit
    ended, (before, last) = time.monotonic(), parts[0].stepped[-2:]
    steps: int = usual["num_inference_steps"]
    return (ended - began) + (last - before) * (steps - STEPS)


def _seconds_if_it_works(
    engine: DiffusersEngine, model: Model, parts: Sequence[_Trial], usual: Mapping[str, Any]
) -> float:
    """Endless, where so many are too much: for this memory, or for a kernel."""
    try:
        return _seconds(engine, model, parts, usual)
    except GpuLost:
        raise
    except Exception as error:  # noqa: BLE001 - a pipeline may raise anything, and one by one it has worked
        log.warning("batch_failed", extra={"model": model.id, "exception_type": type(error).__name__})
        return math.inf


def _encoding(path: GenerationPath, request: Mapping[str, Any], made: _Trial) -> float:
    began = time.monotonic()
    with encoder(path, {**request, "num_images": 1}, Provenance(model="", revision="", seed=0)) as encoding:
        for pictures in made.pictures:
            encoding.add(pictures)
        encoding.finish()
    return time.monotonic() - began
