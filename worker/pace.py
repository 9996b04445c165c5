"""How long things take here, from what they took before."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from worker.batching import Kind

WEIGHT_OF_THE_LAST = 0.3


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a job of a kind takes on this worker, in seconds."""

    step: float
    """Each denoising step, those of its batch-mates included."""
    rest: float
    """From the last step until the document says completed."""


class Pace:
    """What jobs of each kind took, the latest ones more than those before."""

    def __init__(self) -> None:
        self._known: dict[Kind, Expected] = {}

    def expect(self, kind: Kind) -> Expected | None:
        """None where this worker has made none yet."""
        return self._known.get(kind)

    def remember(self, kind: Kind, took: Expected) -> None:
        """One more was made."""
        known, new = self._known.get(kind, took), WEIGHT_OF_THE_LAST
        self._known[kind] = Expected(
            step=known.step * (1 - new) + took.step * new, rest=known.rest * (1 - new) + took.rest * new
        )


class Throttle:
    """Lets the first one through, and then one in so many seconds."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._next = 0.0

    def lets_through(self) -> bool:
        """Whether it is time again; if so, it is not for a while."""
        now = self._monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
