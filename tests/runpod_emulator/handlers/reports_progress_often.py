"""Reports progress as often as its input says, as fast as it can; then waits for the file `finish`."""

import time
from pathlib import Path
from typing import Any

import runpod


def handler(job: dict[str, Any]) -> str:
    for step in range(job["input"]["times"]):
        runpod.serverless.progress_update(job, step)
    while not Path(job["input"]["finish"]).exists():
        time.sleep(0.02)
    return "done"


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
