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
from queue import SimpleQueue
from typing import Any, Protocol

from contracts.catalogue import Model
from contracts.errors import ClaimLost, ErrorCode, FailedStage, GenerationFailed, OutputBlocked, Unavailable
from contracts.status import Stage
from worker.batching import Batching, Kind, kind_of
from worker.gpu_turn import GpuTurn, Pictures, Watcher

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


class GpuLost(Exception):  # noqa: N818 - an outcome of an engine
    """The GPU answers no more, and nothing but a new process can have it back."""


class Part(Protocol):
    """One job's part of a call, as the pipelines see it."""

    request: Mapping[str, Any]
    seed: int

    def step(self, step: int, steps: int) -> None:
        """A step is done. Raises `ClaimLost` when no part of the call is wanted any more."""

    def show(self, preview: Pictures) -> None:
        """A small picture of this part."""

    def deliver(self, pictures: Pictures) -> None:
        """Some of its pictures, in order."""

    def remake(self, reason: str) -> None:
        """It is made a second time, and this is why."""

    def block(self) -> None:
        """What was made is not to be shown, says the checker that the model brings along."""

    def made_with(self, lossy: Sequence[str]) -> None:
        """These lossy presets make its pictures other ones."""


class Pipelines(Protocol):
    """`engine.DiffusersEngine` for real."""

    def has(self, model: Model) -> bool:
        """Whether it can begin at once. Any thread may ask."""

    def prepare(self, model: Model) -> None:
        """Load it. Raises `GpuLost`, or `GenerationFailed`."""

    def generate(self, model: Model, parts: Sequence[Part]) -> None:
        """One call for all parts. Raises `GpuLost`, and what a pipeline raises."""


class _Place:
    """One job's place in the lane, from the line to its last picture. A `GpuTurn` and a `Part`."""

    def __init__(self, lane: "Lane", model: Model, request: Mapping[str, Any]) -> None:
        self.model = model
        self.request = request
        self.kind = kind_of(model, request)
        self.pictures: int = request.get("num_images", 1)
        self.seed = 0
        self.remade: str | None = None
        self.lossy: Sequence[str] = ()
        self.mates: Sequence[_Place] = ()
        self.came = 0.0
        """When it came into the lane."""
        self.left: Exception | None = None
        """Why it wants nothing more."""
        self.delivered = 0
        """Pictures or frames."""
        self.arriving: SimpleQueue[Pictures | Exception | None] = SimpleQueue()
        self._lane = lane
        self._watcher: Watcher

    @property
    def is_complete(self) -> bool:
        """Whether it has got everything."""
        return self.delivered >= int(self.request.get("num_frames", self.pictures))

    def generate(self, request: Mapping[str, Any], seed: int, watcher: Watcher) -> Iterator[Pictures]:
        """See `GpuTurn.generate`."""
        self.request, self.seed, self._watcher = request, seed, watcher
        self._lane.get_ready(self)
        try:
            while (arrived := self.arriving.get()) is not None:
                if isinstance(arrived, Exception):
                    raise arrived
                yield arrived
        finally:
            self.left = self.left or ClaimLost()

    def enter(self, stage: Stage) -> None:
        """Its turn has come."""
        self._ask(lambda: self._watcher.enter(stage))

    def step(self, step: int, steps: int) -> None:
        """See `Part.step`."""
        self._ask(lambda: self._watcher.step(step, steps))
        if self is self.mates[-1]:
            self._lane.come_to(step, steps)
            if all(mate.left for mate in self.mates):
                raise ClaimLost

    def show(self, preview: Pictures) -> None:
        """See `Part.show`."""
        if not self.left:
            self._watcher.show(preview)

    def deliver(self, pictures: Pictures) -> None:
        """See `Part.deliver`."""
        self.delivered += len(pictures)
        if not self.left:
            self.arriving.put(pictures)

    def remake(self, reason: str) -> None:
        """See `Part.remake`."""
        self.remade = reason

    def block(self) -> None:
        """See `Part.block`."""
        self._leave(OutputBlocked())

    def made_with(self, lossy: Sequence[str]) -> None:
        """See `Part.made_with`."""
        self.lossy = lossy

    def _ask(self, watcher: Callable[[], None]) -> None:
        """Who does not want to go on leaves at once; his mates stay."""
        if self.left:
            return
        try:
            watcher()
        except (ClaimLost, GenerationFailed) as error:
            self._leave(error)

    def _leave(self, error: Exception) -> None:
        self.left = error
        self.arriving.put(error)


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
        self._line: deque[_Place] = deque()
        self._let_in: list[_Place] = []
        self._ready: deque[_Place] = deque()
        self._began = 0.0
        self._loaded_at = -math.inf
        """When a model was loaded last."""
        self._free_at: float | None = 0.0
        """When the call that runs will be over; None while nobody knows."""
        threading.Thread(target=self._serve, name="gpu", daemon=True).start()

    @contextmanager
    def turn(self, model: Model, request: Mapping[str, Any], stop: threading.Event) -> Iterator[GpuTurn]:
        """See `Engine.turn`."""
        place = _Place(self, model, request)
        try:
            self._stand_in_line(place, stop)
            yield place
        finally:
            with self._changed:
                for among in (self._line, self._let_in):
                    if place in among:
                        among.remove(place)
                self._changed.notify_all()

    def get_ready(self, place: _Place) -> None:
        """Its document is claimed."""
        with self._changed:
            self._let_in.remove(place)
            self._ready.append(place)
            self._changed.notify_all()

    def come_to(self, step: int, steps: int) -> None:
        """The call that runs has come so far."""
        with self._changed:
            now = self._monotonic()
            pace = (now - self._began) / step
            self._free_at = max(self._free_at or 0.0, now) if step == steps else now + pace * (steps - step)
            self._changed.notify_all()

    def _stand_in_line(self, place: _Place, stop: threading.Event) -> None:
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

    def _first(self, places: Sequence[_Place]) -> _Place:
        """Whose turn it is: whoever came first, unless another's model is loaded and his own is not."""
        first = places[0]
        if self._monotonic() - max(first.came, self._loaded_at) >= OVERTAKEN_SECONDS:
            return first
        return next((place for place in places if self._pipelines.has(place.model)), first)

    def _is_time(self, place: _Place) -> bool:
        return self._until_turn(place) <= LEAD_SECONDS

    def _until_turn(self, place: _Place) -> float:
        """Seconds until the GPU is free for this one, if it is let in now. It may join those who are ahead."""
        if self._free_at is None:
            return float("inf")
        ahead: Counter[Kind] = Counter()
        for other in (*self._let_in, *self._ready):
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

    def _next_call(self) -> list[_Place]:
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

    def _gather(self, kind: Kind) -> tuple[list[_Place], bool]:
        """Who goes together now, and whether somebody is coming for whom there is room."""
        room = self._batching.size(kind, self._waiting(kind))
        call: list[_Place] = []
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

    def _begin(self, call: Sequence[_Place]) -> None:
        """How long a model takes to load is not known; it begins once more when that is done."""
        kind, pictures = call[0].kind, _pictures(call)
        is_loaded = self._pipelines.has(call[0].model)
        expected = self._batching.seconds(kind, pictures, pictures + self._waiting(kind)) if is_loaded else None
        self._began = self._monotonic()
        self._free_at = None if expected is None else self._began + expected

    def _make(self, call: Sequence[_Place]) -> Exception | None:
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

    def _prepare(self, call: Sequence[_Place]) -> Exception | None:
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

    def _make_each(self, call: Sequence[_Place], error: Exception) -> None:
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
                alone.append(self._make([place]))
        if alone and not any(alone):
            with self._changed:
                self._batching.remember(call[0].kind, _pictures(call), math.inf)

    def _call(self, call: Sequence[_Place]) -> Exception | None:
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


def _pictures(call: Sequence[_Place]) -> int:
    return sum(place.pictures for place in call)


def _said(error: Exception | None) -> Exception | None:
    if isinstance(error, GpuLost):
        return Unavailable(
            ErrorCode.GPU_LOST, FailedStage.GENERATING, "The GPU failed. It is tried on another one."
        )
    return error
