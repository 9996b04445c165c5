"""The course of a proof: pages ask, sweepers sweep, and at the end somebody looks at what is left."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.storage import Client

from adapters.firestore_generations import FirestoreGenerations
from adapters.in_memory import InMemoryCommands, InMemoryEndings, InMemoryOwners, InMemoryRunPod, InMemorySweeper
from adapters.object_urls import ObjectUrls, choose_urls
from adapters.storage_objects import StorageObjects
from chaos.real.pages import Pages
from chaos.real.short import short_catalogue
from chaos.real.verdict import Verdict, judge
from local.emulator_environment import PROJECT
from local.firebase_user import BUCKET
from local.progress_bar import Progress, ProgressBar
from local.schedules import SWEEPER, Schedules, call_scheduled
from triggers.collect import OLD_ENOUGH, collect
from triggers.wiring import Outside

SWEEPERS = 2
SWEEP_SECONDS = 2.0
LONGEST_SWEEP_SECONDS = 15.0
LOOK_SECONDS = 0.15
NOTHING_MOVES_SECONDS = 90.0
"""Then what is still open is stuck."""


class Course:
    """Of a stack that runs."""

    def __init__(self, title: str) -> None:
        self._documents = firestore.Client(project=PROJECT)
        nobody: Any = AnonymousCredentials  # the library is untyped
        self._bucket = Client(project=PROJECT, credentials=nobody()).bucket(BUCKET)
        self._bar = ProgressBar(title)
        self.pages = Pages(self._documents)

    def run(
        self,
        total: int,
        ask: Callable[[int], None],
        *,
        most_open: int,
        most_unseen: int,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Have `ask` write request after request, until all are over or nothing moves.

        Never too many are open at once, nor unseen by any function: the Firestore emulator delivers one event at a
        time, and the sweeper would be quicker than most.
        """
        closed, moved = 0, time.monotonic()
        with _sweeping():
            while closed < total and time.monotonic() - moved < NOTHING_MOVES_SECONDS:
                open_, asked = self.pages.look(), len(self.pages.requests)
                if asked - len(open_) > closed:
                    closed, moved = asked - len(open_), time.monotonic()
                    self._bar.show(Progress(closed / total, f"{closed} of {total}"))
                unseen = sum("attempt" not in request.fields for request in open_)
                for number in range(asked, min(total, asked + min(most_open - len(open_), most_unseen - unseen))):
                    ask(number)
                meanwhile()
                time.sleep(LOOK_SECONDS)

    def end(self, folder: Path) -> Verdict:
        """The collector comes by as if two days had passed, and then the judge."""
        collect(self._outside())
        verdict = judge(self.pages, self._bucket, folder)
        if verdict.violations:
            self._bar.fail()
        else:
            self._bar.finish()
        return verdict

    def _outside(self) -> Outside:
        """All that the collector reaches is real."""
        return Outside(
            generations=FirestoreGenerations(self._documents),
            objects=StorageObjects(self._bucket, choose_urls(ObjectUrls.DOWNLOAD, None)),
            commands=InMemoryCommands(),
            runpod=InMemoryRunPod(),
            endings=InMemoryEndings(),
            sweeper=InMemorySweeper(),
            owners=InMemoryOwners(),
            catalogue=short_catalogue(),
            now=lambda: datetime.now(UTC) + 2 * OLD_ENOUGH,
            draw_seed=lambda: 0,
            chance=lambda: 1.0,
            webhook_for=lambda _path, _generation: None,
        )


@contextlib.contextmanager
def _sweeping() -> Iterator[None]:
    """Some sweepers, each beginning again a little after it has ended, or was killed."""
    sweepers = [Schedules(seconds=SWEEP_SECONDS, call=_sweep) for _ in range(SWEEPERS)]
    for sweeper in sweepers:
        sweeper.start()
    try:
        yield
    finally:
        for sweeper in sweepers:
            sweeper.stop()


def _sweep() -> None:
    # It was killed: the next one is there soon. For one that is killed while it starts, nobody ever answers.
    with contextlib.suppress(requests.RequestException):
        call_scheduled(SWEEPER, timeout_seconds=LONGEST_SWEEP_SECONDS)
