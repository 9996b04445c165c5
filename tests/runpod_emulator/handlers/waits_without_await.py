"""Leaves the file `started`, ends when the file `finish` appears, and holds the event loop meanwhile."""

import os
import time
from pathlib import Path

import runpod

CONCURRENCY = int(os.environ.get("CONCURRENCY", "1"))


def handler(job: dict[str, dict[str, str]]) -> str:
    Path(job["input"]["started"]).touch()
    while not Path(job["input"]["finish"]).exists():
        time.sleep(0.02)
    return "done"


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler, "concurrency_modifier": lambda _current: CONCURRENCY})
