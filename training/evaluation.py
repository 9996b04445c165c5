"""How often a pipeline does what its prompt says, on combinations that it was never trained on."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray

from training.measure import judge
from training.painting import paint
from training.world import Pair, Picture, Scene, Several, Single, draw_picture

KINDS = ("single", "several", "pair")
SEED = 2_026

Painter = Callable[[Sequence[str], Sequence[int]], list[NDArray[np.uint8]]]
"""Prompts and seeds to pictures, each [side, side, 3]."""
Table = dict[str, dict[str, float]]
"""For each kind of picture and each quality, how many per cent were right."""


def held_out_pictures(count: int) -> list[Single | Several | Pair]:
    """So many of each kind, of combinations that training never saw."""
    chance = random.Random(SEED)  # noqa: S311 - pictures, not secrets
    drawn: list[Picture] = [draw_picture(chance, kind=kind, held_out=True) for kind in KINDS for _ in range(count)]
    return [picture for picture in drawn if not isinstance(picture, Scene)]


def measure_truth(count: int, side: int) -> Table:
    """The measure's own error: the same on painted pictures, where everything is right."""
    wanted = held_out_pictures(count)
    return tabulate(wanted, [paint(picture, side) for picture in wanted])


def tabulate(wanted: Sequence[Single | Several | Pair], painted: Sequence[NDArray[np.uint8]]) -> Table:
    """Per kind of picture, how many per cent of what the prompt says is there."""
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for picture, pixels in zip(wanted, painted, strict=True):
        for quality, verdict in asdict(judge(pixels, picture)).items():
            if verdict is not None:
                right[type(picture).__name__.lower()][quality].append(verdict)
    return {
        kind: {quality: round(100 * sum(all_) / len(all_), 1) for quality, all_ in qualities.items()}
        for kind, qualities in right.items()
    }


def painter_of(pipeline: object, *, steps: int, guidance_scale: float, batch: int = 20) -> Painter:
    """A diffusers pipeline as a painter."""

    def paint_all(prompts: Sequence[str], seeds: Sequence[int]) -> list[NDArray[np.uint8]]:
        pictures: list[NDArray[np.uint8]] = []
        for first in range(0, len(prompts), batch):
            generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds[first : first + batch]]
            output = pipeline(  # type: ignore[operator]
                prompt=list(prompts[first : first + batch]),
                num_inference_steps=steps,
                guidance_scale=guidance_scale,
                generator=generators,
                output_type="np",
            )
            pictures += [(image * 255 + 0.5).astype(np.uint8) for image in output.images]
        return pictures

    return paint_all
