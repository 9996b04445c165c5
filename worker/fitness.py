"""Whether this machine is enough for the models it is to serve: looked at before anything is loaded.

RunPod's own checks (rp_fitness.py) come after that, and know nothing of the models. A worker that is not fit says
all that is wrong with it at once, takes no job, and so costs no user any time.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil
import torch
from huggingface_hub.constants import HF_HUB_CACHE

from contracts.catalogue import Model
from worker.cannot_start import WorkerUnfit

GIB = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What is there."""

    gpus: int
    """How many RunPod has given, by its own word; 0 anywhere else."""
    device: str
    """`cuda` or `cpu`, as torch finds it."""
    cuda_needed: str | None
    """The CUDA version that torch was built with; None for a build without."""
    free_memory: int
    """Of that device, in bytes."""
    free_disk: int
    """Where downloaded weights are put, in bytes."""

    @classmethod
    def of_this_process(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Look."""
        has_cuda = torch.cuda.is_available()
        count = environment.get(
            "RUNPOD_GPU_COUNT", ""
        )  # https://docs.runpod.io/pods/templates/environment-variables
        return cls(
            gpus=int(count) if count.isdecimal() else 0,
            device="cuda" if has_cuda else "cpu",
            cuda_needed=torch.version.cuda,
            free_memory=torch.cuda.mem_get_info()[0] if has_cuda else psutil.virtual_memory().available,
            free_disk=shutil.disk_usage(_nearest(Path(HF_HUB_CACHE))).free,
        )


def check_fitness(models: Sequence[Model], machine: Machine, downloaded: Sequence[Model] = ()) -> None:
    """Raise `WorkerUnfit` with everything that is wrong.

    Args:
        models: what the worker is to serve.
        machine: what there is.
        downloaded: those of the models whose weights are not on this machine yet.

    """
    sentences = _gpu(machine), _memory(models, machine), _disk(downloaded, machine)
    if wrong := " ".join(filter(None, sentences)):
        raise WorkerUnfit(wrong)


def _gpu(machine: Machine) -> str | None:
    if not machine.gpus or machine.device == "cuda":
        return None
    if machine.cuda_needed is None:
        return "There is a GPU, but this torch is built without CUDA: build the image with torch's usual wheel."
    return (
        f"There is a GPU, but torch cannot use it: it needs a driver for CUDA {machine.cuda_needed}, and this "
        "machine's is older, or broken. Set the endpoint's allowed CUDA versions to that one and later."
    )


def _memory(models: Sequence[Model], machine: Machine) -> str | None:
    too_big = [model for model in models if model.memory_gib * GIB > machine.free_memory]
    if not too_big:
        return None
    needs = " and ".join(f"{model.id} {model.memory_gib:.1f} GiB" for model in too_big)
    where = "GPU" if machine.device == "cuda" else "machine"
    return (
        f"This {where} has {machine.free_memory / GIB:.1f} GiB free, and of the models needs {needs} while it "
        "generates. Give the endpoint a larger one, or leave it out of SAFELIGHT_MODELS."
    )


def _disk(downloaded: Sequence[Model], machine: Machine) -> str | None:
    needed = sum(model.memory_gib for model in downloaded)  # the weights are most of it
    if needed * GIB <= machine.free_disk:
        return None
    names = " and ".join(model.id for model in downloaded)
    return (
        f"{names} need about {needed:.0f} GiB of disk, and {HF_HUB_CACHE} has "
        f"{machine.free_disk / GIB:.0f} GiB free. Give the endpoint's container a larger disk, or a network "
        "volume with HF_HOME on it."
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next(there for there in (folder, *folder.parents) if there.is_dir())
