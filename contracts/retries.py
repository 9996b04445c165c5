"""How often a generation is tried, and how long nobody tries in between."""

from datetime import timedelta

MAX_FAILURES = 3
"""Attempts that RunPod accepted and that came to nothing, before the generation has failed."""
GIVE_UP_AFTER = timedelta(hours=24)
"""Of a generation's age: nobody waits longer for a picture, however busy RunPod is."""
SHORTEST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=10)
BREAKER_PAUSE = timedelta(minutes=5)
"""How long RunPod is left alone after it said that our key, our credit or our endpoint is no good."""


def pause_before(again: int, chance: float) -> timedelta:
    """How long to wait before the `again`-th new try, from 1: four times as long each time, up to a limit.

    `chance` is from 0 to 1, and takes up to half of it away, so that those that failed together do not come back
    together.
    """
    longest = min(SHORTEST_PAUSE.total_seconds() * 4.0 ** min(again - 1, 8), LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=longest * (0.5 + 0.5 * chance))
