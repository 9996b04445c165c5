"""Generations in memory, the function that RunPod calls as it is served, and a note of all that it reaches."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import functions_framework
import pytest

from adapters.catalogue_file import load_catalogue
from adapters.in_memory import (
    InMemoryCommands,
    InMemoryEndings,
    InMemoryGenerations,
    InMemoryObjects,
    InMemoryOwners,
    InMemoryRunPod,
    InMemorySweeper,
)
from contracts.paths import GenerationPath
from contracts.runpod_job import RunPodJob, RunPodStatus
from triggers.settings import WEBHOOK_SECRET
from triggers.wiring import Outside

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
MAIN = Path(__file__).parent.parent.parent / "triggers" / "main.py"
CATALOGUE = load_catalogue()


class World:
    """Documents, a clock that stands still, and a RunPod at which every job has failed."""

    def __init__(self, documents: Mapping[GenerationPath, Mapping[str, Any]], now: datetime) -> None:
        self.calls: list[str] = []
        """What was asked of the outside, in its order: `port.method`."""
        generations, runpod = InMemoryGenerations(), InMemoryRunPod()
        for path, fields in documents.items():
            generations.put(path, fields)
            if "runpod_job_id" in fields:
                runpod.jobs[fields["runpod_job_id"]] = RunPodJob(status=RunPodStatus.FAILED)
        self.outside = Outside(
            generations=self._noted("generations", generations),
            commands=self._noted("commands", InMemoryCommands()),
            objects=self._noted("objects", InMemoryObjects()),
            runpod=self._noted("runpod", runpod),
            endings=self._noted("endings", InMemoryEndings()),
            sweeper=self._noted("sweeper", InMemorySweeper()),
            owners=self._noted("owners", InMemoryOwners()),
            catalogue=CATALOGUE,
            now=lambda: now,
            draw_seed=lambda: 1,
            chance=lambda: 1.0,
            webhook_for=lambda _path, _generation: None,
        )

    @property
    def has_moved(self) -> bool:
        """Whether anything was asked or written but one document, which was read."""
        return self.calls not in ([], ["generations.read"])

    def _noted(self, name: str, port: object) -> Any:  # noqa: ANN401 - stands for any port
        return _Noted(name, port, self.calls)


class _Noted:
    """A port, with a note of each call."""

    def __init__(self, name: str, port: object, calls: list[str]) -> None:
        self._name, self._port, self._calls = name, port, calls

    def __getattr__(self, method: str) -> Any:  # noqa: ANN401 - stands for any method
        self._calls.append(f"{self._name}.{method}")
        return getattr(self._port, method)


@contextmanager
def served(secret: str) -> Iterator[Callable[[World, str], int]]:
    """The HTTP function `on_runpod_webhook`: post to a URL that ends with a token, and get its status."""
    loggers = [logging.getLogger(name) for name in (None, "adapters", "triggers")]
    before = [(logger, logger.handlers, logger.level, logger.propagate) for logger in loggers]
    create_app: Any = functions_framework.create_app  # the library is untyped
    here: list[World] = []

    def post(world: World, token: str) -> int:
        here[:] = [world]
        return int(client.post("/" + quote(token, safe="", errors="surrogatepass")).status_code)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WEBHOOK_SECRET, secret)
        patch.setattr("triggers.wiring.outside", lambda: here[0].outside)
        patch.setattr("firebase_functions.params._params", {})  # each can be declared once in a process
        client = create_app("on_runpod_webhook", str(MAIN), "http").test_client()
        yield post
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.level, logger.propagate = handlers, level, propagate
