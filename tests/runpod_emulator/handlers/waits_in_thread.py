"""Waits in a thread, as a pipeline that holds the GPU would: for the file `finish`, and then leaves `ended`."""

import asyncio
import time
from pathlib import Path

import runpod


async def handler(job: dict[str, dict[str, str]]) -> str:
    return await asyncio.to_thread(wait, **job["input"])


def wait(started: str, finish: str, ended: str) -> str:
    Path(started).touch()
    while not Path(finish).exists():
        time.sleep(0.02)
    Path(ended).touch()
    return "done"


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
