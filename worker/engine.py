"""The models of one worker, and what is tried where a call of one does not work."""

import logging
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging

from adapters.alerting import call_operator
from contracts.catalogue import Model
from contracts.errors import Broken, ErrorCode, FailedStage, GenerationFailed, Unavailable
from worker.call import Call
from worker.cannot_start import ModelInvalid
from worker.compile_cache import CompileCache
from worker.latents import Projection, fit
from worker.loading import LoadedModel, load
from worker.one_picture import each_picture
from worker.pipelines import GpuLost, Part
from worker.preset import Preset
from worker.shelf import Shelf

OUT_OF_MEMORY, BLACK = "out_of_memory", "black"
"""Why a job was made a second time; and see `call.COMPILE`."""

log = logging.getLogger(__name__)


class DiffusersEngine:
    """The models of one worker, on its GPU, or on its CPU where it has none. `pipelines.Pipelines`."""

    def __init__(
        self,
        models: Sequence[Model],
        folder: Path,
        memory_gib: float = math.inf,
        lossy: Collection[Preset] = (),
        *,
        compiled: CompileCache | None = None,
    ) -> None:
        """Load those that fit together. Raises `GpuLost`, or `ModelInvalid`: who cannot generate takes no jobs.

        Args:
            models: what this worker serves.
            folder: where the image's own models are.
            memory_gib: what those that are loaded at a time may take, by their entries.
            lossy: what may change pictures to be faster.
            compiled: where to keep what is compiled for the next worker, if anywhere.

        """
        self._compiled = compiled
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        with _ending_with_the_gpu():
            self.shelf = Shelf(
                models, load=lambda model: load(model, folder, self.device, lossy), memory_gib=memory_gib
            )
        self.projections: dict[str, Projection] = {}
        diffusers_logging.set_verbosity_error()  # its warnings repeat the part of a prompt that is too long
        log.info(
            "models_loaded", extra={"models": [model.id for model in self.shelf.loaded], "device": self.device}
        )

    def has(self, model: Model) -> bool:
        """See `pipelines.Pipelines.has`. What is not served needs no time to be refused."""
        return self.shelf.has(model) or not self.shelf.serves(model)

    def prepare(self, model: Model) -> None:
        """See `pipelines.Pipelines.prepare`."""
        with _ending_with_the_gpu(), _unavailable(model):
            self.shelf.take(model)

    def generate(self, model: Model, parts: Sequence[Part], *, fit_previews: bool = False) -> None:
        """One call for all parts; each gets its pictures.

        What runs out of memory alone is made once more in a leaner way, and so is what comes out black: half
        precision that overflows does that. What compiled blocks do not take is made without them.

        Args:
            model: an entry of the catalogue that this worker has loaded.
            parts: of a kind.
            fit_previews: learn from these pictures what the model's latents look like, even where that is known.

        Raises:
            GenerationFailed: the worker does not have the model, its memory is too small, or all stays black.
            GpuLost: the device is gone.
            ClaimLost: no part wants its pictures any more.

        """
        if not self.shelf.serves(model):
            raise Broken(
                ErrorCode.MODEL_UNAVAILABLE,
                FailedStage.LOADING,
                f"The model {model.id} is not served at the moment.",
            )
        with _ending_with_the_gpu():
            with _unavailable(model):
                loaded = self.shelf.take(model)
                _choose_lora(loaded, parts[0].request)
            for together in each_picture(parts) if loaded.one_by_one else [parts]:
                self._generate(loaded, together, fit_previews=fit_previews)
        if self._compiled is not None:
            self._compiled.save()  # for the next worker, if something was compiled for this

    def _generate(self, loaded: LoadedModel, parts: Sequence[Part], *, fit_previews: bool) -> None:
        model = loaded.model
        for part in parts:
            part.made_with(loaded.lossy)
        call = Call(loaded, parts, self.projections.get(model.id))
        for part in self._within_memory(call):
            part.remake(BLACK)
            again = Call(loaded, [part], self.projections.get(model.id))
            with leaner(call.pipeline, self.device):
                if self._run_if_it_fits(again, last_try=True) is None:
                    raise _too_big()
        if (
            (fit_previews or model.id not in self.projections)
            and call.latents is not None
            and call.pictures is not None
        ):
            self.projections[model.id] = fit(call.latents, call.pictures)

    def _within_memory(self, call: Call) -> Sequence[Part]:
        black = self._run_if_it_fits(call)
        if black is None and len(call.parts) == 1 and not call.has_delivered:
            call.parts[0].remake(OUT_OF_MEMORY)
            log.warning("made_leaner", extra={"model": call.model.id})
            with leaner(call.pipeline, self.device):
                black = self._run_if_it_fits(call)
        if black is None:
            raise _too_big()  # of several, the lane tries each by itself
        return black

    def _run_if_it_fits(self, call: Call, *, last_try: bool = False) -> Sequence[Part] | None:
        """None where it does not. The error is gone by then: its frames hold all that was in the memory."""
        with suppress(torch.OutOfMemoryError):
            return call.run(last_try=last_try)
        _let_go(self.device)
        return None


@contextmanager
def leaner(pipeline: Any, device: str) -> Iterator[None]:  # noqa: ANN401 - the library is untyped
    """With less memory and more time: decoded in tiles, picture by picture, only the part at work on the GPU."""
    vae = pipeline.vae
    with ExitStack() as back:
        for way in ("tiling", "slicing"):
            if hasattr(vae, f"enable_{way}"):
                getattr(vae, f"enable_{way}")()
                back.callback(getattr(vae, f"disable_{way}"))
        if device != "cpu":
            pipeline.enable_model_cpu_offload()
            back.callback(pipeline.to, device)
            back.callback(pipeline.remove_all_hooks)
        yield


@contextmanager
def _ending_with_the_gpu() -> Iterator[None]:
    """A device that is gone is nobody's fault, and comes back only to a new process."""
    try:
        yield
    except torch.AcceleratorError as error:
        raise GpuLost from error


@contextmanager
def _unavailable(model: Model) -> Iterator[None]:
    """What is ours to mend fails the job for now, and calls the operator."""
    try:
        yield
    except ModelInvalid as invalid:
        call_operator(invalid.code, str(invalid))
        raise Unavailable(
            ErrorCode.MODEL_UNAVAILABLE,
            FailedStage.LOADING,
            f"The model {model.id} cannot be loaded at the moment. Try again later.",
        ) from invalid


def _choose_lora(loaded: LoadedModel, request: Mapping[str, Any]) -> None:
    lora = loaded.model.find_lora(request["lora"]) if "lora" in request else None
    loaded.choose_lora(lora, request.get("lora_scale", 1.0))


def _let_go(device: str) -> None:
    if device == "cuda":
        torch.cuda.empty_cache()


def _too_big() -> GenerationFailed:
    return Broken(
        ErrorCode.OUT_OF_MEMORY,
        FailedStage.GENERATING,
        "This was too big for the GPU's memory: ask for fewer or smaller pictures, or fewer frames.",
    )
