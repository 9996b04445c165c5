"""One call of one pipeline, for one job, or for several of a kind."""

import inspect
import logging
from collections.abc import Sequence
from typing import Any

import torch

from contracts.errors import Broken, ClaimLost, ErrorCode, FailedStage, GenerationFailed
from contracts.task import task_of
from worker.acceleration import uncompiled
from worker.frames import FrameStream, streams_frames
from worker.gpu_turn import Pictures
from worker.latents import Foresight, Projection, as_seen
from worker.loading import LoadedModel
from worker.pace import Throttle
from worker.pipelines import Part

# What a pipeline is called with, out of the resolved request, the same for all parts of a call.
CALL_PARAMETERS = ("width", "height", "num_inference_steps", "guidance_scale", "num_frames", "strength")
PER_PICTURE = ("prompt", "negative_prompt")
STARTS_FROM = {"input_image": "image", "mask_image": "mask_image", "last_image": "last_image"}
"""diffusers' names for the pictures that a request starts from."""
PREVIEW_EVERY_SECONDS = 1.0  # the document is written no more often
COMPILE = "compile"
"""Why it was remade."""
NOT_THE_COMPILERS = ClaimLost, GenerationFailed, torch.OutOfMemoryError, torch.AcceleratorError
"""What a call ends with whether it is compiled or not."""
GIVEN_UP = frozenset({"compile", "attention"})
"""Those accelerations that were tried at the usual size, and may not take another one."""

log = logging.getLogger(__name__)


class Call:
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


def _for_each(picture: Any, each: Sequence[Any]) -> Any:  # noqa: ANN401 - one of Pillow's
    return picture if len(each) == 1 else [picture] * len(each)


def to_pixels(pictures: torch.Tensor) -> Pictures:
    """What files are made from, of (count, 3, height, width) from 0 to 1: rounded where it lies."""
    rounded = (pictures.float() * 255).round().clamp(0, 255).to(torch.uint8)
    pixels: Pictures = rounded.movedim(1, -1).contiguous().cpu().numpy()
    return pixels


def _not_a_picture() -> GenerationFailed:
    return Broken(
        ErrorCode.GENERATION_FAILED,
        FailedStage.GENERATING,
        "The model computed what is no picture, twice; another seed or other settings may work.",
    )
