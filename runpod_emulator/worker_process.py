"""One worker as a process group of its own: what it starts dies with it, as in a container."""

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class WorkerProcess:
    """A started worker. To be made in the event loop.

    Args:
        command: The program and its arguments.
        environment: All of it.
        log: Where its output goes.
        on_exit: Called in the event loop with the exit code when the program itself has ended, and, unless
            its group is spared, all the others of the group with it.

    Attributes:
        exit_code: As above; None while it runs.
        group_is_spared: Whether the group outlives the program: a zombie's heartbeat.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], log: Path, on_exit: Callable[[int], None]
    ) -> None:
        self.exit_code: int | None = None
        self.group_is_spared = False
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        self._gone = asyncio.Event()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        threading.Thread(target=self._watch, name=f"worker-{self.pid}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The program's, and its group's."""
        return self._process.pid

    def signal_program(self, number: signal.Signals) -> None:
        """Signal the program alone. One that has ended is left in peace."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the program and all that it has started."""
        if self.exit_code is None or self.group_is_spared:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter is macOS's for a dead one
                os.killpg(self.pid, number)

    async def gone(self) -> None:
        """Come back when the program has ended."""
        await self._gone.wait()

    def _watch(self) -> None:
        """Wait for the end without reaping, so that nobody else can get the group's number meanwhile."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        with contextlib.suppress(RuntimeError):  # the event loop has ended before
            self._loop.call_soon_threadsafe(self._ended)

    def _ended(self) -> None:
        if not self.group_is_spared:
            self.signal_group(signal.SIGKILL)
        self.exit_code = self._process.wait()
        self._gone.set()
        self._on_exit(self.exit_code)
