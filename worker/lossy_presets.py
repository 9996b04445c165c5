"""How the lossy presets are put into a denoiser. `Preset` says what each is."""

import importlib
import logging
from typing import Any

import torch
from diffusers import FirstBlockCacheConfig
from torch import nn

from contracts.catalogue import Model
from worker.cannot_start import ModelInvalid
from worker.denoiser import SampledCall
from worker.preset import Preset

FIRST_BLOCK_THRESHOLD = 0.08
"""How far the first block's change may move from one step to the next, of its size, for the others to be skipped:
what diffusers' page on ParaAttention takes for FLUX.1 (docs/source/en/optimization/para_attn.md)."""
FP8_FROM = (8, 9)
"""The compute capability of the first GPUs that multiply in fp8: Ada, then Hopper."""
FP8_MULTIPLE = 16
"""Of which the sides of a matrix must be multiples, for torch's scaled multiplication."""

log = logging.getLogger(__name__)


def apply_preset(preset: Preset, model: Model, call: SampledCall) -> bool:
    """Whether it took. What this model or this GPU cannot do is logged, and its pictures stay exact.

    Raises `ModelInvalid` where it can and still fails: there is no way back from 8 bits.
    """
    reason = _why_not_fp8(model) if preset is Preset.FP8 else _why_no_step_cache(call.denoiser)
    if reason is not None:
        log.warning("lossy_preset_not_taken", extra={"model": model.id, "preset": preset, "reason": reason})
        return False
    try:
        (_fp8 if preset is Preset.FP8 else _step_cache)(call.denoiser)
        works = bool(call.output().isfinite().all())
    except torch.AcceleratorError:
        raise
    except Exception as error:
        raise _fails(preset, model) from error
    if not works:
        raise _fails(preset, model)
    return True


def _fails(preset: Preset, model: Model) -> ModelInvalid:
    return ModelInvalid(f"The model {model.id} cannot be run with {preset}: take it out of SAFELIGHT_LOSSY.")


def _why_no_step_cache(denoiser: Any) -> str | None:  # noqa: ANN401 - the library is untyped
    return None if hasattr(denoiser, "enable_cache") else f"{type(denoiser).__name__} cannot cache steps"


def _step_cache(denoiser: Any) -> None:  # noqa: ANN401
    denoiser.enable_cache(FirstBlockCacheConfig(threshold=FIRST_BLOCK_THRESHOLD))


def _why_not_fp8(model: Model) -> str | None:
    if model.dtype != "bfloat16":
        return f"torchao scales rows of bfloat16 only, and the model is loaded in {model.dtype}"
    if "compile" not in model.accelerations:
        return "what is not compiled is slower in fp8, and compile is not among the model's accelerations"
    if model.loras:
        return "a LoRA cannot be added to weights of 8 bits"
    if not torch.cuda.is_available() or torch.cuda.get_device_capability() < FP8_FROM:
        return "there is no GPU here that multiplies in fp8: it takes an Ada, a Hopper or a later one"
    return None


def _fp8(denoiser: Any) -> None:  # noqa: ANN401
    # It is only in images that use it; `settings` has asked whether it is there.
    torchao: Any = importlib.import_module("torchao.quantization")
    config = torchao.Float8DynamicActivationFloat8WeightConfig(granularity=torchao.PerRow())
    torchao.quantize_(denoiser, config, is_in_a_block)


def is_in_a_block(module: nn.Module, path: str) -> bool:
    """Whether it is a matrix of the repeated blocks. What is around them is small, and most sensitive."""
    return (
        isinstance(module, nn.Linear)
        and any(step.isdecimal() for step in path.split("."))
        and module.in_features % FP8_MULTIPLE == module.out_features % FP8_MULTIPLE == 0
    )
