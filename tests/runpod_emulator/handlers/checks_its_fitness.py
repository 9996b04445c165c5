"""Checks its fitness until the file FIT appears, having left the file CHECKING."""

import os
import time
from pathlib import Path

import runpod


@runpod.serverless.register_fitness_check  # type: ignore[untyped-decorator]
def is_fit() -> None:
    Path(os.environ["CHECKING"]).touch()
    while not Path(os.environ["FIT"]).exists():
        time.sleep(0.02)


if __name__ == "__main__":
    runpod.serverless.start({"handler": lambda _job: None})
