"""A program that is stopped together with everything it has started, whatever that has become."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

POLL_SECONDS = 0.05
INTERRUPT_SECONDS = 15.0
"""How long it may take to end by itself; a worker that is busy needs some."""
ORPHAN_SECONDS = 2.0
"""How long the others may go on when the program itself has ended."""
TERMINATE_SECONDS = 3.0
KILL_SECONDS = 5.0


class ManagedProcess:
    """A program in a session of its own, so that a Ctrl-C reaches it only through `stop`."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], log: Path, folder: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._known: set[psutil.Process] = set()

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def family(self) -> set[psutil.Process]:
        """All processes of it that live: its session's, and those below them, which may have left it.

        What was seen once is remembered: a grandchild in a session of its own is no longer found when the one
        between has died.
        """
        for process in psutil.process_iter():
            if _session_of(process) == self._process.pid:
                self._known.add(process)
        for process in list(self._known):
            with contextlib.suppress(psutil.NoSuchProcess):
                self._known.update(process.children(recursive=True))
        self._known = {process for process in self._known if self._lives(process)}
        return set(self._known)

    def stop(self, *, grace_seconds: float = INTERRUPT_SECONDS) -> None:
        """End all of it: first as Ctrl-C would, then asking, then by force. A second call does nothing.

        A KeyboardInterrupt while it waits goes straight to force.
        """
        self.family()
        try:
            self._signal_session(signal.SIGINT)
            if not (self._wait_for_program(grace_seconds) and self._wait(ORPHAN_SECONDS)):
                self._signal_family(signal.SIGTERM)
                self._wait(TERMINATE_SECONDS)
        finally:
            self._signal_family(signal.SIGKILL)
            self._wait(KILL_SECONDS)

    def _signal_session(self, number: signal.Signals) -> None:
        for process in self._known:
            if _session_of(process) == self._process.pid:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    def _signal_family(self, number: signal.Signals) -> None:
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _wait_for_program(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.exit_status is not None

    def _wait(self, seconds: float) -> bool:
        """Whether all of it has ended in time."""
        deadline = time.monotonic() + seconds
        while self.family():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _lives(self, process: psutil.Process) -> bool:
        if process.pid == self._process.pid:
            return self.exit_status is None
        with contextlib.suppress(psutil.NoSuchProcess):
            return process.is_running() and bool(process.status() != psutil.STATUS_ZOMBIE)
        return False


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except (ProcessLookupError, PermissionError):
        return None
