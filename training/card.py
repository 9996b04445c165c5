"""The model card: what it is, what it was made from, and how well it does what it is told; nothing is selected."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.evaluation import Table

QUALITIES = ("background", "colour", "shape", "count", "place", "size", "relation", "motion")


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a table and samples cannot say."""

    title: str
    architecture: str
    parameters: int
    data: str
    training: str
    """Steps, batch, time and hardware, in a sentence."""
    asked: str
    """How the measure asked: steps, guidance, how many prompts of each kind."""
    samples: str
    """Which they are."""
    repeated: str
    """What the same seed gives."""


def write_card(
    card: Card, *, table: Table, truth: Table, samples: Sequence[Sequence[NDArray[np.uint8]]], folder: Path
) -> None:
    """Write `README.md` and `samples.png` into the model's folder."""
    grid(samples).save(folder / "samples.png", optimize=True)
    (folder / "README.md").write_text(
        f"""# {card.title}

{card.architecture} {card.parameters / 1e6:.1f} million parameters. Licence: Apache-2.0.

**Data.** Painted by `training/` from a seed. {card.data} One combination in eight of background, colour and shape
is kept from it.

**Training.** {card.training} Reproduced by the commands in docs/training.md.

**Does it do what the prompt says?** {card.asked} Per cent right, on held-out combinations only; in brackets what
the measure says of painted pictures, where everything is right: its own error.

{_markdown(table, truth)}

![{card.samples[0].upper()}{card.samples[1:]}](samples.png)

Above: {card.samples}.

**Again with the same seed.** {card.repeated} (`tests/models/test_shipped_models.py`)
"""
    )


def grid(rows: Sequence[Sequence[NDArray[np.uint8]]]) -> Image.Image:
    """Pictures of one size in rows."""
    side = rows[0][0].shape[0]
    sheet = Image.new("RGB", (max(map(len, rows)) * side, len(rows) * side), "white")
    for down, row in enumerate(rows):
        for across, sample in enumerate(row):
            sheet.paste(Image.fromarray(sample), (across * side, down * side))
    return sheet


def _markdown(table: Table, truth: Table) -> str:
    named = [quality for quality in QUALITIES if any(quality in row for row in table.values())]
    lines = [f"| | {' | '.join(named)} |", f"| --- |{' ---: |' * len(named)}"]
    for kind, row in table.items():
        cells = [f"{row[quality]} ({truth[kind][quality]})" if quality in row else "" for quality in named]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)
