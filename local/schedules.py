"""The clock that the Emulator Suite lacks: firebase-tools 15 loads scheduled functions, and never calls one."""

import threading
from collections.abc import Callable

import requests

from local.emulator_environment import PROJECT
from local.ports import address

SWEEP_SECONDS = 60.0
CALL_SECONDS = 300.0
REGION = "us-central1"
SWEEPER = "on_minute"


class Schedules:
    """Calls the sweeper each minute, from `start` to `stop`."""

    def __init__(self, *, seconds: float = SWEEP_SECONDS, call: Callable[[], None] | None = None) -> None:
        self._seconds = seconds
        self._call = call or (lambda: call_scheduled(SWEEPER))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)

    def start(self) -> None:
        """Begin to wait for the first minute to be over."""
        self._thread.start()

    def stop(self) -> None:
        """Call no more. A call that is under way is not waited for: it ends with the emulators."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._call()
            except requests.RequestException as error:
                if not self._stopped.is_set():
                    print(f"The sweeper could not be called: {type(error).__name__}", flush=True)


def call_scheduled(function: str, *, timeout_seconds: float = CALL_SECONDS) -> None:
    """Call a scheduled function once, and wait for its end. Raises `requests.RequestException`."""
    url = f"http://{address('functions')}/{PROJECT}/{REGION}/{function}-0"
    requests.post(url, timeout=timeout_seconds).raise_for_status()
