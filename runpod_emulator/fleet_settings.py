"""What the fleet is told at its start."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runpod_emulator.scaling import Scaling


@dataclass(frozen=True, kw_only=True)
class FleetSettings:
    """How to start a worker, and what to expect of it. Seconds are the emulator's.

    Attributes:
        command: The program and its arguments; may hold secrets, so it is in no log.
        scaling: How many there are.
        cold_start_seconds: How long after the decision the process starts.
        init_timeout_seconds: A worker that has not asked for a job this long after its start is replaced.
        stop_grace_seconds: How long a worker may take to exit after SIGTERM. The service's is not known.
        logs: Where the workers' output goes; None is a folder that goes with the emulator.
        environment: Variables of the workers' own, beside those of the emulator without its RUNPOD_ ones.
    """

    command: Sequence[str]
    scaling: Scaling = field(default_factory=Scaling)
    cold_start_seconds: float = 0.0
    init_timeout_seconds: float = 420.0
    stop_grace_seconds: float = 30.0
    logs: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.command:
            message = "the worker's command is empty"
            raise ValueError(message)
        for name in ("cold_start_seconds", "init_timeout_seconds", "stop_grace_seconds"):
            seconds = getattr(self, name)
            if not math.isfinite(seconds) or seconds < 0:
                message = f"{name} must be 0 or more"
                raise ValueError(message)
