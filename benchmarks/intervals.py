"""Times in which something was under way, and what can be said of many of them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Interval:
    """From `start` to `end`, in seconds of one clock."""

    start: float
    end: float


def busy_fraction(intervals: Iterable[Interval]) -> float:
    """How much of the time from the first start to the last end at least one of them covers.

    Raises `ValueError` where there is none, or no time between these two.
    """
    covered = merged(intervals)
    if not covered or covered[-1].end <= covered[0].start:
        msg = "there is no time of which a part could be busy"
        raise ValueError(msg)
    return sum(one.end - one.start for one in covered) / (covered[-1].end - covered[0].start)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The times in which at least one is under way, in order, none touching the next."""
    joined: list[Interval] = []
    for one in sorted(intervals, key=lambda interval: interval.start):
        if joined and one.start <= joined[-1].end:
            joined[-1] = Interval(start=joined[-1].start, end=max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined


def most_at_once(intervals: Iterable[Interval]) -> int:
    """How many are under way at the moment when most are. One that ends as another starts is over by then."""
    moves = sorted((moment, change) for one in intervals for moment, change in ((one.start, 1), (one.end, -1)))
    most = now = 0
    for _, change in moves:
        now += change
        most = max(most, now)
    return most
