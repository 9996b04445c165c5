"""What a job needs around it, chosen once at start (`wiring`)."""

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from PIL.Image import Image

from contracts.catalogue import Catalogue, Model
from contracts.patience import USUAL, Patience
from contracts.ports import Clock, EndingPublisher, GenerationStore, ObjectStore
from contracts.status import Stage
from worker.heartbeat import Heartbeat


class Engine(Protocol):
    """Whatever makes pictures; `engine.DiffusersEngine` for real."""

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, on_step: Callable[[int, int], None]
    ) -> list[Image]:
        """See `DiffusersEngine.generate`."""


class Watcher(Protocol):
    """Whoever follows a job. Both methods raise `ClaimLost` where nobody wants its result any more."""

    def enter(self, stage: Stage) -> None:
        """Work has come to another stage."""

    def step(self, step: int, steps: int) -> None:
        """A denoising step is done."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """Where documents, objects and endings go."""

    generations: GenerationStore
    objects: ObjectStore
    endings: EndingPublisher


def new_nonce() -> str:
    """What no other worker draws."""
    return secrets.token_hex(16)


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Everything around a job."""

    engine: Engine
    catalogue: Catalogue
    now: Clock
    cloud: Cloud | None
    """None on a worker without Firebase variables."""
    heartbeat: type[Heartbeat] = Heartbeat
    new_claim: Callable[[], str] = new_nonce
    chance: Callable[[], float] = random.random
    """From 0 to 1, for jitter."""
    patience: Patience = USUAL
