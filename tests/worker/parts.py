"""A part of a pipeline's call, as a job's place in the lane is one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from contracts.catalogue import Model
from worker.gpu_turn import Pictures
from worker.pipelines import Pipelines

OnStep = Callable[[int, int], None]


@dataclass(kw_only=True)
class PartOfACall:
    """See `pipelines.Part`."""

    request: Mapping[str, Any]
    seed: int = 1
    on_step: OnStep = lambda step, steps: None
    arrived: list[Pictures] = field(default_factory=list)
    previews: list[Pictures] = field(default_factory=list)
    remade: list[str] = field(default_factory=list)
    is_blocked: bool = False
    lossy: Sequence[str] = ()

    def step(self, step: int, steps: int) -> None:
        """See `Part.step`."""
        self.on_step(step, steps)

    def show(self, preview: Pictures) -> None:
        """See `Part.show`."""
        self.previews.append(preview)

    def deliver(self, pictures: Pictures) -> None:
        """See `Part.deliver`."""
        self.arrived.append(pictures)

    def remake(self, reason: str) -> None:
        """See `Part.remake`."""
        self.remade.append(reason)

    def block(self) -> None:
        """See `Part.block`."""
        self.is_blocked = True

    def made_with(self, lossy: Sequence[str]) -> None:
        """See `Part.made_with`."""
        self.lossy = lossy

    @property
    def pictures(self) -> Pictures:
        """All that was delivered."""
        return np.concatenate(self.arrived)


def made(engine: Pipelines, model: Model, request: Mapping[str, Any], seed: int) -> Pictures:
    """What a call with one part gives it."""
    part = PartOfACall(request=request, seed=seed)
    engine.generate(model, [part])
    return part.pictures
