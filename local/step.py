"""One long command of the set-up: its bar, its log, and what is said when it fails."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import LocalError
from local.layout import LOGS, ROOT
from local.log_tail import log_tail
from local.progress_bar import Progress, ProgressBar

POLL_SECONDS = 0.2


def _elapsed_time_only(_text: str) -> Progress:
    return Progress()


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command, and what the user sees of it."""

    name: str
    """Of its log, `build/logs/setup-<name>.log`."""
    title: str
    """What it sets up, as the user reads it."""
    command: Sequence[str]
    advice: str
    """What to do when it fails, one sentence."""
    measure: Callable[[str], Progress] = _elapsed_time_only
    """How far it is, from all that it has printed."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to ours."""

    def run(self, logs: Path = LOGS) -> None:
        """Run it to its end. Raises `LocalError` with the end of its log if it fails."""
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"setup-{self.name}.log"
        bar = ProgressBar(self.title)
        if self._run_showing(bar, log) == 0:
            bar.finish()
            return
        bar.fail()
        message = f"{self.title}: this failed. {log_tail(log)}\n{self.advice}"
        raise LocalError(message)

    def _run_showing(self, bar: ProgressBar, log: Path) -> int:
        with log.open("w") as output:
            try:
                process = subprocess.Popen(
                    self.command,
                    cwd=ROOT,
                    env=os.environ | self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            except OSError as error:
                output.write(f"{self.command[0]}: {error.strerror}\n")
                return 127
            with process:
                while process.poll() is None:
                    bar.show(self.measure(log.read_text(errors="replace")))
                    time.sleep(POLL_SECONDS)
                return process.returncode
