"""What a job needs around it, chosen once at start (`wiring`)."""

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from contracts.catalogue import Catalogue
from contracts.moderation import InputCheck, allow_everything
from contracts.patience import USUAL, Patience
from contracts.ports import Clock, EndingPublisher, GenerationStore, ObjectStore
from worker.gpu_turn import Engine
from worker.heartbeat import Heartbeat
from worker.moderation import OutputCheck
from worker.pace import Pace


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
    pace: Pace = field(default_factory=Pace)
    heartbeat: type[Heartbeat] = Heartbeat
    new_claim: Callable[[], str] = new_nonce
    chance: Callable[[], float] = random.random
    """From 0 to 1, for jitter."""
    patience: Patience = USUAL
    input_check: InputCheck = allow_everything
    """Of direct jobs; a job with a document has been checked by the function that dispatched it."""
    output_check: OutputCheck | None = None
