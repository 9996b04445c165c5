"""An emulator per test, the SDK's client pointed at it, and workers that do not outlive the test."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import runpod

from runpod_emulator import DEFAULT_API_KEY, DEFAULT_ENDPOINT_ID
from tests.runpod_emulator.processes import Emulator, kill_group, start_worker
from tests.runpod_emulator.recorder import Recorder, Workers, recording, working_for

StartWorker = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as running:
        yield running


@pytest.fixture
def sdk_worker(recorder: Recorder, tmp_path: Path) -> Iterator[Workers]:
    with working_for(recorder, tmp_path) as workers:
        yield workers


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    running = Emulator.start(tmp_path, "--hold-seconds", "5")
    yield running
    kill_group(running.process)


@pytest.fixture
def endpoint(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[runpod.Endpoint]:
    monkeypatch.setattr(runpod, "endpoint_url_base", emulator.url)
    client = runpod.Endpoint(DEFAULT_ENDPOINT_ID, api_key=DEFAULT_API_KEY)
    yield client
    client.rp_client.rp_session.close()


@pytest.fixture
def worker(emulator: Emulator, tmp_path: Path) -> Iterator[StartWorker]:
    started: list[subprocess.Popen[str]] = []

    def start(handler: str, worker_id: str = "worker-1", **options: str) -> subprocess.Popen[str]:
        started.append(start_worker(emulator, handler, tmp_path, worker_id=worker_id, **options))
        return started[-1]

    yield start
    for process in started:
        kill_group(process)
