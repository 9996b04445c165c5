"""The part of a pipeline that each step goes through, and one call of it to try things on."""

import inspect
import time
from contextlib import nullcontext
from typing import Any

import torch
from PIL import Image

from contracts.catalogue import Model

STEPS = 2
"""What the sampled call is one of. Some schedulers want more than one."""
LONG_SECONDS = 1.0
"""A call of a big video model takes longer, and beside that it is nothing what its kernels are chosen in."""
PASSES = ("width", "height", "num_frames", "guidance_scale", "strength")


class _Enough(Exception):  # noqa: N818 - an outcome, and nobody else's
    """The call has come to the denoiser."""


class SampledCall:
    """A call of a denoiser with what a usual request gives it, to be made again and again."""

    def __init__(self, denoiser: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:  # noqa: ANN401
        """Take what it is called with."""
        self.denoiser = denoiser
        self._args, self._kwargs = args, kwargs

    def output(self) -> torch.Tensor:
        """What it predicts, in float32, with no step before it. Raises what the denoiser raises."""
        forget_steps(self.denoiser)
        with torch.inference_mode(), _told_apart(self.denoiser):
            return _first_tensor(self.denoiser(*self._args, **self._kwargs)).float()

    def timed(self) -> tuple[torch.Tensor, float]:
        """What it predicts, and in how many seconds. A short first call, which chooses kernels, does not count."""
        output, seconds = self._once()
        return (output, seconds) if seconds > LONG_SECONDS else self._once()

    def _once(self) -> tuple[torch.Tensor, float]:
        _wait_for_gpu()
        began = time.perf_counter()
        output = self.output()
        _wait_for_gpu()
        return output, time.perf_counter() - began


def denoiser_of(pipeline: Any) -> Any:  # noqa: ANN401 - the library is untyped
    """Its transformer or its UNet, whichever it has."""
    transformer = getattr(pipeline, "transformer", None)
    return pipeline.unet if transformer is None else transformer


def forget_steps(denoiser: Any) -> None:  # noqa: ANN401
    """Let the next call be a first one. Nothing, where steps are not cached."""
    if getattr(denoiser, "is_cache_enabled", False):
        denoiser._reset_stateful_cache()  # noqa: SLF001 - as diffusers' pipelines do at their end


def sample_call(pipeline: Any, model: Model) -> SampledCall:  # noqa: ANN401 - the library is untyped
    """What the model's usual request calls the denoiser with. Nothing is denoised for it.

    Raises what the pipeline raises before it comes so far.
    """
    kept: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def keep(_: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        kept.append((args, kwargs))
        raise _Enough

    denoiser = denoiser_of(pipeline)
    hook = denoiser.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        with torch.inference_mode():
            pipeline(**_usual(pipeline, model))
    except _Enough:
        pass
    finally:
        hook.remove()
    return SampledCall(denoiser, *kept[0])


def _usual(pipeline: Any, model: Model) -> dict[str, Any]:  # noqa: ANN401 - the library is untyped
    known = {name: model.parameters[name].default for name in PASSES if name in model.parameters}
    usual: dict[str, Any] = {"prompt": [next(iter(model.examples), "")], "num_inference_steps": STEPS, **known}
    if "input_image" in next(iter(model.tasks)).starts_from:
        usual["image"] = Image.new("RGB", (usual["width"], usual["height"]), "grey")
    taken = inspect.signature(pipeline.__call__).parameters
    return {name: value for name, value in usual.items() if name in taken}


def _told_apart(denoiser: Any) -> Any:  # noqa: ANN401 - the library is untyped
    """A denoiser that caches steps wants to know whose they are."""
    return denoiser.cache_context("sample") if hasattr(denoiser, "cache_context") else nullcontext()


def _first_tensor(output: Any) -> torch.Tensor:  # noqa: ANN401 - a tensor, or something that has one
    while not isinstance(output, torch.Tensor):
        output = output[0]
    return output


def _wait_for_gpu() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
