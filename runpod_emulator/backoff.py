"""How long nothing is started after workers that crash: longer each time, so that a broken one costs little."""

from runpod_emulator.clock import Now

#: After the first, second, … crash in a row; the last for all that follow.
BACKOFF_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Backoff:
    """The row of crashes so far.

    Args:
        now: The clock.

    Attributes:
        until: The clock's seconds before which nothing is started.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._crashes = 0
        self.until = 0.0

    def note_crash(self) -> float:
        """Wait for the next of BACKOFF_SECONDS, and return it."""
        seconds = BACKOFF_SECONDS[min(self._crashes, len(BACKOFF_SECONDS) - 1)]
        self._crashes += 1
        self.until = self._now() + seconds
        return seconds

    def forget(self) -> None:
        """End the row: a worker has had a good life."""
        self._crashes = 0
