"""How a program in the foreground is told to stop: Ctrl-C, SIGTERM, or the death of what started it."""

import os
import signal
import time
from collections.abc import Callable
from types import FrameType

POLL_SECONDS = 0.25


def raise_on_sigterm() -> None:
    """Let SIGTERM, as Ctrl-C does, raise KeyboardInterrupt wherever the program is, once."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        ignore_interrupts()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)


def ignore_interrupts() -> None:
    """From now on: the cleaning up must not be interrupted."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def wait_until_interrupted(check: Callable[[], None]) -> None:
    """Wait, calling `check` now and then; return when what started us (make, a shell) has died."""
    parent = os.getppid()
    while os.getppid() == parent:
        check()
        time.sleep(POLL_SECONDS)
