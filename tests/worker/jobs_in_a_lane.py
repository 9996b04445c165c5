"""Jobs in a lane, in front of a GPU that waits until it is told to go on."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from contracts.catalogue import Model
from contracts.errors import ClaimLost, ErrorCode, FailedStage, Unavailable
from contracts.paths import MediaType
from contracts.status import Stage
from tests.worker.cloud_places import CATALOGUE
from tests.worker.test_batching import asked
from worker.batching import Batching, kind_of
from worker.gpu_turn import Pictures
from worker.lane import Lane
from worker.pipelines import GpuLost, Part

MODEL = CATALOGUE.of(MediaType.IMAGES)[0]
OTHER = MODEL.model_copy(update={"id": "other"})
PATIENCE = 10.0


class Gpu:
    """Pipelines that wait, in each call, until they are told to go on. Its clock runs only while it works."""

    def __init__(self, *, wait: bool = True) -> None:
        self.takes: Mapping[int, float] = {}
        """Seconds of a call, by its pictures."""
        self.now = 0.0
        self.calls: list[list[int]] = []
        self.began = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.failing: Callable[[Sequence[Part]], Exception | None] = lambda _: None
        self.loaded: set[str] | None = None
        """Models; None for all."""
        self.tried: list[str] = []
        """Which were to be loaded."""
        self.prepared: list[str] = []
        """Which were loaded."""
        self.lost = False
        """Whether it answers no more."""
        self.unloadable: set[str] = set()
        self.loading = 0.0
        """Seconds."""
        self._wait = wait

    def has(self, model: Model) -> bool:
        """See `pipelines.Pipelines`."""
        return self.loaded is None or model.id in self.loaded

    def prepare(self, model: Model) -> None:
        """See `pipelines.Pipelines`. One model fits."""
        self.tried.append(model.id)
        self.now += self.loading
        if self.lost:
            raise GpuLost
        if model.id in self.unloadable:
            raise Unavailable(ErrorCode.MODEL_UNAVAILABLE, FailedStage.LOADING, "It cannot be loaded.")
        self.prepared.append(model.id)
        self.loaded = {model.id}

    def generate(self, model: Model, parts: Sequence[Part]) -> None:
        """See `pipelines.Pipelines`."""
        self.calls.append([part.seed for part in parts])
        self.began.release()
        if self._wait:
            assert self.go_on.acquire(timeout=PATIENCE)
        self.now += self.takes.get(sum(part.request.get("num_images", 1) for part in parts), 1.0)
        if error := self.failing(parts):
            raise error
        for part in parts:
            part.step(1, 2)
        for part in parts:
            part.step(2, 2)
        for part in parts:
            part.deliver(np.full((part.request.get("num_images", 1), 1, 1, 3), part.seed % 256, np.uint8))


class Follower:
    """A watcher that can want no more."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.leaves = False

    def enter(self, stage: Stage) -> None:
        """See `Watcher.enter`."""
        self._see(stage)

    def step(self, step: int, steps: int) -> None:
        """See `Watcher.step`."""
        self._see(f"{step}/{steps}")

    def show(self, preview: Pictures) -> None:
        """See `Watcher.show`."""

    def _see(self, what: str) -> None:
        self.seen.append(what)
        if self.leaves:
            raise ClaimLost


class Jobs:
    """Jobs in threads, as the handler has them."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.followers: dict[int, Follower] = {}
        self.stops: dict[int, threading.Event] = {}
        self.let_in: list[int] = []
        self._threads = ThreadPoolExecutor(32)
        self._come_in = threading.Condition()

    def start(
        self,
        seed: int,
        claim: Callable[[], None] = lambda: None,
        of: Model | None = None,
        **request: Any,  # noqa: ANN401 - any scalar
    ) -> "Future[list[int]]":
        """Stand in line. What comes of it is the first value of each picture."""
        self.followers[seed], self.stops[seed] = Follower(), threading.Event()
        return self._threads.submit(self._run, seed, of or MODEL, asked(**request), claim)

    def _run(self, seed: int, model: Model, request: Mapping[str, Any], claim: Callable[[], None]) -> list[int]:
        with self.lane.turn(model, request, self.stops[seed]) as gpu:
            with self._come_in:
                self.let_in.append(seed)
                self._come_in.notify_all()
            claim()
            arrived = list(gpu.generate(request, seed, self.followers[seed]))
        return [int(picture[0, 0, 0]) for pictures in arrived for picture in pictures]

    def wait_for_line(self, length: int) -> None:
        """Until so many stand in it."""
        deadline = time.monotonic() + PATIENCE
        while len(self.lane._line) < length:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def wait_for(self, *seeds: int) -> None:
        """Until these are let in."""
        with self._come_in:
            assert self._come_in.wait_for(lambda: set(seeds) <= set(self.let_in), PATIENCE)


def jobs_for(gpu: Gpu, curve: Mapping[int, float], *widths: int) -> Jobs:
    """A lane in which this curve was measured for pictures that are so wide."""
    batching, gpu.takes = Batching(), curve
    for width in widths or (64,):
        for pictures, took in curve.items():
            batching.remember(kind_of(MODEL, asked(width=width)), pictures, took)
    return Jobs(Lane(gpu, batching, monotonic=lambda: gpu.now))


PAYS = {1: 0.1, 2: 0.11, 4: 0.12, 8: 0.14}


def three_behind_one(gpu: Gpu, jobs: Jobs) -> list["Future[list[int]]"]:
    """One job is on the GPU; behind it, three that are let in and will go together."""
    first = jobs.start(0)
    assert gpu.began.acquire(timeout=PATIENCE)
    mates = [jobs.start(seed) for seed in (1, 2, 3)]
    jobs.wait_for(1, 2, 3)
    return [first, *mates]


def calls_of_those_behind_one(curve: Mapping[int, float], count: int) -> list[list[int]]:
    """One job is on the GPU when so many more come into the line: in which calls all of them were made."""
    gpu = Gpu()
    jobs = jobs_for(gpu, curve)
    results = [jobs.start(0)]
    assert gpu.began.acquire(timeout=PATIENCE)
    results += [jobs.start(seed) for seed in range(1, count + 1)]
    jobs.wait_for_line(count)
    gpu.go_on.release(count + 1)

    assert [result.result(PATIENCE) for result in results] == [[seed] for seed in range(count + 1)]
    return gpu.calls
