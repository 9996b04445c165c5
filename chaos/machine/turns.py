"""A seam where everybody waits before each call until he is told how it goes."""

import contextlib
from collections.abc import Callable
from enum import StrEnum

from greenlet import getcurrent, greenlet

from chaos.seam import Crash
from contracts.ports import StoreUnavailable


class Goes(StrEnum):
    """How a call goes."""

    WELL = "well"
    FAILS_BEFORE = "fails before it is carried out"
    FAILS_AFTER = "fails after it was carried out"
    DIES_BEFORE = "whoever calls dies before"
    DIES_AFTER = "whoever calls dies after"


CANNOT_FAIL = {"runpod.submit", "runpod.look", "runpod.cancel", "step"}
"""Calls that have no store behind them: RunPod fails in its own ways."""


class Actor:
    """One run of one handler, up to the call that he is about to make."""

    def __init__(self, name: str, coroutine: greenlet) -> None:
        self.name = name
        self.coroutine = coroutine
        self.call = ""

    @property
    def is_there(self) -> bool:
        """Whether he has not come to his end."""
        return not self.coroutine.dead


class Turns:
    """See `Seam`. One at a time, and nobody by himself."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []
        self._goes = Goes.WELL
        self._hub = getcurrent()
        self._current: Actor | None = None

    def start(self, name: str, work: Callable[[], object]) -> None:
        """Have somebody do this, up to his first call."""

        def whole() -> None:
            with contextlib.suppress(Crash, StoreUnavailable):
                work()

        actor = Actor(name, greenlet(whole, self._hub))
        self._let(actor)

    def move(self, actor: Actor, goes: Goes) -> None:
        """Let his call go as it is said, and him on to the next."""
        self._goes = goes
        self._let(actor)

    def finish(self, actor: Actor) -> None:
        """Let all his calls go well."""
        while actor.is_there:
            self.move(actor, Goes.WELL)

    def end(self) -> None:
        """Everybody dies where he stands."""
        for actor in self.actors:
            actor.coroutine.throw(Crash)
        self.actors = []

    def before(self, call: str) -> None:
        """See `Seam.before`."""
        if getcurrent() is self._hub:
            return
        actor = self._current
        assert actor is not None
        actor.call = call
        self._hub.switch()
        if self._goes is Goes.DIES_BEFORE:
            raise Crash
        if self._goes is Goes.FAILS_BEFORE and call not in CANNOT_FAIL:
            raise StoreUnavailable(call)

    def after(self, call: str) -> None:
        """See `Seam.after`."""
        if getcurrent() is self._hub:
            return
        if self._goes is Goes.DIES_AFTER:
            raise Crash
        if self._goes is Goes.FAILS_AFTER and call not in CANNOT_FAIL:
            raise StoreUnavailable(call)

    def _let(self, actor: Actor) -> None:
        self._current = actor
        actor.coroutine.switch()
        self._current = None
        self.actors = [other for other in self.actors if other is not actor]
        if actor.is_there:
            self.actors.append(actor)
