"""What the lane asks of whatever makes pictures, and what that tells each job of a call."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from contracts.catalogue import Model
from worker.gpu_turn import Pictures


class GpuLost(Exception):  # noqa: N818 - an outcome of an engine
    """The GPU answers no more, and nothing but a new process can have it back."""


class Part(Protocol):
    """One job's part of a call, as the pipelines see it."""

    request: Mapping[str, Any]
    seed: int

    def step(self, step: int, steps: int) -> None:
        """A step is done. Raises `ClaimLost` when no part of the call is wanted any more."""

    def show(self, preview: Pictures) -> None:
        """A small picture of this part."""

    def deliver(self, pictures: Pictures) -> None:
        """Some of its pictures, in order."""

    def remake(self, reason: str) -> None:
        """It is made a second time, and this is why."""

    def block(self) -> None:
        """What was made is not to be shown, says the checker that the model brings along."""

    def made_with(self, lossy: Sequence[str]) -> None:
        """These lossy presets make its pictures other ones."""


class Pipelines(Protocol):
    """`engine.DiffusersEngine` for real."""

    def has(self, model: Model) -> bool:
        """Whether it can begin at once. Any thread may ask."""

    def prepare(self, model: Model) -> None:
        """Load it. Raises `GpuLost`, or `GenerationFailed`."""

    def generate(self, model: Model, parts: Sequence[Part]) -> None:
        """One call for all parts. Raises `GpuLost`, and what a pipeline raises."""
