"""RunPod as it can be: it repeats, loses, forgets, and answers what it likes."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chaos.simulation.clock import VirtualClock
from chaos.simulation.faults import LONG_SECONDS, Faults
from contracts.errors import Broken, ErrorCode, FailedStage, GenerationFailed, Unavailable
from contracts.runpod_job import RunPodJob, RunPodStatus

Work = Callable[["Order", threading.Event], dict[str, Any]]
"""What a worker does with a job: its result. Raises `Crash` where the worker dies."""
COLD_START_SECONDS = (0.5, 40.0)
NOTICES_SECONDS = 30.0
REFUSED: Mapping[ErrorCode, float] = {
    ErrorCode.RUNPOD_UNAUTHORIZED: 0.011,
    ErrorCode.RUNPOD_BUSY: 0.02,
    ErrorCode.RUNPOD_REFUSED: 0.016,
    ErrorCode.RUNPOD_UNAVAILABLE: 0.016,
}
IN_WORK = {RunPodStatus.IN_QUEUE, RunPodStatus.IN_PROGRESS}


@dataclass
class Order:
    """One job at RunPod."""

    id: str
    input: Mapping[str, Any]
    status: RunPodStatus | None = RunPodStatus.IN_QUEUE
    output: object = None
    stops: list[threading.Event] = field(default_factory=list)
    """Of each worker that has it."""


class Endpoint:
    """See `RunPodQueue`. As many workers as there are jobs."""

    def __init__(self, clock: VirtualClock, faults: Faults, random: Random) -> None:
        self.orders: dict[str, Order] = {}
        self.work: Work = lambda _order, _stop: {}
        self.over: Callable[[Order], None] = lambda _: None
        """Told of each job that is over, as a webhook is."""
        self._clock = clock
        self._faults = faults
        self._random = random

    def submit(self, body: Mapping[str, Any]) -> str:
        """See `RunPodQueue.submit`."""
        self._faults.before("runpod.submit")
        for code, chance in REFUSED.items():
            if self._faults.fires(f"POST /run: {code}", chance):
                raise failed(code)
        if self._faults.fires("POST /run: no answer, not taken", 0.016):
            raise failed(ErrorCode.RUNPOD_UNREACHABLE)
        order = Order(id=f"runpod-{len(self.orders)}", input=body["input"])
        self.orders[order.id] = order
        self._plan(order, body["policy"])
        if self._faults.fires("POST /run: no answer, but taken", 0.016):
            raise failed(ErrorCode.RUNPOD_UNREACHABLE)
        if self._faults.fires("POST /run: answer unreadable", 0.016):
            raise failed(ErrorCode.RUNPOD_UNREADABLE)
        self._faults.after("runpod.submit")
        return order.id

    def look(self, runpod_job_id: str) -> RunPodJob | None:
        """See `RunPodQueue.look`."""
        self._faults.before("runpod.look")
        if self._faults.fires("GET /status: no answer", 0.05):
            raise failed(ErrorCode.RUNPOD_UNREACHABLE)
        order = self.orders[runpod_job_id]
        return None if order.status is None else RunPodJob(status=order.status, output=order.output)

    def cancel(self, runpod_job_id: str) -> bool:
        """See `RunPodQueue.cancel`."""
        self._faults.before("runpod.cancel")
        if self._faults.fires("POST /cancel: no answer", 0.15):
            return False
        order = self.orders[runpod_job_id]
        if order.status in IN_WORK:
            self._end(order, RunPodStatus.CANCELLED)
            for stop in order.stops:
                if not self._faults.fires("POST /cancel: the worker hears nothing", 0.3):
                    stop.set()
        return True

    def _plan(self, order: Order, policy: Mapping[str, int]) -> None:
        """What will become of it, as far as that is decided now."""
        ttl = policy["ttl"] / 1000
        if self._faults.fires("RunPod loses a job", 0.015):
            order.status = None
            return
        if self._faults.fires("RunPod keeps a job waiting", 0.015):
            self._clock.start("runpod", lambda: self._deliver(order, policy), self._random.uniform(*LONG_SECONDS))
        else:
            cold = self._random.uniform(*COLD_START_SECONDS)
            self._clock.start("runpod", lambda: self._deliver(order, policy), cold)
        if self._faults.fires("RunPod hands a job out twice", 0.03):
            twice = self._random.uniform(*COLD_START_SECONDS) * self._random.choice((1, 30))
            self._clock.start("runpod", lambda: self._hand_out(order), twice)
        if self._faults.fires("RunPod calls a job failed", 0.012):
            early = self._random.uniform(*COLD_START_SECONDS)
            self._clock.start("runpod", lambda: self._end(order, RunPodStatus.FAILED), early)
        self._clock.start("runpod", lambda: self._forget(order), ttl)

    def _deliver(self, order: Order, policy: Mapping[str, int]) -> None:
        if order.status is not RunPodStatus.IN_QUEUE:
            return
        order.status = RunPodStatus.IN_PROGRESS
        out_of_time = policy["executionTimeout"] / 1000
        self._clock.start("runpod", lambda: self._end(order, RunPodStatus.TIMED_OUT), out_of_time)
        self._hand_out(order)

    def _hand_out(self, order: Order) -> None:
        stop = threading.Event()
        order.stops.append(stop)
        storage_down = self._faults.fires("Storage is down for one worker", 0.03)
        role = "worker without Storage" if storage_down else "worker"
        self._clock.start(role, lambda: self._worked(order, stop))

    def _worked(self, order: Order, stop: threading.Event) -> None:
        done = False
        try:
            answer = self.work(order, stop)
            done = True
        finally:
            if not done and self._faults.fires("RunPod notices that a worker died", 0.5):
                lost = self._random.uniform(1.0, NOTICES_SECONDS)
                self._clock.start("runpod", lambda: self._end(order, RunPodStatus.FAILED), lost)
        if self._faults.fires("a worker's result is lost", 0.02) or order.status not in IN_WORK:
            return
        order.output = answer
        self._end(order, RunPodStatus.FAILED if "error" in answer else RunPodStatus.COMPLETED)

    def _end(self, order: Order, status: RunPodStatus) -> None:
        if order.status in IN_WORK:
            order.status = status
            self.over(order)

    def _forget(self, order: Order) -> None:
        order.status = None


def failed(code: ErrorCode) -> GenerationFailed:
    """As `adapters/runpod_http.py` says it."""
    passing = code not in {ErrorCode.RUNPOD_UNAUTHORIZED, ErrorCode.RUNPOD_REFUSED}
    return (Unavailable if passing else Broken)(code, FailedStage.DISPATCHING, "It was refused.")
