"""A worker of a test's own, on a RunPod emulator of its own."""

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import runpod

from local.layout import ROOT
from local.managed_process import ManagedProcess
from runpod_emulator import worker_environment

API_KEY = "test"
ENDPOINT = "alone"
PATIENCE_SECONDS = 120.0
LISTENING = "RunPod emulator: endpoint alone at "


class WorkerAlone:
    """Jobs go in and results come out through the unmodified client."""

    def __init__(self, base_url: str, log: Path) -> None:
        self._log = log
        runpod.endpoint_url_base = base_url
        self._endpoint = runpod.Endpoint(ENDPOINT, api_key=API_KEY)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def run(self, job_input: Mapping[str, Any]) -> dict[str, Any]:
        """Run one job. The body of /status at its end."""
        job = self._endpoint.run({"input": dict(job_input)})
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            status: dict[str, Any] = job._fetch_job()
            if status["status"] in {"COMPLETED", "FAILED"}:
                return status
            assert time.monotonic() < deadline, self.log
            time.sleep(0.1)


@contextlib.contextmanager
def worker_alone(folder: Path, settings: Mapping[str, str]) -> Iterator[WorkerAlone]:
    """A worker with these settings and nothing of ours but its models."""
    with contextlib.ExitStack() as running:
        runpod_log = folder / "runpod.log"
        command = [sys.executable, "-u", "-m", "runpod_emulator", "--port", "0", "--endpoint", ENDPOINT]
        command += ["--api-key", API_KEY, "--hold-seconds", "1"]
        emulator = ManagedProcess(command, environment={"PATH": "/usr/bin:/bin"}, log=runpod_log, folder=ROOT)
        running.callback(emulator.stop)
        base_url = _wait_for_line(runpod_log, LISTENING)
        environment = worker_environment(
            base_url, endpoint_id=ENDPOINT, worker_id="alone", api_key=API_KEY, home=folder
        )
        environment |= {"PATH": "/usr/bin:/bin", **settings}
        worker = ManagedProcess(
            [sys.executable, "-m", "worker"], environment=environment, log=folder / "worker.log", folder=ROOT
        )
        running.callback(worker.stop)
        yield WorkerAlone(base_url, folder / "worker.log")


def _wait_for_line(log: Path, beginning: str) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        for line in log.read_text().splitlines():
            if line.startswith(beginning):
                return line.removeprefix(beginning).strip()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
