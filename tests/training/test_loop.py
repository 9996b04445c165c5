"""A training that is interrupted ends as one that is not."""

from pathlib import Path

import pytest
import torch
from torch import nn

from training import checkpoints
from training.checkpoints import load_checkpoint, save_checkpoint
from training.loop import Plan, Run, Training


def train(folder: Path, steps_at_once: list[int]) -> dict[str, torch.Tensor]:
    """A small regression, stopped after so many steps each time."""
    for steps in steps_at_once:
        torch.manual_seed(0)
        module = nn.Linear(3, 2)
        training = Training(
            module, Plan(learning_rate=0.05, warm_up=3), Run(folder=folder, device="cpu", steps=12)
        )

        def loss_of(chance: torch.Generator, _: int, module: nn.Linear = module) -> torch.Tensor:
            seen = torch.randn(8, 3, generator=chance)
            loss: torch.Tensor = ((module(seen) - seen.sum(1, keepdim=True)) ** 2).mean()
            return loss

        stop_at = training.step + steps
        stepped = training._update_average

        def update(training: Training = training, stop_at: int = stop_at, stepped: object = stepped) -> None:
            stepped()  # type: ignore[operator]
            if training.step == stop_at:
                raise KeyboardInterrupt

        training._update_average = update  # type: ignore[method-assign]
        try:
            training.go_on(loss_of)
        except KeyboardInterrupt:
            training.save()
    return training.averaged()


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    whole = train(tmp_path / "whole", [12])
    pieces = train(tmp_path / "pieces", [5, 4, 3])

    assert all(torch.equal(whole[name], pieces[name]) for name in whole)


def test_a_finished_one_does_nothing_more(tmp_path: Path) -> None:
    before = train(tmp_path / "x", [12])

    after = train(tmp_path / "x", [12])

    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_rate_rises_and_falls() -> None:
    plan = Plan(learning_rate=1.0, warm_up=10)

    rates = [plan.rate_at(step, 100) for step in range(100)]

    assert rates.index(max(rates)) in {9, 10}
    assert rates[0] == pytest.approx(0.1)
    assert rates[-1] < 0.02


def test_a_checkpoint_is_several_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "LARGEST_FILE", 1_000)
    tensors = {f"t{index}": torch.full((100,), float(index)) for index in range(9)}

    save_checkpoint(tmp_path / "c", tensors)

    files = list((tmp_path / "c").iterdir())
    assert len(files) == 5
    assert all(file.stat().st_size < 2_000 for file in files)
    loaded = load_checkpoint(tmp_path / "c")
    assert loaded is not None
    assert all(torch.equal(loaded[name], tensors[name]) for name in tensors)


def test_a_write_that_fails_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path / "c", {"step": torch.tensor(1)})

    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(OSError):  # noqa: PT011 - as the disk says it
        save_checkpoint(tmp_path / "c", {"step": torch.tensor(2)})

    loaded = load_checkpoint(tmp_path / "c")
    assert loaded is not None
    assert int(loaded["step"]) == 1


def test_where_nothing_was_saved_there_is_nothing(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "none") is None
