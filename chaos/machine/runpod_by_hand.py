"""RunPod, told what to do."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.machine.turns import Turns
from chaos.simulation.endpoint import IN_WORK, failed
from contracts.errors import ErrorCode
from contracts.runpod_job import RunPodJob, RunPodStatus

TAKEN_ALL_THE_SAME = {ErrorCode.RUNPOD_UNREADABLE, ErrorCode.RUNPOD_UNREACHABLE}


@dataclass
class Order:
    """One job there."""

    id: str
    input: Mapping[str, Any]
    status: RunPodStatus | None = RunPodStatus.IN_QUEUE
    output: object = None
    stop: threading.Event = field(default_factory=threading.Event)


class RunPodByHand:
    """See `RunPodQueue`. Of the next calls, `refusing` says what becomes of them."""

    def __init__(self, turns: Turns) -> None:
        self.orders: list[Order] = []
        self.refusing: ErrorCode | None = None
        self._turns = turns

    def submit(self, body: Mapping[str, Any]) -> str:
        """See `RunPodQueue.submit`."""
        self._turns.before("runpod.submit")
        refusing, self.refusing = self.refusing, None
        if refusing is not None and refusing not in TAKEN_ALL_THE_SAME:
            raise failed(refusing)
        order = Order(id=f"runpod-{len(self.orders)}", input=body["input"])
        self.orders.append(order)
        if refusing is not None:
            raise failed(refusing)
        self._turns.after("runpod.submit")
        return order.id

    def look(self, runpod_job_id: str) -> RunPodJob | None:
        """See `RunPodQueue.look`."""
        self._turns.before("runpod.look")
        refusing, self.refusing = self.refusing, None
        if refusing is not None:
            raise failed(refusing)
        order = self._order(runpod_job_id)
        return None if order.status is None else RunPodJob(status=order.status, output=order.output)

    def cancel(self, runpod_job_id: str) -> bool:
        """See `RunPodQueue.cancel`."""
        self._turns.before("runpod.cancel")
        refusing, self.refusing = self.refusing, None
        order = self._order(runpod_job_id)
        if refusing is None and order.status in IN_WORK:
            order.status = RunPodStatus.CANCELLED
            order.stop.set()
        return refusing is None

    def _order(self, runpod_job_id: str) -> Order:
        return self.orders[int(runpod_job_id.rpartition("-")[2])]
