"""Holding a request open until there is something to say."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class LongPolls:
    """The parked polls of one endpoint.

    Args:
        hold_seconds: How long a poll without news is held. Measured by the event loop, not by the
            emulator's clock: it is the one wait that a worker really makes.
    """

    def __init__(self, hold_seconds: float) -> None:
        self._hold_seconds = hold_seconds
        self._news = asyncio.Event()
        self._closed = False

    def wake(self) -> None:
        """Let every parked poll look again, the longest parked first."""
        self._news.set()
        self._news.clear()

    def close(self) -> None:
        """Send every parked poll away with nothing, and hold no other: the emulator stops."""
        self._closed = True
        self.wake()

    async def hold(self, take: Callable[[], T | None], *, give_up: Callable[[], bool] = lambda: False) -> T | None:
        """Return what `take` gives as soon as that is something, or nothing when the hold is over.

        Nothing is awaited between a `take` that succeeded and the return, so a poll that is cancelled
        while parked has taken nothing.

        Args:
            take: Looks for something; called again at every wake.
            give_up: Asked at every wake whether to end the hold early.
        """
        try:
            async with asyncio.timeout(self._hold_seconds):
                while not (taken := take()) and not self._closed and not give_up():
                    await self._news.wait()
                return taken or None
        except TimeoutError:
            return None
