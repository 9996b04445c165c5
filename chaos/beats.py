"""A heartbeat without its thread: it beats when the work moves, so that a run can be repeated."""

from types import TracebackType
from typing import Self

from contracts.ports import StoreUnavailable
from contracts.status import Stage
from worker.heartbeat import Heartbeat


class BeatsInTurn(Heartbeat):
    """Tells each movement there and then, in the worker's own thread."""

    def __enter__(self) -> Self:
        """Begin; nothing runs beside the work."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def enter(self, stage: Stage) -> None:
        """See `Heartbeat.enter`."""
        super().enter(stage)
        self.beat()

    def step(self, step: int, steps: int) -> None:
        """See `Heartbeat.step`."""
        super().step(step, steps)
        self.beat()

    def beat(self) -> None:
        """Report once, as the thread would. Raises `ClaimLost`."""
        try:
            if not self._report():
                self._lost.set()
        except StoreUnavailable:
            pass  # the next one has more luck
        self.check()


class BeatsOnce(BeatsInTurn):
    """Beats when it begins to generate, and never again: what comes later goes unnoticed for as long as may be."""

    def enter(self, stage: Stage) -> None:
        """See `Heartbeat.enter`."""
        if stage is Stage.GENERATING:
            super().enter(stage)

    def step(self, step: int, steps: int) -> None:
        """Nobody is told, but RunPod can have said stop."""
        del step, steps
        self.check()
