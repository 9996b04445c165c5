"""So many workers, always: who was killed is followed by another, who was stopped goes on after a while."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from chaos.real.faults import FIRED, FOLDER, How
from local.layout import LOGS, ROOT
from local.services import RUNPOD_URL
from runpod_emulator import DEFAULT_API_KEY, DEFAULT_ENDPOINT_ID, worker_environment


class Workers:
    """A context manager; `look_after` is to be called again and again."""

    def __init__(self, number: int, environment: Mapping[str, str]) -> None:
        self._number = number
        self._environment = dict(environment)
        self._started = 0
        self._alive: set[int] = set()
        self._log = (LOGS / "chaos-workers.log").open("wb")
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "chaos.real.nursery"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        """Start them."""
        self._answer()
        self.look_after()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill them all."""
        for group in self._alive:
            _kill(group)
        with self._nursery:  # which closes its pipes
            self._nursery.kill()
        self._log.close()

    @property
    def started(self) -> int:
        """How many there have been."""
        return self._started

    def look_after(self) -> None:
        """Replace those that are gone."""
        for group in [group for group in self._alive if not _lives(group)]:
            _kill(group)  # its process for pings
            self._alive.remove(group)
        while len(self._alive) < self._number:
            self._alive.add(self._start())

    def _start(self) -> int:
        self._started += 1
        name = f"worker-{self._started}"
        home = Path(self._environment[FOLDER]) / "homes" / name
        home.mkdir(parents=True)
        runpod = worker_environment(
            RUNPOD_URL, endpoint_id=DEFAULT_ENDPOINT_ID, worker_id=name, api_key=DEFAULT_API_KEY, home=home
        )
        wanted = {"environment": self._environment | runpod, "log": str(LOGS / "chaos-workers.log")}
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps(wanted) + "\n")
        self._nursery.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self._nursery.stdout is not None
        return self._nursery.stdout.readline()


class Stopped:
    """Processes that a planned fault has stopped: they go on when everybody else has taken them for dead."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder / FIRED
        self._seconds = seconds
        self._since: dict[str, float] = {}
        self._continued: set[str] = set()

    def look_after(self) -> None:
        """Let those go on whose time has come."""
        for mark in self._folder.iterdir():
            text = mark.read_text()
            if not text or mark.name in self._continued:
                continue
            how, victims = json.loads(text)
            since = self._since.setdefault(mark.name, time.monotonic())
            if how == How.STOP and time.monotonic() - since > self._seconds:
                self._continued.add(mark.name)
                for victim in victims:
                    _send(victim, signal.SIGCONT)


def struck(folder: Path) -> dict[str, How]:
    """Which planned faults have struck: the job and the number of its fault, and how."""
    marks = {mark.name: mark.read_text() for mark in (folder / FIRED).iterdir()}
    return {name: How(json.loads(text)[0]) for name, text in marks.items() if text}


def _lives(group: int) -> bool:
    """Whether its leader does. The nursery lets nobody become a zombie."""
    try:
        os.kill(group, 0)
    except ProcessLookupError:
        return False
    return True


def _kill(group: int) -> None:
    _send(-group, signal.SIGKILL)


def _send(victim: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has gone by itself
        os.kill(victim, number)
