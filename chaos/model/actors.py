"""Everybody who runs code of ours, and where in it he stands."""

import threading
from collections.abc import Hashable
from datetime import timedelta
from typing import Any, NamedTuple

from adapters.catalogue_file import load_catalogue
from adapters.in_memory import InMemoryEndings, InMemoryOwners
from chaos.beats import BeatsOnce
from chaos.model.calls import Call, Done, Waiting
from chaos.model.documents import CREATED, NOW, PATH, Documents
from chaos.model.replay import (
    RETURNED,
    ReplayedCommands,
    ReplayedEngine,
    ReplayedGenerations,
    ReplayedObjects,
    ReplayedRunPod,
    ReplayedSweeper,
    Script,
)
from chaos.painter import Painter
from contracts.ports import StoreUnavailable
from contracts.runpod_job import CloudJob
from triggers.commands import carry_out
from triggers.dispatch import dispatch
from triggers.rescue import follow_hint, rescue
from triggers.wiring import Outside
from worker.generate import run_cloud_job
from worker.workplace import Cloud, Workplace

CATALOGUE = load_catalogue()
A_DAY_LATER = NOW + timedelta(hours=25)
ERROR = "error"


class Actor(NamedTuple):
    """One run of one handler."""

    kind: str
    about: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}{list(self.about) or ''}"


class Standing(NamedTuple):
    """An actor at a point of his way."""

    actor: Actor
    answers: tuple[Hashable, ...]
    next: Call | Done


class Cast:
    """All standings that there were so far, by number. To come to one is to run the real code up to there."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._numbers: dict[tuple[Actor, tuple[Hashable, ...]], int] = {}
        self.standings: list[Standing] = []

    def number(self, actor: Actor, answers: tuple[Hashable, ...] = ()) -> int:
        """The number of this standing."""
        key = (actor, answers)
        if key not in self._numbers:
            self._numbers[key] = len(self.standings)
            self.standings.append(Standing(actor, answers, self._run(actor, answers)))
        return self._numbers[key]

    def _run(self, actor: Actor, answers: tuple[Hashable, ...]) -> Call | Done:
        script = Script(answers, self._documents)
        try:
            return Done(HANDLERS[actor.kind](script, *actor.about))
        except Waiting as waiting:
            return waiting.call
        except StoreUnavailable:
            return Done(ERROR)


def _outside(script: Script, *, late: bool = False) -> Outside:
    return Outside(
        generations=ReplayedGenerations(script),
        commands=ReplayedCommands(script),
        objects=ReplayedObjects(script),
        runpod=ReplayedRunPod(script),
        endings=InMemoryEndings(),
        sweeper=ReplayedSweeper(script),
        owners=InMemoryOwners(),
        catalogue=CATALOGUE,
        now=lambda: A_DAY_LATER if late else NOW,
        draw_seed=lambda: 7,
        chance=lambda: 1.0,
        webhook_for=lambda _path, _generation: None,
    )


def _created(script: Script) -> None:
    dispatch(PATH, _outside(script))


def _rescuing(script: Script, late: bool) -> None:
    rescue(PATH, _outside(script, late=late))


def _hinted(script: Script, epoch: int, attempt: int) -> None:
    follow_hint(PATH, CREATED[epoch], attempt, _outside(script))


def _commanded(script: Script, command_id: str, carrier: int) -> None:
    del carrier
    carry_out(PATH.user_id, command_id, _outside(script))


def _working(script: Script, *about: int) -> str:
    job, delivery, epoch, attempt, images = about
    stop = threading.Event()
    cloud = Cloud(
        generations=ReplayedGenerations(script), objects=ReplayedObjects(script), endings=InMemoryEndings()
    )
    workplace = Workplace(
        engine=Painter(ReplayedEngine(script, stop.set).before),
        catalogue=CATALOGUE,
        now=lambda: NOW,
        cloud=cloud,
        heartbeat=BeatsOnce,
        new_claim=lambda: claim_of(job, delivery),
        chance=lambda: 1.0,
    )
    order = CloudJob.model_validate(
        {
            "use_cloud_storage": True, "user_id": PATH.user_id, "file_uid": PATH.file_uid,
            "media_type": PATH.media_type, "created_at": CREATED[epoch], "attempt": attempt, "seed": 7,
            "prompt": "p", "num_inference_steps": 1, "num_images": images,
        }
    )  # fmt: skip
    answer = run_cloud_job(order, job_id(job), workplace, stop)
    if "files" in answer:
        return f"{RETURNED}{len(answer['files'])}"
    return str(answer["outcome"])


def claim_of(job: int, delivery: int) -> str:
    """The nonce of the worker that gets it then."""
    return f"claim {job} {delivery}"


def job_id(job: int) -> str:
    """What RunPod calls it."""
    return f"runpod-{job}"


HANDLERS: dict[str, Any] = {
    "event": _created,
    "rescue": _rescuing,
    "hint": _hinted,
    "command": _commanded,
    "worker": _working,
}
