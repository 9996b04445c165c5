"""What goes wrong inside a function or a worker: by a plan, at one point for one job, or by dice, anywhere.

The folder that `SAFELIGHT_CHAOS` names says which, and is where each process leaves word of what it did.
"""

import json
import os
import signal
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import psutil

from chaos.real.word import append_line
from contracts.ports import Applied, StoreUnavailable
from contracts.status import Status
from contracts.transitions import Change

FOLDER = "SAFELIGHT_CHAOS"
AT_ONCE = "SAFELIGHT_CHAOS_AT_ONCE"
"""How many jobs one worker holds."""
FAULTS = "faults.json"
RUNS = "runs"
"""A line for each time that a GPU would have run: the document's id."""
ENDINGS = "endings"
"""A line for each ending that was written: the document's id, when it was created, and its status."""
FIRED = "fired"
"""By the plan: a file for each fault, with the processes that it struck. By dice: a line for each."""
STORES = ("generations", "commands", "objects", "sweeper")
Victims = Callable[[], list[int]]


class How(StrEnum):
    """What befalls a process."""

    KILL = "kill"
    """SIGKILL, to all of it."""
    STOP = "stop"
    """SIGSTOP, to all of it, until somebody sends SIGCONT."""


class _Witness:
    """Writes down each ending, whatever goes wrong next."""

    def __init__(self, role: str, folder: Path) -> None:
        self.role = role
        self.folder = folder

    def before(self, call: str, about: frozenset[str]) -> None:
        """See `RealSeam.before`."""
        self._reach(f"before {call}", about)

    def after(self, call: str, about: frozenset[str], answer: object, changes: Sequence[Change]) -> None:
        """See `RealSeam.after`.

        A change that did not end it can be found applied when it has: who noted RunPod's id, say, and met others.
        """
        if isinstance(answer, Applied) and any(map(_ends, changes)):
            fields = answer.fields
            append_line(
                self.folder / ENDINGS, f"{min(about)} {fields['created_at'].isoformat()} {fields['status']}"
            )
        self._reach(f"after {call}", about)

    def _reach(self, point: str, about: frozenset[str]) -> None:
        raise NotImplementedError


def _ends(change: Change) -> bool:
    return "status" in change.set and Status(change.set["status"]).is_terminal


class Planned(_Witness):
    """Each fault of the plan strikes once: the first time that this role reaches this point for this job."""

    def __init__(self, role: str, folder: Path, plan: dict[str, list[list[str]]], victims: Victims) -> None:
        super().__init__(role, folder)
        self._plan = plan
        self._victims = victims

    def _reach(self, point: str, about: frozenset[str]) -> None:
        for one in about:
            for number, (how, role, at) in enumerate(self._plan.get(one, ())):
                if (role, at) == (self.role, point):
                    self._strike(How(how), self.folder / FIRED / f"{one}.{number}")

    def _strike(self, how: How, mark: Path) -> None:
        victims = self._victims()
        try:
            descriptor = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return  # it has struck
        os.write(descriptor, json.dumps([how, victims]).encode())
        os.close(descriptor)
        for victim in victims:
            os.kill(victim, signal.SIGKILL if how is How.KILL else signal.SIGSTOP)


class Dice(_Witness):
    """Stores that do not answer, or do and nobody hears it. Drawn from the seed, the job and the point."""

    def __init__(self, role: str, folder: Path, seed: int, chance: float) -> None:
        super().__init__(role, folder)
        self._seed = seed
        self._chance = chance
        self._times = 0

    def _reach(self, point: str, about: frozenset[str]) -> None:
        if point.partition(" ")[2].partition(".")[0] not in STORES:
            return
        self._times += 1
        if Random(f"{self._seed} {self.role} {point} {sorted(about)} {self._times}").random() < self._chance:
            append_line(self.folder / FIRED, f"{self.role} {point}")
            raise StoreUnavailable(point)


def given_faults(role: str, victims: Victims) -> Planned | Dice:
    """What the folder says."""
    folder = Path(os.environ[FOLDER])
    said: dict[str, Any] = json.loads((folder / FAULTS).read_text())
    if "plan" in said:
        return Planned(role, folder, said["plan"], victims)
    return Dice(role, folder, said["seed"], said["chance"])


def own_group() -> list[int]:
    """A worker is all of its process group: the SDK pings from a process of its own."""
    return [-os.getpgid(0)]


def own_instance() -> list[int]:
    """A function's instance is gunicorn's master and the one process that it has."""
    master = psutil.Process(os.getppid())
    if not any("functions-framework" in part for part in master.cmdline()):
        message = f"not an instance of a function: {master.cmdline()}"
        raise RuntimeError(message)
    return [master.pid, os.getpid()]
