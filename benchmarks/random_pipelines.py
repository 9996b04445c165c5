"""Pipelines of full size with random weights, made where they are used: nothing is downloaded, nothing is copied.

Random weights take as long as trained ones. What they cannot tell is what a picture looks like.
"""

import inspect
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch

CONFIGURATIONS = Path(__file__).parent / "full_size.toml"
PARTS = ("transformer", "unet", "vae")
"""Those with weights."""


def configuration(name: str, *, tiny: bool) -> dict[str, Any]:
    """One pipeline's; of a size for a CPU where it shall be tiny."""
    whole: dict[str, Any] = tomllib.loads(CONFIGURATIONS.read_text(encoding="utf-8"))[name]
    smaller = whole.pop("tiny") if tiny else {}
    return {
        key: {**value, **smaller.get(key, {})} if isinstance(value, dict) else smaller.get(key, value)
        for key, value in whole.items()
    }


def random_pipeline(
    of: Mapping[str, Any],
    device: str,
    dtype: torch.dtype,
    float32_parts: list[str],
) -> Any:  # noqa: ANN401 - the library is untyped
    """The same one each time.

    Args:
        of: its configuration.
        device: where its weights are made.
        dtype: of its weights.
        float32_parts: components that are in float32 all the same.

    """
    made: dict[str, Any] = {"scheduler": _part(of["scheduler"])}  # on the host, in float32, as always
    for name in (name for name in PARTS if name in of):
        with _made_on(device, torch.float32 if name in float32_parts else dtype):
            made[name] = _part(of[name])
    pipeline_class = _without_text_encoders(getattr(diffusers, of["pipeline"]), of["text"])
    missing = {
        name: None
        for name, parameter in inspect.signature(pipeline_class.__init__).parameters.items()
        if name not in made and name != "self" and parameter.default is inspect.Parameter.empty
    }
    pipeline = pipeline_class(**made, **missing)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _part(of: Mapping[str, Any]) -> Any:  # noqa: ANN401
    torch.manual_seed(0)
    part = getattr(diffusers, of["class"])(**{name: value for name, value in of.items() if name != "class"})
    return part.eval() if isinstance(part, torch.nn.Module) else part


@contextmanager
def _made_on(device: str, dtype: torch.dtype) -> Iterator[None]:
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(usual)


def _without_text_encoders(pipeline_class: Any, text: Mapping[str, int]) -> Any:  # noqa: ANN401
    """The same pipeline, whose prompts come as what an encoder would have made of them."""

    def encode_prompt(self: Any, prompt: list[str], **given: Any) -> tuple[Any, ...]:  # noqa: ANN401
        denoiser = getattr(self, "transformer", None) or self.unet
        like = {"device": given["device"], "dtype": denoiser.dtype}
        encoded = torch.ones(len(prompt), text["tokens"], text["width"], **like)
        pooled = torch.ones(len(prompt), text.get("pooled", 1), **like)
        if pipeline_class is diffusers.FluxPipeline:
            return encoded, pooled, torch.zeros(text["tokens"], 3, **like)
        return (encoded, -encoded, pooled, -pooled) if "pooled" in text else (encoded, -encoded)

    return type(pipeline_class.__name__, (pipeline_class,), {"encode_prompt": encode_prompt})
