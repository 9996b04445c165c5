"""Where a training stands: written now and then, and read when it goes on.

A checkpoint is a folder of safetensors files of at most 15 MiB each, so that it can be carried between machines
that take only small files. It is written beside the last one and then takes its place, so that there is always a
whole one.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

LARGEST_FILE = 15 * 2**20


def save_checkpoint(folder: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write all tensors, in place of an earlier checkpoint in the folder."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for number, names in enumerate(_parts(tensors)):
        part = {name: tensors[name].detach().cpu().contiguous().clone() for name in names}  # none may share memory
        save_file(part, fresh / f"{number:03}.safetensors")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def load_checkpoint(folder: Path) -> dict[str, torch.Tensor] | None:
    """All tensors, or None where there is no checkpoint."""
    files = sorted(folder.glob("*.safetensors"))
    tensors: dict[str, torch.Tensor] = {}
    for file in files:
        tensors |= load_file(file)
    return tensors if files else None


def _parts(tensors: Mapping[str, torch.Tensor]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    size = 0
    for name, tensor in tensors.items():
        size += tensor.nbytes
        if parts[-1] and size > LARGEST_FILE:
            parts.append([])
            size = tensor.nbytes
        parts[-1].append(name)
    return parts
