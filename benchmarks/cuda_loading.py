"""How fast a pipeline's weights come to the device from files that the system has in memory."""

import statistics
import tempfile
from pathlib import Path
from typing import Any

import diffusers
import torch

from adapters.catalogue_file import load_catalogue
from benchmarks.gpu_rates import copy_rate, seconds_of
from benchmarks.random_pipelines import configuration, random_pipeline
from benchmarks.row import Row
from contracts.catalogue import Source
from worker.loading import load

ROUNDS = 3
NAME = "sdxl"
AS_FAST = 0.95
"""Of the default's rate: ours is the same call, with its checks."""


def load_row(*, tiny: bool, command: str) -> Row:
    """Our load beside diffusers' default, and beside what a copy from pinned memory reaches."""
    device, dtype = ("cpu", torch.float32) if tiny else ("cuda", torch.bfloat16)
    diffusers.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        of = configuration(NAME, tiny=tiny)
        random_pipeline(of, device, dtype, []).save_pretrained(Path(folder) / NAME)
        weights = sum(file.stat().st_size for file in Path(folder).rglob("*.safetensors"))
        entry = next(model for model in load_catalogue().models if model.id == of["entry"])
        changed = {"source": Source(folder=NAME), "variant": None, "accelerations": frozenset[str]()}
        model = entry.model_copy(update={**changed, "dtype": str(dtype).partition(".")[2]})

        def default() -> Any:  # noqa: ANN401 - the library is untyped
            return diffusers.DiffusionPipeline.from_pretrained(Path(folder) / NAME, dtype=dtype).to(device)

        default()  # whoever comes first brings the files into memory
        taken = [
            (seconds_of(default, device), seconds_of(lambda: load(model, Path(folder), device), device))
            for _ in range(ROUNDS)
        ]
    naive, ours = (weights / statistics.median(each) for each in zip(*taken, strict=True))
    copied = copy_rate(device)
    return Row(
        what=f"SDXL's weights ({weights / 1e9:.3g} GB) from files in memory to the device, GB/s",
        ours=f"{ours / 1e9:.3g}, {ours / copied:.0%} of the limit",
        naive=f"{naive / 1e9:.3g}",
        limit=f"{copied / 1e9:.3g}, a copy from pinned memory",
        target=f"at least {AS_FAST} of the default's",
        met=ours >= AS_FAST * naive,
        command=command,
    )
