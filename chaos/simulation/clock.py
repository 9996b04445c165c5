"""Time that passes only when everybody waits for something.

Each handler runs as a coroutine (a greenlet: the handlers are plain functions, and must not know). One at a time,
in an order that only the seed decides.
"""

import heapq
import itertools
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from greenlet import getcurrent, greenlet

from chaos.seam import Crash
from contracts.ports import StoreUnavailable

START = datetime(2026, 8, 1, tzinfo=UTC)


class VirtualClock:
    """What happens when, and the time."""

    def __init__(self) -> None:
        self.now = START
        self.errors: list[str] = []
        """What handlers raised that they should not."""
        self._hub = getcurrent()
        self._order = itertools.count()
        self._waiting: list[tuple[datetime, int, Callable[[], object]]] = []
        self._roles: dict[greenlet, str] = {}

    @property
    def role(self) -> str:
        """Who is running."""
        return self._roles.get(getcurrent(), "nobody")

    def read(self) -> datetime:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let others run meanwhile."""
        self._at(seconds, getcurrent().switch)
        self._hub.switch()

    def start(self, role: str, work: Callable[[], object], after: float = 0.0) -> None:
        """Have somebody do this."""
        self._at(after, lambda: self._run(role, work))

    def run(self, until: datetime) -> None:
        """Let everything happen that happens until then."""
        while self._waiting and self._waiting[0][0] <= until:
            self.now, _, happen = heapq.heappop(self._waiting)
            happen()
        self.now = until

    def _at(self, seconds: float, happen: Callable[[], object]) -> None:
        heapq.heappush(self._waiting, (self.now + timedelta(seconds=seconds), next(self._order), happen))

    def _run(self, role: str, work: Callable[[], object]) -> None:
        def whole() -> None:
            try:
                work()
            except (Crash, StoreUnavailable):
                pass  # a function that fails is not tried again
            except Exception:  # noqa: BLE001 - a handler must not raise anything else
                self.errors.append(f"{role} raised:\n{traceback.format_exc()}")
            finally:
                self._roles.pop(getcurrent(), None)

        coroutine = greenlet(whole, self._hub)
        self._roles[coroutine] = role
        coroutine.switch()
