"""Timers by name: of each kind, an owner has one at most."""

from collections.abc import Callable

from runpod_emulator.clock import Clock, Timer


class Deadlines:
    """Timers by owner and kind.

    Args:
        clock: What they run on.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timers: dict[tuple[str, str], Timer] = {}

    def __len__(self) -> int:
        return len(self._timers)

    def set(self, owner: str, kind: str, when: float, callback: Callable[[], object]) -> None:
        """Call back then, instead of when this owner's deadline of this kind was before."""
        self.cancel(owner, kind)

        def due() -> None:
            del self._timers[owner, kind]
            callback()

        self._timers[owner, kind] = self._clock.call_at(when, due)

    def cancel(self, owner: str, *kinds: str) -> None:
        """Drop these deadlines of an owner, if there are any."""
        for kind in kinds:
            timer = self._timers.pop((owner, kind), None)
            if timer is not None:
                self._clock.cancel(timer)

    def get(self, owner: str, kind: str) -> float | None:
        """Return when this deadline is, or None."""
        timer = self._timers.get((owner, kind))
        return None if timer is None else timer.when
