"""The emulator and workers as processes, and waiting for what they do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import requests
import runpod

from runpod_emulator import DEFAULT_API_KEY, DEFAULT_ENDPOINT_ID, worker_environment

T = TypeVar("T")

REPOSITORY = Path(__file__).parents[2]
HANDLERS = Path(__file__).parent / "handlers"
#: How long anything may take before a test gives up. Nothing is asserted about speed.
PATIENCE_SECONDS = 30


def wait_until(look: Callable[[], T]) -> T:
    """Look until there is something to see; return it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return seen


def kill_group(process: subprocess.Popen[str]) -> None:
    """End a process and its children as a container's end would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass
class Emulator:
    """A running `python -m runpod_emulator`."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    @classmethod
    def start(cls, directory: Path, *options: str) -> "Emulator":
        """Start one on a free port and wait until it listens."""
        log = directory / "emulator.log"
        with log.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "runpod_emulator", "--port", "0", *options],
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        assert process.stdout is not None
        line = process.stdout.readline()
        process.stdout.close()
        assert " at http://" in line, log.read_text()
        return cls(process=process, url=line.split()[-1], log=log)

    def as_client(
        self, method: str, path: str, *, key: str = DEFAULT_API_KEY, **body: object
    ) -> requests.Response:
        """Send one request with a client's key."""
        return self._request(method, path, {"Authorization": f"Bearer {key}"}, body)

    def as_worker(
        self, method: str, path: str, *, key: str = DEFAULT_API_KEY, **body: object
    ) -> requests.Response:
        """Send one request with a worker's key."""
        return self._request(method, path, {"Authorization": key}, body)

    def _request(
        self, method: str, path: str, headers: dict[str, str], body: dict[str, object]
    ) -> requests.Response:
        url = f"{self.url}/{DEFAULT_ENDPOINT_ID}/{path}"
        return requests.request(method, url, headers=headers, json=body or None, timeout=PATIENCE_SECONDS)

    def status(self, job: "runpod.endpoint.Job") -> dict[str, object]:
        """Return the whole body of /status, of which the SDK's client shows only parts."""
        body: dict[str, object] = self.as_client("GET", f"status/{job.job_id}").json()
        return body

    def workers(self) -> dict[str, int]:
        """Return the worker counts of /health."""
        counts: dict[str, int] = self.as_client("GET", "health").json()["workers"]
        return counts


def start_worker(
    emulator: Emulator, handler: str, directory: Path, *, worker_id: str, api_key: str = DEFAULT_API_KEY
) -> subprocess.Popen[str]:
    """Start the SDK's worker loop with one of the handlers."""
    home = directory / worker_id
    home.mkdir()
    environment = worker_environment(
        emulator.url, endpoint_id=DEFAULT_ENDPOINT_ID, worker_id=worker_id, api_key=api_key, home=home
    )
    with (home / "worker.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, str(HANDLERS / f"{handler}.py")],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
