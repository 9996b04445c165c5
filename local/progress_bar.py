"""One line that shows how far a long step is. Needs nothing but the standard library.

In a terminal it is redrawn in place; elsewhere there is one line at the start and one at the end.
"""

import shutil
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, TextIO

BAR_WIDTH = 24


class Progress(NamedTuple):
    """How far a step is."""

    fraction: float | None = None
    """From 0 to 1, or None where nobody can know."""
    detail: str = ""
    """What it is doing just now."""


class ProgressBar:
    """The line of one step."""

    def __init__(
        self, title: str, *, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._title = title
        self._stream = stream or sys.stdout
        self._clock = clock
        self._started = clock()
        self._reached = 0.0
        self._terminal = self._stream.isatty()
        if not self._terminal:
            self._say(f"{title} ...")

    def show(self, progress: Progress) -> None:
        """Draw it again. It never goes back."""
        if not self._terminal:
            return
        if progress.fraction is not None:
            self._reached = max(self._reached, min(progress.fraction, 1.0))
        known = progress.fraction is not None or self._reached > 0
        bar = _bar(self._reached) if known else ""
        self._redraw(f"{self._title}  {bar}{self._elapsed()}  {progress.detail}")

    def finish(self) -> None:
        """Leave a line saying how long it took."""
        self._end(f"{self._title}: done in {self._seconds():.0f} s")

    def fail(self) -> None:
        """Leave a line saying that it did not work."""
        self._end(f"{self._title}: failed after {self._seconds():.0f} s")

    def _end(self, line: str) -> None:
        if self._terminal:
            self._redraw(line)
            self._say("")
        else:
            self._say(line)

    def _redraw(self, line: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r\x1b[K" + line.rstrip()[:width])
        self._stream.flush()

    def _say(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()

    def _seconds(self) -> float:
        return self._clock() - self._started

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(self._seconds()), 60)
        return f"{minutes}:{seconds:02d}"


def _bar(fraction: float) -> str:
    full = round(fraction * BAR_WIDTH)
    return "█" * full + "░" * (BAR_WIDTH - full) + f" {fraction:4.0%}  "
