"""Measure a shipped model, and write its card."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from diffusers import DiffusionPipeline
from numpy.typing import NDArray

from training.card import Card, write_card
from training.evaluation import (
    KINDS,
    Pixels,
    Table,
    held_out,
    measure_truth,
    painter_of,
    prompt_of,
    tabulate,
)

SAMPLES_OF_A_KIND = 20
FRAMES_SHOWN = slice(0, None, 2)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How the model is asked."""

    count: int
    """Prompts of each kind."""
    steps: int
    guidance_scale: float
    device: str

    def __str__(self) -> str:
        return (
            f"{self.count} prompts of each kind, one answer each, seeds from 0, {self.steps} steps, "
            f"guidance {self.guidance_scale:g}."
        )


def measure(media: str, folder: Path, asked: Asked) -> tuple[Table, list[Pixels]]:
    """What came of all prompts, in a table and as it is."""
    pipeline: Any = DiffusionPipeline.from_pretrained(folder).to(asked.device)
    pipeline.set_progress_bar_config(disable=True)
    wanted = held_out(media, asked.count)
    painter = painter_of(pipeline, steps=asked.steps, guidance_scale=asked.guidance_scale)
    made = painter([prompt_of(one) for one in wanted], range(len(wanted)))
    return tabulate(wanted, made), made


def write_report(media: str, folder: Path, asked: Asked, *, told: str) -> Table:
    """Measure, and write the model's card and samples beside its weights."""
    table, made = measure(media, folder, asked)
    card = _image_card(folder, asked, told) if media == "image" else _video_card(folder, asked, told)
    samples = _image_samples(made, asked.count) if media == "image" else _video_samples(made, asked.count)
    write_card(card, table=table, truth=measure_truth(media, asked.count), samples=samples, folder=folder)
    return table


def _image_card(folder: Path, asked: Asked, told: str) -> Card:
    return Card(
        title="safelight-image",
        architecture=(
            "A small Stable Diffusion for pictures of 64x64: `StableDiffusionPipeline` with `AutoencoderKL`, "
            "`UNet2DConditionModel`, `CLIPTextModel` and a `CLIPTokenizer` of its own."
        ),
        parameters=_parameters(folder),
        data=(
            "Eight colours, five shapes, sizes, places, numbers, relations, and twelve landscapes. The captions "
            "use many words."
        ),
        training=told,
        asked=str(asked),
        samples="the first pictures of each kind, in order, nothing selected",
        repeated=(
            "On one machine the same picture; alone or in a batch of up to eight, channels differ by 2 of 255 at "
            "most."
        ),
    )


def _video_card(folder: Path, asked: Asked, told: str) -> Card:
    return Card(
        title="safelight-video",
        architecture=(
            "A small Wan for 17 frames of 64x64: `WanPipeline` with `AutoencoderKLWan`, `WanTransformer3DModel`, "
            "`UMT5EncoderModel` and a `T5Tokenizer` of its own."
        ),
        parameters=_parameters(folder),
        data=(
            "A shape of a colour on a background moves left, right, up or down, grows or shrinks; a day turns to "
            "night over the sea, hills or mountains. The captions use many words."
        ),
        training=told,
        asked=str(asked),
        samples="the first two videos of each kind, every other frame, nothing selected",
        repeated="On one machine the same video.",
    )


def _parameters(folder: Path) -> int:
    """Of all parts together."""
    pipeline: Any = DiffusionPipeline.from_pretrained(folder)
    parts = [part for part in pipeline.components.values() if hasattr(part, "parameters")]
    return sum(weight.numel() for part in parts for weight in part.parameters())


def _image_samples(made: list[Pixels], count: int) -> list[list[NDArray[np.uint8]]]:
    """Two rows of ten for each kind."""
    chosen = [made[kind * count + index] for kind in range(len(KINDS)) for index in range(SAMPLES_OF_A_KIND)]
    return [chosen[first : first + 10] for first in range(0, len(chosen), 10)]


def _video_samples(made: list[Pixels], count: int) -> list[list[NDArray[np.uint8]]]:
    """A row for each video."""
    chosen = [made[kind + index] for kind in range(0, len(made), count) for index in range(2)]
    return [list(frames[FRAMES_SHOWN]) for frames in chosen]
