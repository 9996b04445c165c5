"""The whole of it: people, functions, sweeper, RunPod and workers, around the real handlers."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from adapters.catalogue_file import load_catalogue
from adapters.in_memory import InMemoryEndings, InMemoryOwners
from chaos.beats import BeatsInTurn
from chaos.in_turn import InTurn
from chaos.painter import Painter
from chaos.simulation.clock import VirtualClock
from chaos.simulation.endpoint import Endpoint, Order
from chaos.simulation.faults import LONG_SECONDS, Faults
from chaos.simulation.judge import Judge
from chaos.stores import SeamedCommands, SeamedGenerations, SeamedObjects, SeamedSweeper
from contracts.errors import Broken, ErrorCode, FailedStage, Unavailable
from contracts.paths import GenerationPath
from contracts.ports import StoreUnavailable
from contracts.runpod_job import CloudJob, parse_job_input
from triggers.collect import collect
from triggers.commands import carry_out
from triggers.dispatch import dispatch
from triggers.rescue import follow_hint
from triggers.sweep import sweep
from triggers.wiring import Outside
from worker.generate import run_cloud_job
from worker.workplace import Cloud, Workplace

CATALOGUE = load_catalogue()
STEP_SECONDS = 1.0


class Town:
    """Everything that one seed decides."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.clock = VirtualClock()
        self.faults = Faults(self.clock, self.random)
        self.owners = InMemoryOwners()
        self.judge = Judge(self.owners.gone)
        self.generations = SeamedGenerations(self.faults, self.judge.watch, self.clock.read)
        self.commands = SeamedCommands(self.faults)
        self.objects = SeamedObjects(self.faults, self.clock.read)
        self.endings = InMemoryEndings()
        self.endpoint = Endpoint(self.clock, self.faults, self.random)
        self.endpoint.work = self._work
        self.endpoint.over = self._hint
        self._claims = 0
        self.outside = Outside(
            generations=self.generations,
            commands=self.commands,
            objects=self.objects,
            runpod=self.endpoint,
            endings=self.endings,
            sweeper=SeamedSweeper(self.faults),
            owners=self.owners,
            catalogue=CATALOGUE,
            now=self.clock.read,
            draw_seed=lambda: self.random.randrange(2**32),
            chance=self.random.random,
            webhook_for=lambda _path, _generation: None,
        )

    # The functions.

    def event(self, path: GenerationPath) -> None:
        """A document was created: its event comes, or does not."""
        self._comes("an event", "event", partial(dispatch, path, self.outside))

    def command_event(self, user_id: str, command_id: str) -> None:
        """A command was created."""
        self._comes("a command's event", "command", partial(carry_out, user_id, command_id, self.outside))

    def sweep(self) -> None:
        """The minute is over."""
        self.clock.start("sweeper", partial(sweep, self.outside, InTurn))

    def collect(self) -> None:
        """The day is over."""
        self.clock.start("collector", partial(collect, self.outside))

    def _hint(self, order: Order) -> None:
        job = _cloud_job(order)
        work = partial(follow_hint, job.path, job.created_at, job.attempt, self.outside)
        self._comes("a hint", "hint", work)

    def _comes(self, what: str, role: str, work: Callable[[], None]) -> None:
        if self.faults.fires(f"{what} is lost", 0.1):
            return
        self.clock.start(role, work, self.random.uniform(0.05, 2.0))
        if self.faults.fires(f"{what} comes twice", 0.1):
            self.clock.start(role, work, self.random.uniform(0.05, 4.0))
        if self.faults.fires(f"{what} comes again, late", 0.1):
            self.clock.start(role, work, self.random.uniform(*LONG_SECONDS))

    # The workers.

    def _work(self, order: Order, stop: threading.Event) -> dict[str, Any]:
        """As `worker/handler.py` does, which cannot be imported without RunPod's SDK."""
        job = _cloud_job(order)
        wrong = timedelta(0)
        if self.faults.fires("a worker's clock is wrong", 0.03):
            wrong = timedelta(minutes=self.random.uniform(-10, 10))
        workplace = Workplace(
            engine=Painter(partial(self._step, job)),
            catalogue=CATALOGUE,
            now=lambda: self.clock.now + wrong,
            cloud=Cloud(generations=self.generations, objects=self.objects, endings=self.endings),
            heartbeat=BeatsInTurn,
            new_claim=self._new_claim,
            chance=self.random.random,
        )
        try:
            return run_cloud_job(job, order.id, workplace, stop)
        except StoreUnavailable as error:
            return {"error": str(error)}

    def _step(self, job: CloudJob, step: int) -> None:
        if step == 1:
            self.judge.gpu_runs[job.path, job.created_at] += 1
            self._engine_breaks()
        self.clock.sleep(STEP_SECONDS)
        if self.faults.fires("a GPU hangs", 0.009):
            self.clock.sleep(self.random.uniform(*LONG_SECONDS))
        self.faults.before("step")

    def _engine_breaks(self) -> None:
        if self.faults.fires("a GPU is out of memory", 0.016):
            raise Broken(ErrorCode.OUT_OF_MEMORY, FailedStage.GENERATING, "Too big.")
        if self.faults.fires("a pipeline raises", 0.016):
            raise ValueError
        if self.faults.fires("a worker gives a job back", 0.02):
            raise Unavailable(ErrorCode.STORAGE_UNAVAILABLE, FailedStage.UPLOADING, "It could not be stored.")

    def _new_claim(self) -> str:
        self._claims += 1
        return f"claim-{self._claims}"

    def run_for(self, seconds: float) -> datetime:
        """Let so much time pass."""
        self.clock.run(self.clock.now + timedelta(seconds=seconds))
        return self.clock.now


def _cloud_job(order: Order) -> CloudJob:
    job = parse_job_input(order.input)
    assert isinstance(job, CloudJob)
    return job
