"""What makes a model faster on this GPU: each way is tried on a call of its denoiser, and kept only if it works.

None is assumed from a family's name. A way is undone where it raises, where it makes no difference to what runs,
and where the denoiser then predicts something else than before by more than rounding.
"""

import logging
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from contracts.catalogue import Model
from worker.denoiser import SampledCall, denoiser_of, sample_call
from worker.lossy_presets import apply_preset
from worker.preset import Preset

ROUNDING, ROUNDING_HALF = 0.001, 0.05
"""How far a prediction may move, of its length: in float32, and where some 50 layers are of 8 bits' precision."""
ATTENTION_BACKENDS = ("native", "_native_cudnn", "_native_efficient")
"""diffusers' names. Only those that compute the same and take a mask: flash does not, and some calls have one."""
RECOMPILATIONS = 64
"""Sizes, batches and LoRAs that the blocks of one class may meet, whichever models they are of. With fullgraph,
torch's own limit of 8 is an error. So is its other limit, which counts what is long gone, too, for each load of a
model compiles anew; there is none here."""
COMPILER = "inductor"
"""torch's name."""
PROJECTIONS = frozenset({"to_qkv", "to_kv", "to_added_qkv", "to_added_kv"})
NORMALISATIONS = frozenset({"norm_q", "norm_k", "norm_added_q", "norm_added_k"})
"""diffusers' names of what attentions are made of."""

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _Trial:
    """One pipeline, and what it does before anything is tried."""

    pipeline: Any
    model: Model
    call: SampledCall
    expected: torch.Tensor
    """What the denoiser predicts."""
    normalised: int
    """How many times it normalises queries or keys for it."""

    @property
    def denoiser(self) -> Any:  # noqa: ANN401 - the library is untyped
        """Of the pipeline."""
        return self.call.denoiser

    @property
    def name(self) -> str:
        """Of the denoiser's class."""
        return type(self.denoiser).__name__

    def check(self, found: torch.Tensor) -> None:
        """Whether it is the same but for rounding. Raises `CannotTake`."""
        tiny = torch.finfo(torch.float32).tiny
        moved = float((found - self.expected).norm() / self.expected.norm().clamp_min(tiny))
        most = ROUNDING if self.denoiser.dtype is torch.float32 else ROUNDING_HALF
        if not moved <= most:  # not a number is not at most anything
            msg = f"the denoiser predicts something else: it moved by {moved:.2g}, and rounding is {most}"
            raise CannotTake(msg)


class CannotTake(Exception):  # noqa: N818 - an outcome, and no error of a worker's
    """A way that this model does not offer. The message says why."""


def accelerate(
    pipeline: Any,  # noqa: ANN401 - the library is untyped
    model: Model,
    device: str,
    lossy: Collection[Preset] = (),
) -> list[str]:
    """Try what the model's entry names, and what the worker was asked for besides. Returns what took, in order.

    What did not is undone and logged with its reason; a model without it is slower, and no worse.

    Args:
        pipeline: loaded, and on its device.
        model: its entry.
        device: on `cpu` only the lossy presets are tried.
        lossy: those that the worker's settings ask for.

    Raises:
        ModelInvalid: a preset fails, and there is no way back.
        torch.AcceleratorError: the GPU is gone.

    """
    ways = [name for name in WAYS if name in model.accelerations and device != "cpu"]
    if not ways and not lossy:
        return []
    trial = _begin(pipeline, model)
    if trial is None:
        return []
    before = [name for name in ways if name != "compile" and _take(name, trial)]
    presets = [preset for preset in Preset if preset in lossy and apply_preset(preset, model, trial.call)]
    if presets:
        trial.expected = trial.call.output()  # from here on this is what it predicts
    # Last: what was compiled before the others would be compiled again.
    compiled = [name for name in ways if name == "compile" and _take(name, trial)]
    took: list[str] = [*before, *presets, *compiled]
    log.info("accelerated", extra={"model": model.id, "took": took})
    return took


def _begin(pipeline: Any, model: Model) -> _Trial | None:  # noqa: ANN401 - the library is untyped
    try:
        call = sample_call(pipeline, model)
        with _counted(call.denoiser, NORMALISATIONS) as normalised:
            expected = call.output()
    except torch.AcceleratorError:
        raise
    except Exception as error:  # noqa: BLE001 - a pipeline may raise anything, and the warm-up will say it better
        _log_not_taken(model, "everything", error)
        return None
    return _Trial(pipeline=pipeline, model=model, call=call, expected=expected, normalised=len(normalised))


def _take(name: str, trial: _Trial) -> bool:
    apply, undo = WAYS[name]
    try:
        trial.check(apply(trial))
    except torch.AcceleratorError:
        raise
    except Exception as error:  # noqa: BLE001 - compilers and kernels each raise their own
        undo(trial.pipeline)
        _log_not_taken(trial.model, name, error)
        return False
    return True


def _log_not_taken(model: Model, way: str, error: Exception) -> None:
    reason = str(error).strip().splitlines()[0] if isinstance(error, CannotTake) else type(error).__name__
    log.warning("acceleration_not_taken", extra={"model": model.id, "way": way, "reason": reason})


def _channels_last(trial: _Trial) -> torch.Tensor:
    parts = _convolutional(trial.pipeline)
    if not parts:
        msg = "no part of it is made of convolutions over two dimensions"
        raise CannotTake(msg)
    for part in parts:
        _lay_out(part, torch.channels_last)
    return trial.call.output()


def _no_channels_last(pipeline: Any) -> None:  # noqa: ANN401
    for part in _convolutional(pipeline):
        _lay_out(part, torch.contiguous_format)


def _lay_out(part: Any, memory_format: torch.memory_format) -> None:  # noqa: ANN401 - torch's types leave it out
    part.to(memory_format=memory_format)


def _convolutional(pipeline: Any) -> list[nn.Module]:  # noqa: ANN401
    """UNets, and VAEs of pictures. A video's VAE has a fifth dimension."""
    parts = [denoiser_of(pipeline), getattr(pipeline, "vae", None)]
    return [part for part in parts if part is not None and _is_convolutional(part)]


def _is_convolutional(part: nn.Module) -> bool:
    """A transformer has one convolution at most, which cuts its picture into pieces, and gains nothing."""
    kinds = [type(module) for module in part.modules()]
    return kinds.count(nn.Conv2d) > 1 and not any(issubclass(kind, nn.Conv3d) for kind in kinds)


def _fused_qkv(trial: _Trial) -> torch.Tensor:
    if trial.model.loras:
        msg = "a LoRA changes the projections one by one, and would have no effect on fused ones"
        raise CannotTake(msg)
    if not hasattr(trial.denoiser, "fuse_qkv_projections"):
        msg = f"{trial.name} cannot fuse its projections"
        raise CannotTake(msg)
    trial.denoiser.fuse_qkv_projections()
    with _counted(trial.denoiser, PROJECTIONS) as used, _counted(trial.denoiser, NORMALISATIONS) as normalised:
        found = trial.call.output()
    if not used:
        msg = f"{trial.name} fuses its projections and does not use them"
        raise CannotTake(msg)
    if len(normalised) != trial.normalised:
        msg = f"{trial.name} no longer normalises queries and keys when they are fused"
        raise CannotTake(msg)
    return found


@contextmanager
def _counted(denoiser: nn.Module, names: Collection[str]) -> Iterator[list[str]]:
    """The calls of those modules that have such names."""
    called: list[str] = []
    with ExitStack() as hooks:
        for path, module in denoiser.named_modules():
            if path.rpartition(".")[2] in names:
                hook = module.register_forward_pre_hook(lambda *_, path=path: called.append(path))
                hooks.callback(hook.remove)
        yield called


def _unfused_qkv(pipeline: Any) -> None:  # noqa: ANN401
    denoiser = denoiser_of(pipeline)
    if hasattr(denoiser, "unfuse_qkv_projections"):
        denoiser.unfuse_qkv_projections()


def _attention(trial: _Trial) -> torch.Tensor:
    """The fastest of those that run here."""
    processors = [module.processor for module in trial.denoiser.modules() if hasattr(module, "processor")]
    if not any(hasattr(processor, "_attention_backend") for processor in processors):
        msg = f"the attention of {trial.name} always asks torch itself"
        raise CannotTake(msg)
    timed = {backend: one for backend in ATTENTION_BACKENDS if (one := _timed_with(backend, trial)) is not None}
    if not timed:
        msg = "none of its backends runs here"
        raise CannotTake(msg)
    fastest = min(timed, key=lambda backend: timed[backend][1])
    trial.denoiser.set_attention_backend(fastest)
    seconds = {backend: round(taken, 4) for backend, (_, taken) in timed.items()}
    log.info("attention_measured", extra={"model": trial.model.id, "fastest": fastest, "seconds": seconds})
    return timed[fastest][0]


def _timed_with(backend: str, trial: _Trial) -> tuple[torch.Tensor, float] | None:
    try:
        trial.denoiser.set_attention_backend(backend)
        found, seconds = trial.call.timed()
        trial.check(found)
    except torch.AcceleratorError:
        raise
    except Exception as error:  # noqa: BLE001 - each kernel refuses in its own words
        log.info("attention_refused", extra={"backend": backend, "exception_type": type(error).__name__})
        return None
    return found, seconds


def _torchs_attention(pipeline: Any) -> None:  # noqa: ANN401
    denoiser_of(pipeline).set_attention_backend("native")  # also as what others get that have none of their own
    denoiser_of(pipeline).reset_attention_backend()


def _compiled(trial: _Trial) -> torch.Tensor:
    limits: Any = torch._dynamo.config  # noqa: SLF001 - how torch documents it
    limits.recompile_limit = max(limits.recompile_limit, RECOMPILATIONS)
    limits.accumulated_recompile_limit = sys.maxsize
    # With cached steps it is decided between the blocks, and outside of any graph, whether they run.
    how = {"fullgraph": not getattr(trial.denoiser, "is_cache_enabled", False), "backend": COMPILER}
    if getattr(trial.denoiser, "_repeated_blocks", None):
        trial.denoiser.compile_repeated_blocks(**how)
    else:
        for block in trial.denoiser.transformer_blocks:  # SD3 and CogVideoX name none, and have them all the same
            block.compile(**how)
    return trial.call.output()


def _not_compiled(pipeline: Any) -> None:  # noqa: ANN401
    for module in denoiser_of(pipeline).modules():
        module._compiled_call_impl = None  # noqa: SLF001 - torch has no other way back


@contextmanager
def uncompiled(pipeline: Any) -> Iterator[None]:  # noqa: ANN401
    """Without compiled blocks, and with torch's own attention, from now on; where it fails, both as before."""
    modules = [*denoiser_of(pipeline).modules()]
    processors = [getattr(module, "processor", None) for module in modules]
    chosen = [(of, "_compiled_call_impl") for of in modules] + [(of, "_attention_backend") for of in processors]
    set_aside = [(of, name, was) for of, name in chosen if (was := getattr(of, name, None)) is not None]
    for of, name, _ in set_aside:
        setattr(of, name, None if name == "_compiled_call_impl" else "native")
    try:
        yield
    except BaseException:
        for of, name, was in set_aside:
            setattr(of, name, was)
        raise


WAYS: dict[str, tuple[Callable[[_Trial], torch.Tensor], Callable[[Any], None]]] = {
    "channels_last": (_channels_last, _no_channels_last),
    "fused_qkv": (_fused_qkv, _unfused_qkv),
    "attention": (_attention, _torchs_attention),
    "compile": (_compiled, _not_compiled),
}
"""Each gives what the denoiser then predicts, and has its way back. By the catalogue's names."""
