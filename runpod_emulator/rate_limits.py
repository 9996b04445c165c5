"""How often each operation may be called: so many requests in ten seconds, so many at a time."""

import contextlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from runpod_emulator.clock import Now
from runpod_emulator.errors import TooManyRequestsError

WINDOW_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What one operation allows.

    Attributes:
        per_window: Requests in WINDOW_SECONDS.
        at_once: Requests at a time; None is no limit.
    """

    per_window: int
    at_once: int | None


#: As documented. What is not here has no limit.
DOCUMENTED = {
    "run": Limit(per_window=1000, at_once=200),
    "runsync": Limit(per_window=2000, at_once=400),
    "status": Limit(per_window=2000, at_once=400),
    "stream": Limit(per_window=2000, at_once=400),
    "cancel": Limit(per_window=100, at_once=20),
    "purge-queue": Limit(per_window=2, at_once=None),
}


@dataclass
class _Usage:
    """What was used of one limit: the times of the requests let in lately, and how many are under way."""

    let_in_at: deque[float] = field(default_factory=deque)
    under_way: int = 0


class RateLimits:
    """Counts requests, and refuses those above the limit.

    Args:
        now: The clock.
        per_running_worker: What each running worker allows, where that is more than the documented limit.
    """

    def __init__(self, now: Now, *, per_running_worker: int = 0) -> None:
        self._now = now
        self._per_running_worker = per_running_worker
        self._usage: dict[str, _Usage] = {}

    @contextlib.contextmanager
    def let_in(self, operation: str, *, running_workers: int) -> Iterator[None]:
        """Count a request while it is under way.

        Raises:
            TooManyRequestsError: There were too many already. A refused request does not count.
        """
        limit = DOCUMENTED.get(operation)
        if limit is None:
            yield
            return
        usage = self._usage.setdefault(operation, _Usage())
        self._forget_old(usage)
        allowed_by_workers = running_workers * self._per_running_worker
        if len(usage.let_in_at) >= max(limit.per_window, allowed_by_workers):
            message = f"too many requests to {operation}: {limit.per_window} in {WINDOW_SECONDS:.0f} seconds"
            raise TooManyRequestsError(message)
        if limit.at_once is not None and usage.under_way >= max(limit.at_once, allowed_by_workers):
            message = f"too many requests to {operation} at a time: {limit.at_once}"
            raise TooManyRequestsError(message)
        usage.let_in_at.append(self._now())
        usage.under_way += 1
        try:
            yield
        finally:
            usage.under_way -= 1

    def _forget_old(self, usage: _Usage) -> None:
        oldest = self._now() - WINDOW_SECONDS
        while usage.let_in_at and usage.let_in_at[0] <= oldest:
            usage.let_in_at.popleft()
