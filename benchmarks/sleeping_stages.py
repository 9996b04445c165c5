"""The stages of a job whose GPU and whose network are sleeps, and what they leave behind to be measured."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.intervals import Interval

REQUEST = {"num_inference_steps": 5}
"""Of each job: the lane and the heartbeat hear of as many steps."""


@dataclass(frozen=True, kw_only=True)
class SleepingStages:
    """How long the stages of each job take, and where it is written when they did."""

    gpu_seconds: float
    """On the GPU, which one job at a time has."""
    other_seconds: float
    """Encoding, uploading and writing: all that needs no GPU."""
    diary: Path
    """A line for each time that the GPU was used: start and end, in seconds of the machine's monotonic clock."""
    jobs: int
    """How many wait."""

    @property
    def arguments(self) -> list[str]:
        """For the command line of a worker."""
        return [str(self.gpu_seconds), str(self.other_seconds), str(self.diary), str(self.jobs)]

    @classmethod
    def from_command_line(cls) -> Self:
        """What `arguments` made, read by the worker."""
        gpu_seconds, other_seconds, diary, jobs = sys.argv[1:5]
        return cls(
            gpu_seconds=float(gpu_seconds), other_seconds=float(other_seconds), diary=Path(diary), jobs=int(jobs)
        )

    def use_gpu(self, share: float = 1.0) -> None:
        """Sleep as long as a job needs the GPU, or only a part of it, as a step is one."""
        started = time.monotonic()
        time.sleep(self.gpu_seconds * share)
        self.note(Interval(start=started, end=time.monotonic()))

    def do_the_rest(self) -> None:
        """Sleep as long as everything else takes."""
        time.sleep(self.other_seconds)

    def note(self, used: Interval) -> None:
        """Write down when the GPU was used; jobs may do so at the same time."""
        descriptor = os.open(self.diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, f"{used.start} {used.end}\n".encode())
        finally:
            os.close(descriptor)

    def noted(self) -> list[Interval]:
        """All that was written down, in order."""
        lines = (line.split() for line in self.diary.read_text(encoding="ascii").splitlines())
        return sorted(
            (Interval(start=float(start), end=float(end)) for start, end in lines), key=lambda one: one.start
        )
