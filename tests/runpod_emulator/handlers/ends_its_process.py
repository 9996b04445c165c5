"""Leaves the file `started`, waits for the file `finish`, and then ends the whole process as its input says."""

import os
import sys
import time
from pathlib import Path

import runpod


def handler(job: dict[str, dict[str, str]]) -> None:
    Path(job["input"]["started"]).touch()
    while not Path(job["input"]["finish"]).exists():
        time.sleep(0.02)
    match job["input"]["how"]:
        case "os._exit":
            os._exit(3)
        case "SystemExit":
            sys.exit(3)
        case "KeyboardInterrupt":
            raise KeyboardInterrupt


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
