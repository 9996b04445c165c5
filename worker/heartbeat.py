"""While a job is worked on: tell the page how far it is, and notice that it is no longer ours.

The thread here looks once a second, and writes when work has moved on: a GPU that hangs lets its lease run out.
Every look reads the document, so that a cancel is known within two seconds, whatever the stage.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Self

from contracts import transitions
from contracts.catalogue import Deadlines
from contracts.errors import ClaimLost
from contracts.generation import Generation, Progress
from contracts.paths import GenerationPath
from contracts.ports import Applied, Clock, GenerationStore, Refused, StoreUnavailable
from contracts.status import Stage
from worker.gpu_turn import Pictures
from worker.pace import Expected
from worker.preview import data_url

INTERVAL_SECONDS = 1.0

log = logging.getLogger(__name__)


class Heartbeat:
    """Of one claim. A context manager: inside it the thread runs, after it nothing is written any more."""

    def __init__(
        self,
        generations: GenerationStore,
        path: GenerationPath,
        *,
        claim: str,
        deadlines: Deadlines,
        now: Clock,
        stop: threading.Event,
        interval_seconds: float = INTERVAL_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.last: Applied | None = None
        """What this worker wrote last: it need not be read again before the next write."""
        self._generations = generations
        self._path = path
        self._claim = claim
        self._deadlines = deadlines
        self._now = now
        self._lost = stop
        self._expected: Expected | None = None
        self._steps = 0
        self._interval = interval_seconds
        self._monotonic = monotonic
        self._stage = Stage.LOADING
        self._progress: Progress | None = None
        self._preview: Pictures | None = None
        self._started = monotonic()
        self._moved = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; returns when the last write is through."""
        self._done.set()
        self._moved.set()
        self._thread.join()

    def expect(self, steps: int, took: Expected | None) -> None:
        """Say from the beginning how long it will take, as far as others of its kind tell."""
        self._steps, self._expected = steps, took

    def enter(self, stage: Stage) -> None:
        """Work has come to another stage. Raises `ClaimLost`."""
        self._stage, self._started = stage, self._monotonic()
        if stage is Stage.GENERATING and self._expected is not None and self._steps:
            self._count(0, self._steps)
        self._moved.set()
        self.check()

    def step(self, step: int, steps: int) -> None:
        """A denoising step is done. Raises `ClaimLost`, which ends the generation there and then."""
        self._count(step, steps)
        self._moved.set()
        self.check()

    def show(self, preview: Pictures) -> None:
        """What is there so far; goes out with the next report."""
        self._preview = preview

    def _count(self, step: int, steps: int) -> None:
        self._progress = Progress(
            sequence=(self._progress.sequence if self._progress else 0) + 1,
            fraction=step / steps,
            step=step,
            steps=steps,
            eta_seconds=round(self._seconds_left(step, steps), 1),
        )

    def _seconds_left(self, step: int, steps: int) -> float:
        """From this job's own pace once it has one, and what came after the last step the other times."""
        expected = self._expected or Expected(step=0.0, rest=0.0)
        pace = (self._monotonic() - self._started) / step if step else expected.step
        return pace * (steps - step) + expected.rest

    def check(self) -> None:
        """Raise `ClaimLost` if the generation is no longer ours, or the job was stopped."""
        if self._lost.is_set():
            raise ClaimLost

    def _beat(self) -> None:
        self._moved.wait(self._interval)  # the first movement is told at once
        while not self._done.is_set() and not self._lost.is_set():
            try:
                still_mine = self._report() if self._moved.is_set() else self._look()
            except StoreUnavailable as error:
                log.warning("heartbeat_missed", extra={"generation": self._path.document, "cause": str(error)})
            else:
                if not still_mine:
                    self._lost.set()
            self._done.wait(self._interval)

    def _report(self) -> bool:
        self._moved.clear()
        stage, progress, now = self._stage, self._pictured(), self._now()
        lease = timedelta(seconds=getattr(self._deadlines, stage))
        try:
            applied = self._generations.apply(
                self._path,
                lambda found: transitions.heartbeat(
                    found, claim=self._claim, stage=stage, progress=progress, now=now, lease_expires_at=now + lease
                ),
                after=self.last,
            )
        except StoreUnavailable:
            self._moved.set()  # still to be told
            raise
        if isinstance(applied, Refused):
            return False
        self.last = applied
        return True

    def _pictured(self) -> Progress | None:
        """The progress with its preview, which is encoded here: the GPU's thread has no time for that."""
        progress, preview = self._progress, self._preview
        if progress is None or preview is None:
            return progress
        return progress.model_copy(update={"preview": data_url(preview)})

    def _look(self) -> bool:
        found = self._generations.read(self._path)
        return isinstance(found, Generation) and found.claim == self._claim
