"""The pipelines: one call of diffusers for one job, or for several of a kind."""

import inspect
import logging
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging

from adapters.alerting import call_operator
from contracts.catalogue import Model
from contracts.errors import Broken, ClaimLost, ErrorCode, FailedStage, GenerationFailed, Unavailable
from contracts.task import task_of
from worker.acceleration import uncompiled
from worker.cannot_start import ModelInvalid
from worker.compile_cache import CompileCache
from worker.frames import FrameStream, streams_frames
from worker.gpu_turn import Pictures
from worker.lane import GpuLost, Part
from worker.latents import Foresight, Projection, as_seen, fit
from worker.loading import LoadedModel, load
from worker.one_picture import each_picture
from worker.pace import Throttle
from worker.preset import Preset
from worker.shelf import Shelf

# What a pipeline is called with, out of the resolved request, the same for all parts of a call.
CALL_PARAMETERS = ("width", "height", "num_inference_steps", "guidance_scale", "num_frames", "strength")
PER_PICTURE = ("prompt", "negative_prompt")
STARTS_FROM = {"input_image": "image", "mask_image": "mask_image", "last_image": "last_image"}
"""diffusers' names for the pictures that a request starts from."""
PREVIEW_EVERY_SECONDS = 1.0  # the document is written no more often
OUT_OF_MEMORY, BLACK, COMPILE = "out_of_memory", "black", "compile"
NOT_THE_COMPILERS = ClaimLost, GenerationFailed, torch.OutOfMemoryError, torch.AcceleratorError
"""What a call ends with whether it is compiled or not."""
GIVEN_UP = frozenset({"compile", "attention"})
"""Those accelerations that were tried at the usual size, and may not take another one."""

log = logging.getLogger(__name__)


class DiffusersEngine:
    """The models of one worker, on its GPU, or on its CPU where it has none. `lane.Pipelines`."""

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
        """See `lane.Pipelines.has`. What is not served needs no time to be refused."""
        return self.shelf.has(model) or not self.shelf.serves(model)

    def prepare(self, model: Model) -> None:
        """See `lane.Pipelines.prepare`."""
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
        call = _Call(loaded, parts, self.projections.get(model.id))
        for part in self._within_memory(call):
            part.remake(BLACK)
            with leaner(call.pipeline, self.device):
                _Call(loaded, [part], self.projections.get(model.id)).run(last_try=True)
        if (
            (fit_previews or model.id not in self.projections)
            and call.latents is not None
            and call.pictures is not None
        ):
            self.projections[model.id] = fit(call.latents, call.pictures)

    def _within_memory(self, call: "_Call") -> Sequence[Part]:
        try:
            return call.run()
        except torch.OutOfMemoryError as error:
            _let_go(self.device)
            if len(call.parts) > 1 or call.has_delivered:
                raise _too_big() from error  # the lane tries each part by itself
        call.parts[0].remake(OUT_OF_MEMORY)
        log.warning("made_leaner", extra={"model": call.model.id})
        try:
            with leaner(call.pipeline, self.device):
                return call.run()
        except torch.OutOfMemoryError as error:
            _let_go(self.device)
            raise _too_big() from error


class _Call:
    """One call of one pipeline."""

    def __init__(self, loaded: LoadedModel, parts: Sequence[Part], projection: Projection | None) -> None:
        request = parts[0].request
        self.model = loaded.model
        self.pipeline = loaded.pipeline(task_of(loaded.model.media_type, request))
        self.parts = parts
        self.has_delivered = False
        self.latents: torch.Tensor | None = None
        """After the last step; None where they cannot be seen."""
        self.pictures: torch.Tensor | None = None
        """What became of them: (batch, 3, height, width), from 0 to 1; of videos, their first frames."""
        self._has_checker = getattr(self.pipeline, "safety_checker", None) is not None
        self._projection = projection
        self._loaded = loaded

    def run(self, *, last_try: bool = False) -> Sequence[Part]:
        """Deliver every part's pictures. Those parts that came out black get none, and are returned.

        Blocks were compiled at the usual size. Where that fails at another and it works without, they are no
        longer compiled; where it fails all the same, they stay as they are: a bad request must slow nobody else.
        """
        try:
            return self._run(last_try=last_try)
        except NOT_THE_COMPILERS:
            raise
        except Exception as error:
            if self.has_delivered or "compile" not in self._loaded.took:
                raise
            reason = type(error).__name__  # its text could hold the prompt
        for part in self.parts:
            part.remake(COMPILE)
        with uncompiled(self.pipeline):
            black = self._run(last_try=last_try)
        self._loaded.took = [way for way in self._loaded.took if way not in GIVEN_UP]
        log.error("compile_given_up", extra={"model": self.model.id, "exception_type": reason})
        return black

    def _run(self, *, last_try: bool) -> Sequence[Part]:
        self._previews = Throttle(PREVIEW_EVERY_SECONDS)
        self._foresight = Foresight(self.pipeline.scheduler)
        self._loaded.begin()
        with torch.inference_mode():
            if streams_frames(self.pipeline):
                return self._stream(last_try=last_try)
            output: Any = self.pipeline(**self._arguments())
            pictures: torch.Tensor = output.images if hasattr(output, "images") else output.frames
            self.pictures = pictures[:, 0] if pictures.dim() == 5 else pictures
            counts = [part.request.get("num_images", 1) for part in self.parts]
            blocked = self._block(output, counts)
            each = zip(self.parts, torch.split(pictures, counts), blocked, strict=True)
            return [part for part, mine, gone in each if not self._deliver(part, mine, last_try=last_try or gone)]

    def _block(self, output: Any, counts: list[int]) -> list[bool]:  # noqa: ANN401 - the library is untyped
        """Which parts have a picture that the model's own checker has blackened; they are told."""
        flags = getattr(output, "nsfw_content_detected", None) or [False] * sum(counts)
        blocked = [bool(mine.any()) for mine in torch.split(torch.tensor(flags), counts)]
        for part, is_blocked in zip(self.parts, blocked, strict=True):
            if is_blocked:
                part.block()
        return blocked

    def _stream(self, *, last_try: bool) -> Sequence[Part]:
        stream = FrameStream(self._deliver_frames)
        with stream.of(self.pipeline.vae.decoder):
            self.pipeline(**self._arguments())
        if stream.first is not None:
            self.pictures = stream.first[:, :, 0]
        if stream.is_black and not last_try:
            return self.parts
        stream.let_go()
        return []

    def _deliver(self, part: Part, pictures: torch.Tensor, *, last_try: bool) -> bool:
        finite = bool(torch.isfinite(pictures).all())
        pixels = to_pixels(pictures[0] if pictures.dim() == 5 else pictures) if finite else None
        if not last_try and (pixels is None or not pixels.any()):
            return False
        if pixels is None:
            raise _not_a_picture()
        self.has_delivered = True
        part.deliver(pixels)
        return True

    def _deliver_frames(self, frames: torch.Tensor) -> None:
        """Of all parts: (parts, 3, count, height, width), from 0 to 1."""
        if not torch.isfinite(frames).all():
            raise _not_a_picture()
        self.has_delivered = True
        for part, mine in zip(self.parts, frames, strict=True):
            part.deliver(to_pixels(mine.movedim(1, 0)))

    def _arguments(self) -> dict[str, Any]:
        request = self.parts[0].request
        each = [(part, index) for part in self.parts for index in range(part.request.get("num_images", 1))]
        named = {name: name for name in CALL_PARAMETERS} | self.model.passes
        taken = inspect.signature(self.pipeline.__call__).parameters  # a size is not, where the picture has one
        return {
            **{name: request[ours] for name, ours in named.items() if ours in request and name in taken},
            **{name: [part.request[name] for part, _ in each] for name in PER_PICTURE if name in request},
            **{name: _for_each(request[ours], each) for ours, name in STARTS_FROM.items() if ours in request},
            # Seeds are drawn on the CPU, so that a picture does not depend on the kind of GPU that begins it.
            "generator": [torch.Generator("cpu").manual_seed(part.seed + index) for part, index in each],
            "output_type": "pt",
            "callback_on_step_end": self._after_step,
        }

    def _after_step(self, pipeline: Any, step: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
        self.latents = as_seen(pipeline, tensors["latents"])
        finished = self._foresight.after_step(tensors["latents"])
        if finished is not None:
            self._show(as_seen(pipeline, finished))
        for part in self.parts:
            part.step(step + 1, pipeline.num_timesteps)  # fewer than asked for, where strength is below 1
        return tensors

    def _show(self, latents: torch.Tensor | None) -> None:
        """The first picture of each part, if it is time again."""
        if latents is None or self._projection is None or self._has_checker or not self._previews.lets_through():
            return
        previews: Pictures = self._projection.pictures(latents).cpu().numpy()
        first = 0
        for part in self.parts:
            part.show(previews[first])
            first += part.request.get("num_images", 1)


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


def _for_each(picture: Any, each: Sequence[Any]) -> Any:  # noqa: ANN401 - one of Pillow's
    return picture if len(each) == 1 else [picture] * len(each)


def to_pixels(pictures: torch.Tensor) -> Pictures:
    """What files are made from, of (count, 3, height, width) from 0 to 1: rounded where it lies."""
    rounded = (pictures.float() * 255).round().clamp(0, 255).to(torch.uint8)
    pixels: Pictures = rounded.movedim(1, -1).contiguous().cpu().numpy()
    return pixels


def _let_go(device: str) -> None:
    if device == "cuda":
        torch.cuda.empty_cache()


def _too_big() -> GenerationFailed:
    return Broken(
        ErrorCode.OUT_OF_MEMORY,
        FailedStage.GENERATING,
        "This was too big for the GPU's memory: ask for fewer or smaller pictures, or fewer frames.",
    )


def _not_a_picture() -> GenerationFailed:
    return Broken(
        ErrorCode.GENERATION_FAILED,
        FailedStage.GENERATING,
        "The model computed what is no picture, twice; another seed or other settings may work.",
    )
