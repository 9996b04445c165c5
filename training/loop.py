"""The one training loop: AdamW, warm-up and cosine, averaged weights, checkpoints, and a line of progress."""

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from training.checkpoints import load_checkpoint, save_checkpoint
from training.precision import autocast

CHECKPOINT_SECONDS = 120.0
TOLD_EVERY = 50
"""Steps."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How fast."""

    learning_rate: float
    warm_up: int = 200
    weight_decay: float = 0.01
    average: float = 0.999
    """How much of the averaged weights a step keeps."""
    seed: int = 0

    def rate_at(self, step: int, steps: int) -> float:
        """The learning rate of one of so many steps: up in a line, then down in half a cosine to a hundredth."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        part = (step - self.warm_up) / max(1, steps - self.warm_up)
        return self.learning_rate * (0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * min(1.0, part))))


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where a training happens, and how long it may take this time."""

    folder: Path
    """Of its checkpoint."""
    device: str
    steps: int
    """In all."""
    minutes: float = math.inf
    compiles: bool = False
    """Whether to compile blocks of a transformer, which halves the time of a step; takes a C++ compiler."""


class Training:
    """One module on its way. It goes on where its checkpoint stands."""

    def __init__(self, module: nn.Module, plan: Plan, run: Run) -> None:
        self.module = module.to(run.device)
        self.step = 0
        self._plan = plan
        self._run = run
        self._optimizer = torch.optim.AdamW(
            module.parameters(), plan.learning_rate, (0.9, 0.98), weight_decay=plan.weight_decay, fused=True
        )
        self._average = {name: value.detach().clone() for name, value in module.state_dict().items()}
        self._resume()

    def go_on(self, loss_of: Callable[[torch.Generator, int], torch.Tensor]) -> bool:
        """Train until all steps are done, or the time is up. Whether all are done.

        `loss_of` gets the step's own source of chance and its number, and returns the loss of one batch: the
        same step sees the same batch, whether it was interrupted before or not.
        """
        self.module.train()
        began = told = saved = time.monotonic()
        losses: list[torch.Tensor] = []
        while self.step < self._run.steps and time.monotonic() - began < 60 * self._run.minutes:
            chance = torch.Generator(self._run.device).manual_seed(self._plan.seed * 1_000_003 + self.step)
            rate = self._plan.rate_at(self.step, self._run.steps)
            for group in self._optimizer.param_groups:
                group["lr"] = rate
            with autocast(self._run.device), self._attention():
                loss = loss_of(chance, self.step)
            with self._attention():
                loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
            self._optimizer.step()
            self._optimizer.zero_grad(set_to_none=True)
            self.step += 1
            self._update_average()
            losses.append(loss.detach())
            if self.step % TOLD_EVERY == 0 or self.step == self._run.steps:
                now = time.monotonic()
                mean = float(torch.stack(losses).mean())
                pace = (now - told) / len(losses)
                left = pace * (self._run.steps - self.step) / 60
                print(
                    f"step {self.step}/{self._run.steps}  loss {mean:.4f}  {pace * 1000:.0f} ms/step  "
                    f"{left:.0f} min left",
                    flush=True,
                )
                told, losses = now, []
                if now - saved > CHECKPOINT_SECONDS:
                    self.save()
                    saved = now
        self.save()
        return self.step >= self._run.steps

    def averaged(self) -> dict[str, torch.Tensor]:
        """The averaged weights, which are better than the last."""
        return self._average

    def save(self) -> None:
        """Write the checkpoint."""
        tensors = {"step": torch.tensor(self.step)}
        tensors |= {f"module.{name}": value for name, value in self.module.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self._average.items()}
        for index, state in self._optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        save_checkpoint(self._run.folder, tensors)

    def _attention(self) -> contextlib.AbstractContextManager[None]:
        """On a CPU the plain way: the other one's backward pass takes twenty times as long (torch 2.13)."""
        plain: contextlib.AbstractContextManager[None] = sdpa_kernel(SDPBackend.MATH)
        return plain if self._run.device == "cpu" else contextlib.nullcontext()

    def _update_average(self) -> None:
        keep = min(self._plan.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.module.state_dict().items():
                if value.is_floating_point():
                    self._average[name].lerp_(value, 1 - keep)
                else:
                    self._average[name].copy_(value)

    def _resume(self) -> None:
        tensors = load_checkpoint(self._run.folder)
        if tensors is None:
            return
        self.step = int(tensors["step"])
        self.module.load_state_dict(_below("module.", tensors))
        for name, value in _below("average.", tensors).items():
            self._average[name].copy_(value)
        states: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in _below("optimizer.", tensors).items():
            index, _, name = key.partition(".")
            states.setdefault(int(index), {})[name] = value
        self._optimizer.load_state_dict(
            {"state": states, "param_groups": self._optimizer.state_dict()["param_groups"]}
        )
        print(f"goes on at step {self.step}", flush=True)


def _below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
