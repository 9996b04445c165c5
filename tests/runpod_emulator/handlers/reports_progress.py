"""Reports progress, ends when the file `finish` appears, and reports once more when `report_again` does."""

import threading
import time
from pathlib import Path

import runpod


def handler(job: dict[str, dict[str, str]]) -> str:
    runpod.serverless.progress_update(job, "half way")
    threading.Thread(target=report_again, args=(job,), daemon=True).start()
    wait_for(job["input"]["finish"])
    return "done"


def report_again(job: dict[str, dict[str, str]]) -> None:
    wait_for(job["input"]["report_again"])
    runpod.serverless.progress_update(job, "half way again")


def wait_for(path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.02)


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
