"""Starting workers, and ending all that were ever started."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from runpod_emulator.clock import Clock
from runpod_emulator.fleet_settings import FleetSettings
from runpod_emulator.settings import Settings
from runpod_emulator.worker_environment import PING_INTERVAL_MS, worker_environment
from runpod_emulator.worker_process import WorkerProcess

#: How many logs of workers that are gone are kept, where they are not the user's.
KEPT_LOGS = 20


class WorkerLauncher:
    """Starts workers with an environment and a home of their own.

    Args:
        clock: Tells how often they are to ping.
        settings: The endpoint and its key.
        fleet: The command.
    """

    def __init__(self, clock: Clock, settings: Settings, fleet: FleetSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._fleet = fleet
        self._base_url = ""
        self._folder: Path | None = None
        self._alive: set[WorkerProcess] = set()
        self._discarded: list[Path] = []

    def open(self, base_url: str) -> None:
        """Let workers find the emulator there."""
        self._base_url = base_url
        self._folder = Path(tempfile.mkdtemp(prefix="runpod-emulator-"))

    async def close(self, *, patience_seconds: float) -> None:
        """Wait so long, in real time, for all to end by themselves; then end them and all that they started."""
        processes = tuple(self._alive)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_seconds):
                    await asyncio.gather(*(process.gone() for process in processes))
        finally:
            for process in processes:
                process.signal_group(signal.SIGKILL)
        await asyncio.gather(*(process.gone() for process in processes))
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def launch(self, worker_id: str, *, on_exit: Callable[[int], None]) -> WorkerProcess:
        """Start a worker.

        Raises:
            OSError: It cannot be started.
        """

        def ended(code: int) -> None:
            if not process.group_is_spared:
                self._alive.discard(process)
            on_exit(code)

        (self._home_of(worker_id)).mkdir(mode=0o700)
        process = WorkerProcess(
            self._fleet.command,
            environment=self._environment(worker_id),
            log=self._log_of(worker_id),
            on_exit=ended,
        )
        self._alive.add(process)
        return process

    def discard(self, worker_id: str) -> None:
        """Clear up after a worker that is gone; its log is kept for a while."""
        shutil.rmtree(self._home_of(worker_id), ignore_errors=True)
        if self._fleet.logs is None:
            self._discarded.append(self._log_of(worker_id))
            while len(self._discarded) > KEPT_LOGS:
                self._discarded.pop(0).unlink(missing_ok=True)

    def _environment(self, worker_id: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RUNPOD_")}
        own = worker_environment(
            self._base_url,
            endpoint_id=self._settings.endpoint_id,
            worker_id=worker_id,
            api_key=self._settings.api_key,
            home=self._home_of(worker_id),
        )
        # A fast clock loses a job sooner; but the SDK cannot ping more often than once a second.
        interval_ms = max(1000, min(PING_INTERVAL_MS, PING_INTERVAL_MS / self._clock.speed))
        return inherited | own | {"RUNPOD_PING_INTERVAL": str(int(interval_ms))} | dict(self._fleet.environment)

    def _home_of(self, worker_id: str) -> Path:
        return (self._folder or Path()) / worker_id

    def _log_of(self, worker_id: str) -> Path:
        return (self._fleet.logs or self._folder or Path()) / f"{worker_id}.log"
