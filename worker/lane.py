"""The lane in front of the GPU: one thread has it, and whoever wants it stands in line.

A job comes by three times. In the line it holds nothing: no claim, no memory. Shortly before the GPU is free for
it, it is let in, so that it can claim its document while the one before still denoises. Then it is ready, and the
GPU's thread takes it, together with others of its kind that are ready where that pays. Its files are made and
stored by its own thread, while the GPU is at the next one.
"""

import logging
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from contracts.catalogue import Model
from contracts.errors import ClaimLost, ErrorCode, FailedStage, Unavailable
from contracts.status import Stage
from worker.batching import Batching, Kind
from worker.gpu_turn import GpuTurn
from worker.pipelines import GpuLost, Pipelines
from worker.place import Place

LEAD_SECONDS = 0.75
"""So long before its turn a job is let in: a claim takes two round trips to Firestore, and one to Storage."""
GATHER_SECONDS = 0.05
"""So long a free GPU waits for those of the same kind who are about to be ready."""
OVERTAKEN_SECONDS = 30.0
"""So long those whose model is loaded go before one whose model is not: loading it costs them all that time. It
counts from the last load, or models that take longer to load would be swapped after every job."""
LOOK_SECONDS = 0.25
"""How often who stands in line looks whether RunPod has said stop."""

log = logging.getLogger(__name__)


class Lane:
    """See the top of this file. An `Engine`."""

    def __init__(
        self, pipelines: Pipelines, batching: Batching, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.lost = threading.Event()
        """Set when the GPU is; every job that comes is then given back at once."""
        self._pipelines = pipelines
        self._batching = batching
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._line: deque[Place] = deque()
        self._let_in: list[Place] = []
        self._ready: deque[Place] = deque()
        self._began = 0.0
        self._loaded_at = -math.inf
        """When a model was loaded last."""
        self._free_at: float | None = 0.0
        """When the call that runs will be over; None while nobody knows."""
        threading.Thread(target=self._serve, name="gpu", daemon=True).start()

    @contextmanager
    def turn(self, model: Model, request: Mapping[str, Any], stop: threading.Event) -> Iterator[GpuTurn]:
        """See `Engine.turn`."""
        place = Place(model, request, get_ready=self._get_ready, come_to=self._come_to)
        try:
            self._stand_in_line(place, stop)
            yield place
        finally:
            with self._changed:
                for among in (self._line, self._let_in):
                    if place in among:
                        among.remove(place)
                self._changed.notify_all()

    def _get_ready(self, place: Place) -> None:
        """Its document is claimed."""
        with self._changed:
            self._let_in.remove(place)
            self._ready.append(place)
            self._changed.notify_all()

    def _come_to(self, step: int, steps: int) -> None:
        """The call that runs has come so far."""
        with self._changed:
            now = self._monotonic()
            pace = (now - self._began) / step
            self._free_at = max(self._free_at or 0.0, now) if step == steps else now + pace * (steps - step)
            self._changed.notify_all()

    def _stand_in_line(self, place: Place, stop: threading.Event) -> None:
        with self._changed:
            place.came = self._monotonic()
            self._line.append(place)
            while not self.lost.is_set() and not (self._first(self._line) is place and self._is_time(place)):
                if stop.is_set():
                    raise ClaimLost
                until = (
                    self._until_turn(place) - LEAD_SECONDS if self._first(self._line) is place else LOOK_SECONDS
                )
                self._changed.wait(min(max(until, 0.005), LOOK_SECONDS))
            self._line.remove(place)
            self._let_in.append(place)
            self._changed.notify_all()

    def _first(self, places: Sequence[Place]) -> Place:
        """Whose turn it is: whoever came first, unless another's model is loaded and his own is not."""
        first = places[0]
        if self._monotonic() - max(first.came, self._loaded_at) >= OVERTAKEN_SECONDS:
            return first
        return next((place for place in places if self._pipelines.has(place.model)), first)

    def _is_time(self, place: Place) -> bool:
        return self._until_turn(place) <= LEAD_SECONDS

    def _until_turn(self, place: Place) -> float:
        """Seconds until the GPU is free for this one, if it is let in now. It may join those who are ahead."""
        if self._free_at is None:
            return float("inf")
        ahead: Counter[Kind] = Counter()
        for other in (*self._let_in, *self._ready):
            if other.kind != place.kind and not self._pipelines.has(other.model):
                return float("inf")  # how long a model takes to load is not known
            ahead[other.kind] += other.pictures
        seconds = [
            self._batching.seconds_before(kind, pictures, place.pictures, self._waiting(kind))
            if kind == place.kind
            else self._batching.seconds(kind, pictures, self._waiting(kind))
            for kind, pictures in ahead.items()
        ]
        waiting = sum(float("inf") if known is None else known for known in seconds)
        return max(0.0, self._free_at - self._monotonic()) + waiting

    def _serve(self) -> None:
        while True:
            call = self._next_call()
            try:
                self._make(call)
            except Exception as error:
                log.exception("lane_broke")
                for place in call:
                    place.arriving.put(error)

    def _next_call(self) -> list[Place]:
        """Wait until somebody is ready; he and others of his kind."""
        gathered_at: float | None = None
        with self._changed:
            self._free_at = 0.0
            self._changed.notify_all()
            while True:
                if self._ready:
                    now = self._monotonic()
                    gathered_at = gathered_at or now + GATHER_SECONDS
                    call, coming = self._gather(self._first(self._ready).kind)
                    if not coming or now >= gathered_at or self.lost.is_set():
                        for place in call:
                            self._ready.remove(place)
                        self._begin(call)
                        return call
                self._changed.wait(None if gathered_at is None else max(0.001, gathered_at - self._monotonic()))

    def _gather(self, kind: Kind) -> tuple[list[Place], bool]:
        """Who goes together now, and whether somebody is coming for whom there is room."""
        room = self._batching.size(kind, self._waiting(kind))
        call: list[Place] = []
        for place in self._ready:
            if place.kind == kind and (not call or place.pictures <= room):
                call.append(place)
                room -= place.pictures
        # Who is first in line is let in at once by a GPU that is free.
        coming = [*self._let_in, *([self._first(self._line)] if self._line else [])]
        return call, any(place.kind == kind and place.pictures <= room for place in coming)

    def _waiting(self, kind: Kind) -> int:
        """Pictures of this kind that are still to be made."""
        places = (*self._line, *self._let_in, *self._ready)
        return sum(place.pictures for place in places if place.kind == kind)

    def _begin(self, call: Sequence[Place]) -> None:
        """How long a model takes to load is not known; it begins once more when that is done."""
        kind, pictures = call[0].kind, _pictures(call)
        is_loaded = self._pipelines.has(call[0].model)
        expected = self._batching.seconds(kind, pictures, pictures + self._waiting(kind)) if is_loaded else None
        self._began = self._monotonic()
        self._free_at = None if expected is None else self._began + expected

    def _make(self, call: Sequence[Place]) -> Exception | None:
        """Every place of the call gets its pictures and an end, or an error: the one that is given back, too."""
        error: Exception | None = self._prepare(call)
        for place in call if error is None else ():
            place.enter(Stage.GENERATING)
        wanted = [place for place in call if not place.left]
        if not wanted:
            return None
        for place in wanted:
            place.mates = wanted
        error = error or self._call(wanted)
        if error is not None and len(wanted) > 1 and not isinstance(error, ClaimLost | GpuLost | Unavailable):
            self._make_each(wanted, error)
            return error
        for place in wanted:
            place.arriving.put(_said(error))
        return error

    def _prepare(self, call: Sequence[Place]) -> Exception | None:
        if self.lost.is_set():
            return GpuLost()
        if self._pipelines.has(call[0].model):
            return None
        for place in call:
            place.enter(Stage.LOADING)
        try:
            self._pipelines.prepare(call[0].model)
        except GpuLost as error:
            self.lost.set()
            return error
        except Exception as error:  # noqa: BLE001 - each job's thread raises it again
            return error
        with self._changed:
            self._loaded_at = self._monotonic()
            self._begin(call)
            self._changed.notify_all()
        return None

    def _make_each(self, call: Sequence[Place], error: Exception) -> None:
        """One of them may be to blame, or together they were too many: each by itself.

        Where none is to blame, so many are not tried again for a while.
        """
        log.warning("call_split", extra={"jobs": len(call), "exception_type": type(error).__name__})
        alone: list[Exception | None] = []
        for place in call:
            if place.is_complete:
                place.arriving.put(None)
            elif place.delivered:
                place.arriving.put(error)  # who has had a part of his video cannot be given it again
            else:
                alone.append(place.left or self._make([place]))  # who has left may have been to blame
        if alone and not any(alone):
            with self._changed:
                self._batching.remember(call[0].kind, _pictures(call), math.inf)

    def _call(self, call: Sequence[Place]) -> Exception | None:
        began = self._monotonic()
        try:
            self._pipelines.generate(call[0].model, call)
        except GpuLost as error:
            self.lost.set()
            return error
        except Exception as error:  # noqa: BLE001 - a pipeline may raise anything; each job's thread raises it again
            return error
        with self._changed:
            self._batching.remember(call[0].kind, _pictures(call), self._monotonic() - began)
        return None


def _pictures(call: Sequence[Place]) -> int:
    return sum(place.pictures for place in call)


def _said(error: Exception | None) -> Exception | None:
    if isinstance(error, GpuLost):
        return Unavailable(
            ErrorCode.GPU_LOST, FailedStage.GENERATING, "The GPU failed. It is tried on another one."
        )
    return error
