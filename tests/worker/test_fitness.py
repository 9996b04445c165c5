"""What is said of a machine that is not enough: everything at once, and what to do."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from contracts.catalogue import Model
from tests.worker.shipped import SHIPPED
from worker import fitness
from worker.cannot_start import WorkerUnfit
from worker.fitness import GIB, Machine, check_fitness

DOWNLOADED = SHIPPED[0].source.model_copy(update={"folder": None, "repository": "a/b"})
BIG = SHIPPED[0].model_copy(update={"id": "big", "memory_gib": 30.0, "source": DOWNLOADED})


def machine(**differences: object) -> Machine:
    facts = {"gpus": 1, "device": "cuda", "cuda_needed": "13.0", "free_memory": 24 * GIB, "free_disk": 40 * GIB}
    return Machine(**facts | differences)  # type: ignore[arg-type]


def said(models: list[Model], there: Machine, downloaded: Sequence[Model] = ()) -> str:
    with pytest.raises(WorkerUnfit) as unfit:
        check_fitness(models, there, downloaded)
    return str(unfit.value)


@pytest.mark.parametrize(
    "there",
    [
        machine(),
        machine(gpus=0, device="cpu", cuda_needed=None),
        machine(gpus=0, device="cpu"),  # a laptop, with the usual torch
        machine(free_memory=GIB, free_disk=0),  # the shipped models take a tenth each, and are not downloaded
    ],
)
def test_what_is_enough_is_not_spoken_of(there: Machine) -> None:
    check_fitness(SHIPPED, there)


def test_a_gpu_whose_driver_is_too_old_is_not_silently_done_without() -> None:
    sentence = said(SHIPPED, machine(device="cpu"))

    assert "needs a driver for CUDA 13.0" in sentence
    assert "allowed CUDA versions" in sentence


def test_a_torch_without_cuda_is_not_silently_served_with_beside_a_gpu() -> None:
    assert "built without CUDA" in said(SHIPPED, machine(device="cpu", cuda_needed=None))


def test_too_little_memory_is_told_with_both_figures_before_anything_is_loaded() -> None:
    sentence = said([*SHIPPED, BIG], machine())

    assert sentence.startswith(
        "This GPU has 24.0 GiB free, and of the models needs big 30.0 GiB while it generates."
    )
    assert "SAFELIGHT_MODELS" in sentence
    assert said([BIG], machine(gpus=0, device="cpu")).startswith("This machine has 24.0 GiB free")


def test_models_that_fit_one_at_a_time_are_enough() -> None:
    other = BIG.model_copy(update={"id": "other"})

    check_fitness([BIG, other], machine(free_memory=31 * GIB, free_disk=80 * GIB), [BIG, other])


def test_too_little_disk_for_what_has_to_be_downloaded() -> None:
    sentence = said([*SHIPPED, BIG], machine(free_memory=80 * GIB, free_disk=29 * GIB), [BIG])

    assert sentence.startswith("big need about 30 GiB of disk")
    assert "has 29 GiB free" in sentence


def test_what_is_on_this_machine_already_needs_no_room() -> None:
    check_fitness([BIG], machine(free_memory=80 * GIB, free_disk=0))


def test_everything_is_said_at_once() -> None:
    sentence = said([BIG], machine(device="cpu", free_disk=0), [BIG])

    assert [part in sentence for part in ("driver", "24.0 GiB", "disk")] == [True] * 3


def test_it_looks_at_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fitness, "HF_HUB_CACHE", str(tmp_path / "not" / "there" / "yet"))

    there = Machine.of_this_process({"RUNPOD_GPU_COUNT": "2"})

    assert there.gpus == 2
    assert there.free_memory > 0
    assert there.free_disk > 0
    assert Machine.of_this_process({}).gpus == 0
