"""How a program in the foreground is told to stop: Ctrl-C, SIGTERM, a closed terminal, or its parent's death."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

POLL_SECONDS = 0.25


TOLD_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def raise_when_told_to_stop() -> None:
    """Let each of these signals raise KeyboardInterrupt wherever the program is, once."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in TOLD_TO_STOP:
            signal.signal(number, signal.SIG_IGN)  # the cleaning up must not be interrupted
        raise KeyboardInterrupt

    for number in TOLD_TO_STOP:
        if (
            number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
        ):  # nohup wants it to go on
            signal.signal(number, interrupt)


def wait_until_interrupted(check: Callable[[], None]) -> None:
    """Wait, calling `check` now and then; return when what started us (make, a shell) has died or given up."""
    parent = os.getppid()
    would_catch = catches_sigint(parent)
    while os.getppid() == parent and not (would_catch and not catches_sigint(parent)):
        check()
        time.sleep(POLL_SECONDS)


def catches_sigint(process_id: int) -> bool:
    """Whether a process has a handler for SIGINT; False where the system has no /proc to tell.

    make that gets a SIGINT of its own, not a Ctrl-C which reaches us too, takes its handler away and waits for
    us without a word: this is the only sign that it should end.
    """
    try:
        status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    caught = next((line for line in status.splitlines() if line.startswith("SigCgt:")), "SigCgt: 0")
    return bool(int(caught.split()[1], 16) & 1 << (signal.SIGINT - 1))
