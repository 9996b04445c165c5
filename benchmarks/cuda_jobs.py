"""How much of the time the GPU has work while jobs come one after another, until each has its PNG."""

import io
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.cuda_pair import Pair
from benchmarks.gpu_rates import seconds_of
from benchmarks.intervals import Interval
from benchmarks.row import Row
from contracts.catalogue import Model
from contracts.paths import GenerationPath, MediaType
from contracts.status import Stage
from worker.batching import Batching
from worker.gpu_turn import Pictures
from worker.lane import Lane
from worker.making import make
from worker.pipelines import Part

JOBS, STEPS = 20, 4
"""As FLUX.1-schnell is asked for: with few steps there is the least time to hide anything behind."""
HELD = 4
"""At once, as `worker/held.py` would have it for half a second on the GPU."""
TARGET = 0.97


class _Timed:
    """See `pipelines.Pipelines`; writes down when it was at work."""

    def __init__(self, pair: Pair) -> None:
        self._engine = pair.engine
        self.busy: list[Interval] = []

    def has(self, model: Model) -> bool:
        """See `Pipelines.has`."""
        return self._engine.has(model)

    def prepare(self, model: Model) -> None:
        """See `Pipelines.prepare`."""
        self._engine.prepare(model)

    def generate(self, model: Model, parts: Sequence[Part]) -> None:
        """See `Pipelines.generate`."""
        start = time.perf_counter()
        self._engine.generate(model, parts)
        self.busy.append(Interval(start=start, end=time.perf_counter()))


class _Nobody:
    """See `gpu_turn.Watcher`."""

    def enter(self, stage: Stage) -> None:
        """Nobody follows it."""

    def step(self, step: int, steps: int) -> None:
        """The same."""

    def show(self, preview: Pictures) -> None:
        """The same."""


def overlap_row(pair: Pair, command: str) -> Row:
    """The worker's own lane and encoders, beside a loop that does one thing after the other."""
    size = pair.sizes[0]
    pair.ours(size, 1, STEPS)
    pair.naive(size, 1, STEPS)
    ours, naive = _ours(pair, size), _naive(pair, size)
    return Row(
        what=f"GPU busy over {JOBS} jobs of {STEPS} steps of {size}x{size}, each until it is a PNG",
        ours=f"{ours:.1%}",
        naive=f"{naive:.1%}",
        limit="100 %",
        target=f"at least {TARGET:.0%}",
        met=ours >= TARGET,
        command=command,
    )


def _ours(pair: Pair, size: int) -> float:
    timed = _Timed(pair)
    lane = Lane(timed, Batching())
    request = pair.request(size, STEPS)

    def job(number: int) -> None:
        path = GenerationPath(user_id="u", media_type=MediaType.IMAGES, file_uid=f"f{number}")
        with lane.turn(pair.model, request, threading.Event()) as turn:
            make(path, pair.model, request, number, gpu=turn, watcher=_Nobody())

    began = time.perf_counter()
    with ThreadPoolExecutor(HELD) as jobs:
        list(jobs.map(job, range(JOBS)))
    whole = Interval(start=began, end=time.perf_counter())
    return sum(one.end - one.start for one in timed.busy) / (whole.end - whole.start)


def _naive(pair: Pair, size: int) -> float:
    busy = 0.0
    pictures = []
    began = time.perf_counter()
    for _ in range(JOBS):
        busy += seconds_of(lambda: pictures.append(pair.naive(size, 1, STEPS).images[0]), pair.device)
        pictures.pop().save(io.BytesIO(), format="PNG")
    return busy / (time.perf_counter() - began)
