"""A RunPod emulator of its own for each measurement, on a port that nobody else has."""

import contextlib
import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
KEY = "benchmark"
HOLD_SECONDS = 5


@contextlib.contextmanager
def emulator(*settings: str) -> Iterator[tuple[str, int]]:
    """Run an emulator with these `name=value`; give its base URL and its process id."""
    command = [sys.executable, "-m", "runpod_emulator", "--port", "0", "--api-key", KEY]
    command += ["--hold-seconds", str(HOLD_SECONDS), *itertools.chain(*(("--set", each) for each in settings))]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        yield process.stdout.readline().split()[-1], process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
