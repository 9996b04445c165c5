"""The model card: what it is, what it was made from, and how well it does what it is told; nothing is selected."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.evaluation import Table

COLUMNS = 10
QUALITIES = ("background", "colour", "shape", "count", "place", "size", "relation", "motion")


@dataclass(frozen=True, kw_only=True)
class Card:
    """What only whoever trained it knows."""

    title: str
    architecture: str
    parameters: int
    training: str
    """Steps, batch, time and hardware, in a sentence."""
    asked: str
    """How the measure asked: steps, guidance, how many prompts of each kind."""


def write_card(
    card: Card, *, table: Table, truth: Table, samples: Sequence[NDArray[np.uint8]], folder: Path
) -> None:
    """Write `README.md` and `samples.png` into the model's folder."""
    grid(samples).save(folder / "samples.png")
    (folder / "README.md").write_text(
        f"""# {card.title}

{card.architecture} {card.parameters / 1e6:.1f} million parameters. Licence: Apache-2.0.

**Data.** Painted by `training/` from a seed: eight colours, five shapes, sizes, places, numbers, relations and
twelve landscapes, with captions in many words. One combination in eight of background, colour and shape is kept
from it.

**Training.** {card.training} Reproduced by the commands in docs/training.md.

**Does it do what the prompt says?** {card.asked} Per cent right, on held-out combinations only; in brackets what
the measure says of painted pictures, where everything is right.

{_markdown(table, truth)}

![The first pictures of the measure, in order, nothing selected](samples.png)
"""
    )


def grid(samples: Sequence[NDArray[np.uint8]], columns: int = COLUMNS) -> Image.Image:
    """Pictures side by side, in rows."""
    side = samples[0].shape[0]
    rows = -(-len(samples) // columns)
    sheet = Image.new("RGB", (columns * side, rows * side), "white")
    for index, sample in enumerate(samples):
        sheet.paste(Image.fromarray(sample), (index % columns * side, index // columns * side))
    return sheet


def _markdown(table: Table, truth: Table) -> str:
    named = [quality for quality in QUALITIES if any(quality in row for row in table.values())]
    lines = [f"| | {' | '.join(named)} |", f"| --- |{' ---: |' * len(named)}"]
    for kind, row in table.items():
        cells = [f"{row[quality]} ({truth[kind][quality]})" if quality in row else "" for quality in named]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)
