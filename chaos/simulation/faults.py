"""What goes wrong, how often, and how often it did."""

from collections import Counter
from collections.abc import Mapping
from random import Random

from chaos.seam import Crash
from chaos.simulation.clock import VirtualClock
from contracts.ports import StoreUnavailable

# By whom, around which call: how likely is each of these, each time.
DIES_BEFORE: Mapping[tuple[str, str], float] = {
    ("event", "generations.apply"): 0.015,
    ("event", "runpod.submit"): 0.035,
    ("command", "generations.apply"): 0.10,
    ("command", "objects.find"): 0.2,
    ("command", "commands.remove"): 0.16,
    ("sweeper", "generations.apply"): 0.01,
    ("sweeper", "runpod.submit"): 0.03,
    ("sweeper", "objects.find"): 0.02,
    ("worker", "generations.apply"): 0.005,
    ("worker", "objects.find"): 0.01,
    ("worker", "objects.put"): 0.015,
    ("worker", "step"): 0.015,
}
DIES_AFTER: Mapping[tuple[str, str], float] = {
    ("event", "generations.apply"): 0.01,
    ("event", "runpod.submit"): 0.035,
    ("command", "generations.apply"): 0.13,
    ("command", "objects.remove"): 0.9,
    ("sweeper", "generations.apply"): 0.01,
    ("worker", "generations.apply"): 0.005,
    ("worker", "objects.put"): 0.02,
}
FAILS_BEFORE: Mapping[tuple[str, str], float] = {
    ("event", "generations.apply"): 0.015,
    ("command", "objects.find"): 0.3,
    ("sweeper", "generations.apply"): 0.02,
    ("sweeper", "objects.find"): 0.03,
    ("worker", "generations.apply"): 0.01,
    ("worker", "objects.find"): 0.015,
    ("worker", "objects.put"): 0.02,
}
FAILS_AFTER: Mapping[tuple[str, str], float] = {
    ("event", "generations.apply"): 0.015,
    ("sweeper", "generations.apply"): 0.02,
    ("worker", "generations.apply"): 0.01,
    ("worker", "objects.put"): 0.02,
}
STOPPED: Mapping[tuple[str, str], float] = {
    ("event", "runpod.submit"): 0.035,
    ("sweeper", "generations.apply"): 0.01,
    ("worker", "generations.apply"): 0.005,
    ("worker", "objects.put"): 0.015,
    ("worker", "step"): 0.01,
}
"""For so long that everybody else takes him for dead; then he goes on as if nothing had happened."""
NO_STORAGE = ("worker without Storage", "objects.put")
LONG_SECONDS = (120, 7200)
CALL_SECONDS = (0.01, 0.4)


class Faults:
    """The seam around every call, and the dice for everything else."""

    def __init__(self, clock: VirtualClock, random: Random) -> None:
        self.fired: Counter[str] = Counter()
        self.quiet = False
        self._clock = clock
        self._random = random

    def fires(self, label: str, chance: float) -> bool:
        """Whether it goes wrong this time."""
        if self.quiet or self._random.random() >= chance:
            return False
        self.fired[label] += 1
        return True

    def before(self, call: str) -> None:
        """See `Seam.before`."""
        self._clock.sleep(self._random.uniform(*CALL_SECONDS))
        role = self._clock.role
        if (role, call) == NO_STORAGE and not self.quiet:
            raise StoreUnavailable(call)
        at = (role, call)
        if self.fires(f"{role} stopped before {call}", STOPPED.get(at, 0.0)):
            self._clock.sleep(self._random.uniform(*LONG_SECONDS))
        if self.fires(f"{role} dies before {call}", DIES_BEFORE.get(at, 0.0)):
            raise Crash
        if self.fires(f"{role}: {call} fails before", FAILS_BEFORE.get(at, 0.0)):
            raise StoreUnavailable(call)

    def after(self, call: str) -> None:
        """See `Seam.after`."""
        role = self._clock.role
        at = (role, call)
        if self.fires(f"{role} dies after {call}", DIES_AFTER.get(at, 0.0)):
            raise Crash
        if self.fires(f"{role}: {call} fails after", FAILS_AFTER.get(at, 0.0)):
            raise StoreUnavailable(call)
