"""How many workers there should be. Pure: what it is asked with is all it knows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

#: A wait this much shorter than the limit has reached it: sums of seconds are not exact.
EPSILON_SECONDS = 1e-6


class Scaler(StrEnum):
    """By what the service adds workers."""

    #: When a job has waited for `value` seconds.
    QUEUE_DELAY = "QUEUE_DELAY"
    #: One for every `value` jobs, waiting or running.
    REQUEST_COUNT = "REQUEST_COUNT"


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """When there are more and when fewer. The defaults are the service's.

    Attributes:
        min_workers: Always there.
        max_workers: Never more.
        scaler: By what workers are added.
        value: Seconds or jobs, as the scaler says.
        idle_timeout_seconds: How long a worker without a job stays.
    """

    min_workers: int = 0
    max_workers: int = 3
    scaler: Scaler = Scaler.QUEUE_DELAY
    value: float = 4.0
    idle_timeout_seconds: float = 5.0

    def __post_init__(self) -> None:
        if not 0 <= self.min_workers <= self.max_workers:
            message = "min_workers must be 0 or more, and not above max_workers"
            raise ValueError(message)
        if (
            not math.isfinite(self.value)
            or self.value < 0
            or (self.value == 0 and self.scaler != Scaler.QUEUE_DELAY)
        ):
            message = "the scaler's value must be above 0"
            raise ValueError(message)
        if not math.isfinite(self.idle_timeout_seconds) or self.idle_timeout_seconds < 0:
            message = "the idle timeout must be 0 or more"
            raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What there is to do, and who is there to do it.

    Attributes:
        waited_seconds: How long each waiting job has waited; those of low priority are left out.
        running: How many jobs run.
        workers: How many workers there are, starting ones included, leaving ones not.
        free_workers: How many of these have no job.
        places_taken: How many others there are, which count against the maximum and do nothing.
    """

    waited_seconds: Sequence[float]
    running: int
    workers: int
    free_workers: int
    places_taken: int = 0


def workers_wanted(scaling: Scaling, demand: Demand) -> int:
    """Return how many workers there should be. It never asks for fewer than work now: only idleness ends one."""
    if scaling.scaler is Scaler.REQUEST_COUNT:
        wanted = math.ceil((len(demand.waited_seconds) + demand.running) / scaling.value)
    else:
        overdue = sum(_is_overdue(waited, scaling) for waited in demand.waited_seconds)
        wanted = demand.workers + max(0, overdue - demand.free_workers)
    return max(scaling.min_workers, min(wanted, scaling.max_workers))


def workers_missing(scaling: Scaling, demand: Demand) -> int:
    """Return how many workers to start; 0 or less for none."""
    room = scaling.max_workers - demand.workers - demand.places_taken
    return min(workers_wanted(scaling, demand) - demand.workers, room)


def seconds_until_overdue(scaling: Scaling, demand: Demand) -> float | None:
    """Return when a job will have waited too long, if none comes and none goes; None if that will not be."""
    if scaling.scaler is Scaler.REQUEST_COUNT or demand.workers >= scaling.max_workers:
        return None
    waits = (waited for waited in demand.waited_seconds if not _is_overdue(waited, scaling))
    return min((scaling.value - waited for waited in waits), default=None)


def _is_overdue(waited_seconds: float, scaling: Scaling) -> bool:
    return waited_seconds >= scaling.value - EPSILON_SECONDS
