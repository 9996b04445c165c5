"""Everything that one request touches, on this machine: emulators, functions, RunPod emulator, worker, page."""

import contextlib
import json
import os
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import requests

from local.emulator_environment import PROJECT, client_environment, no_proxy
from local.emulator_suite import EmulatorSuite
from local.errors import LocalError
from local.firebase_user import BUCKET, FirebaseUser
from local.layout import BUILD, LOGS, ROOT, shown
from local.log_tail import log_tail
from local.managed_process import ManagedProcess
from local.ports import address, ports, require_free
from local.progress_bar import ProgressBar
from local.schedules import Schedules
from local.service_account import emulator_service_account
from runpod_emulator import DEFAULT_API_KEY, DEFAULT_ENDPOINT_ID, worker_environment

WORKER_HOME = BUILD / "worker-home"
RUNPOD_URL = f"http://{address('runpod')}/v2"
HOLD_SECONDS = 2  # a worker can only end when its long polls do
STOP_SECONDS = 6.0
WORKER_START_SECONDS = 120.0
FIRST_EVENT_SECONDS = 60.0
POLL_SECONDS = 0.1
CANARY = "generations/safelight-ready/commands/ready"


class Services:
    """All of them, started together and stopped together."""

    def __init__(self, extra_worker_environment: dict[str, str] | None = None) -> None:
        self._worker_extra = extra_worker_environment or {}
        self._suite = EmulatorSuite(
            # firebase-tools gives the functions of a demo project a bucket by the old name otherwise.
            environment={"STORAGE_BUCKET_URL": BUCKET},
            secrets={"RUNPOD_API_KEY": DEFAULT_API_KEY, "RUNPOD_WEBHOOK_SECRET": secrets.token_hex(32)},
        )
        self._runpod: ManagedProcess | None = None
        self._worker: ManagedProcess | None = None
        self._schedules = Schedules()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all, and return when a document written now would be processed.

        Raises `LocalError`, with nothing left running, where a port is in use or something does not start.
        """
        require_free()
        os.environ.update(no_proxy(os.environ))
        bar = ProgressBar("Starting the emulators and the worker")
        try:
            self._start_runpod()
            self._start_worker()
            self._suite.start()
            with emulators_must_answer():
                create_topics()
                self._wait_for_worker()
                _wait_for_functions()
        except BaseException:
            try:
                bar.fail()  # which itself fails where the terminal is gone
            finally:
                self.stop()
            raise
        self._schedules.start()
        bar.finish()

    def stop(self) -> None:
        """Stop all, the worker before the queue that it polls. A second call does nothing."""
        self._schedules.stop()
        suite = threading.Thread(target=self._suite.stop)
        suite.start()
        for process in (self._worker, self._runpod):
            if process is not None:
                process.stop(grace_seconds=STOP_SECONDS)
        suite.join()

    def require_running(self) -> None:
        """Raise `LocalError`, with the end of its log, if one of them has ended by itself."""
        self._suite.require_running()
        for name, process in (("runpod", self._runpod), ("worker", self._worker)):
            if process is None or process.exit_status is not None:
                message = f"The {name} process has stopped. {log_tail(LOGS / f'{name}.log')}"
                raise LocalError(message)

    def restart_worker(self, extra_environment: dict[str, str]) -> None:
        """Replace the worker by one with another environment."""
        if self._worker is not None:
            self._worker.stop(grace_seconds=STOP_SECONDS)
        self._worker_extra = extra_environment
        self._start_worker()
        self._wait_for_worker()

    def _start_runpod(self) -> None:
        port = str(ports()["runpod"])
        command = [sys.executable, "-m", "runpod_emulator", "--port", port, "--hold-seconds", str(HOLD_SECONDS)]
        self._runpod = ManagedProcess(command, environment=_bare(), log=LOGS / "runpod.log", folder=ROOT)
        deadline = time.monotonic() + WORKER_START_SECONDS
        while runpod_health() is None:  # a worker that finds no queue asks for it thousands of times a second
            if self._runpod.exit_status is not None or time.monotonic() > deadline:
                message = f"The RunPod emulator did not start. {log_tail(LOGS / 'runpod.log')}"
                raise LocalError(message)
            time.sleep(POLL_SECONDS)

    def _start_worker(self) -> None:
        WORKER_HOME.mkdir(parents=True, exist_ok=True)
        environment = _bare() | client_environment() | _worker_settings() | self._worker_extra
        command = [sys.executable, "-m", "worker"]
        self._worker = ManagedProcess(command, environment=environment, log=LOGS / "worker.log", folder=ROOT)

    def _wait_for_worker(self) -> None:
        deadline = time.monotonic() + WORKER_START_SECONDS
        while not (health := runpod_health()) or not health["workers"]["ready"]:
            self.require_running()
            if time.monotonic() > deadline:
                message = f"The worker was not ready in time. {log_tail(LOGS / 'worker.log')}"
                raise LocalError(message)
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def emulators_must_answer() -> Iterator[None]:
    """Raise `LocalError` where a request to one of them fails."""
    try:
        yield
    except requests.RequestException as error:
        status = "" if error.response is None else f" ({error.response.status_code})"
        message = (
            f"An emulator did not answer as it should: {type(error).__name__}{status}. "
            f"{log_tail(LOGS / 'emulators.log')}"
        )
        raise LocalError(message) from error


def runpod_health() -> dict[str, Any] | None:
    """The RunPod emulator's /health, or None while it does not answer."""
    request = urllib.request.Request(  # noqa: S310 - a fixed address of this machine
        f"{RUNPOD_URL}/{DEFAULT_ENDPOINT_ID}/health", headers={"Authorization": f"Bearer {DEFAULT_API_KEY}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - see above
            health: dict[str, Any] = json.load(answer)
            return health
    except (urllib.error.URLError, OSError, ValueError):
        return None


def _bare() -> dict[str, str]:
    """What every program of ours gets of the user's environment: nothing that could be an account of his."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ} | {
        "HOME": str(WORKER_HOME),
        "PYTHONUNBUFFERED": "1",
    }


def _worker_settings() -> dict[str, str]:
    settings = worker_environment(
        RUNPOD_URL,
        endpoint_id=DEFAULT_ENDPOINT_ID,
        worker_id="worker-1",
        api_key=DEFAULT_API_KEY,
        home=WORKER_HOME,
    )
    return settings | {
        "FIREBASE_SERVICE_ACCOUNT_KEY": emulator_service_account(),
        "FIREBASE_STORAGE_BUCKET": BUCKET,
        "HF_HUB_OFFLINE": "1",
        # The emulators need the other half: threads that wait for a core make a small model slower, not faster.
        "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 2) // 2)),
    }


def create_topics() -> None:
    """Make the topics that a deployment has made by hand. Raises `requests.RequestException`."""
    for topic in ("generation-events", "generation-dead-letters"):
        url = f"http://{address('pubsub')}/v1/projects/{PROJECT}/topics/{topic}"
        requests.put(url, json={}, timeout=30).raise_for_status()


def _wait_for_functions() -> None:
    """Send a command about nothing through the whole path: rules aside, it arrives as any page's would.

    It also starts the function's process, so that the first user does not wait for that.
    """
    owner = FirebaseUser.owner()
    command = {"type": "cancel", "media_type": "images", "file_uid": "ready", "created_at": datetime.now(UTC)}
    owner.create(CANARY, command).raise_for_status()
    deadline = time.monotonic() + FIRST_EVENT_SECONDS
    while owner.read(CANARY) is not None:
        if time.monotonic() > deadline:
            message = f"The functions did not carry out a command. See {shown(LOGS / 'emulators.log')}."
            raise LocalError(message)
        time.sleep(POLL_SECONDS)
