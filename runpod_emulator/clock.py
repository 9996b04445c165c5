"""The emulator's time: one clock for every limit. It may run fast, and it may leap.

A leap goes through all times that are due, in their order, so that whatever would have happened happens: a
leap of a month expires each job at its own moment. What a leap cannot do is make other processes faster:
a worker that would have pinged in that month has not.
"""

import asyncio
import contextlib
import heapq
import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

LOGGER = logging.getLogger("runpod_emulator")

#: Seconds since the emulator's start, from any clock of ours; what only reads the time takes this.
Now = Callable[[], float]
#: How long, in real seconds, a leap waits at each due time for what is under way, such as a webhook.
SETTLE_SECONDS = 1.0
#: How many turns of the event loop a leap gives to what it woke.
SETTLE_TURNS = 5
#: Timers that were cancelled are swept out when they are the larger part of more than this many.
SWEEP_ABOVE = 64
MAX_SPEED = 1_000_000.0
#: Ten years.
MAX_LEAP_SECONDS = 315_360_000.0


@dataclass(order=True, slots=True)
class Timer:
    """One callback to come. It is called once, unless it is cancelled before.

    Attributes:
        when: The clock's seconds at which it is due.
        number: Timers due at the same time are called in the order they were set.
        callback: What is called; None once it was called or cancelled.
    """

    when: float
    number: int
    callback: Callable[[], object] | None = field(compare=False)


class Clock:
    """Seconds since the emulator's start.

    Args:
        source: Real seconds, from any start.
        speed: How many seconds pass in a real one.

    Attributes:
        failures: How many callbacks have raised; each is in the log.
    """

    def __init__(self, *, source: Callable[[], float] = time.monotonic, speed: float = 1.0) -> None:
        self.failures = 0
        self._source = source
        self._real_mark = source()
        self._mark = 0.0
        self._pinned: float | None = None
        self._speed = 1.0
        self._timers: list[Timer] = []
        self._set_so_far = 0
        self._cancelled = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._under_way: set[asyncio.Future[Any]] = set()
        self._at_landing: list[Callable[[], object]] = []
        self._one_leap = asyncio.Lock()
        self.set_speed(speed)

    def __call__(self) -> float:
        """Return the time."""
        if self._pinned is not None:
            return self._pinned
        return self._mark + (self._source() - self._real_mark) * self._speed

    @property
    def speed(self) -> float:
        """How many seconds pass in a real one."""
        return self._speed

    @property
    def leaping(self) -> bool:
        """Whether time is being skipped just now."""
        return self._pinned is not None

    def set_speed(self, speed: float) -> None:
        """Let time pass at this many seconds in a real one, from now on.

        Raises:
            ValueError: It is not above 0, or beyond MAX_SPEED.
        """
        if not 0 < speed <= MAX_SPEED:
            message = f"the speed must be above 0 and at most {MAX_SPEED:.0f}"
            raise ValueError(message)
        self._mark, self._real_mark = self(), self._source()
        self._speed = float(speed)
        self._rearm()

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call back at the given time; soon, if it has passed."""
        self._set_so_far += 1
        timer = Timer(when=when, number=self._set_so_far, callback=callback)
        heapq.heappush(self._timers, timer)
        if self._timers[0] is timer:
            self._rearm()
        return timer

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call back after this many seconds."""
        return self.call_at(self() + seconds, callback)

    def cancel(self, timer: Timer) -> None:
        """Do not call it. One that was called or cancelled already is left as it is."""
        if timer.callback is None:
            return
        timer.callback = None
        self._cancelled += 1
        if self._cancelled > SWEEP_ABOVE and self._cancelled * 2 > len(self._timers):
            self._timers = [kept for kept in self._timers if kept.callback is not None]
            heapq.heapify(self._timers)
            self._cancelled = 0

    def pending(self) -> int:
        """Count the timers still to be called."""
        return len(self._timers) - self._cancelled

    async def sleep(self, seconds: float) -> None:
        """Come back after this many seconds of this clock."""
        done = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: None if done.done() else done.set_result(None))
        try:
            await done
        finally:
            self.cancel(timer)

    @contextlib.asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError in what is awaited within, after this many seconds of this clock."""
        async with asyncio.timeout(None) as scope:
            timer = self.call_later(seconds, lambda: scope.reschedule(0))
            try:
                yield
            finally:
                self.cancel(timer)

    def watch(self, work: "asyncio.Future[Any]") -> None:
        """Let a leap wait for this work, which takes real time, before it goes on to the next due time."""
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)

    def when_landed(self, callback: Callable[[], object]) -> None:
        """Call back at once, or after the leap that is under way: for what needs real time to come to life."""
        if self._pinned is None:
            callback()
        else:
            self._at_landing.append(callback)

    def advance(self, seconds: float) -> None:
        """Leap without letting anything else run in between."""
        target = self._take_off(seconds)
        try:
            while self._call_next(until=target):
                pass
        finally:
            self._land(target)

    async def leap(self, seconds: float) -> None:
        """Leap, and let everything that wakes up on the way run before the next due time.

        Raises:
            ValueError: It is below 0, or beyond MAX_LEAP_SECONDS.
        """
        if not 0 <= seconds <= MAX_LEAP_SECONDS:
            message = f"a leap must be 0 or more and at most {MAX_LEAP_SECONDS:.0f} seconds"
            raise ValueError(message)
        async with self._one_leap:
            target = self._take_off(seconds)
            reached = None
            try:
                await self._settle()
                while self._call_next(until=target):
                    await self._settle()
                reached = target
            finally:
                self._land(self() if reached is None else reached)

    def attach(self) -> None:
        """Call back from the running event loop; until then only `advance` does."""
        self._loop = asyncio.get_running_loop()
        self._rearm()

    def detach(self) -> None:
        """Call nothing back any more."""
        self._loop = None
        self._rearm()

    def _take_off(self, seconds: float) -> float:
        self._pinned = self()
        return self._pinned + seconds

    def _land(self, now: float) -> None:
        self._mark, self._real_mark, self._pinned = now, self._source(), None
        waiting, self._at_landing = self._at_landing, []
        for callback in waiting:
            self._call(callback)
        self._rearm()

    async def _settle(self) -> None:
        for _ in range(SETTLE_TURNS):
            await asyncio.sleep(0)
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=SETTLE_SECONDS)

    def _call_next(self, *, until: float) -> bool:
        """Call the earliest timer due by then; say whether there was one."""
        while self._timers and self._timers[0].when <= until:
            timer = heapq.heappop(self._timers)
            callback, timer.callback = timer.callback, None
            if callback is None:
                self._cancelled -= 1
                continue
            if self._pinned is not None:
                self._pinned = max(self._pinned, timer.when)
            self._call(callback)
            return True
        if self._pinned is not None:
            self._pinned = max(self._pinned, until)
        return False

    def _rearm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._loop is None or self._pinned is not None or not self._timers:
            return
        real_seconds = (self._timers[0].when - self()) / self._speed
        self._alarm = self._loop.call_later(max(0.0, min(real_seconds, 3600.0)), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._pinned is not None:
            return  # the leap calls what is due
        until = self()
        while self._pinned is None and self._call_next(until=until):
            pass
        self._rearm()

    def _call(self, callback: Callable[[], object]) -> None:
        try:
            callback()
        except Exception:  # one callback's mistake must not take the other limits with it
            self.failures += 1
            LOGGER.exception("timer_failed")


def is_duration(value: object) -> bool:
    """Whether this is a finite number of seconds, 0 or more. A truth value is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= MAX_LEAP_SECONDS and math.isfinite(value)
