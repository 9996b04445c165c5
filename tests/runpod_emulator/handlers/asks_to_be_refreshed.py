"""Leaves the file `started`, ends when the file `finish` appears; the worker is to be replaced after a job."""

import asyncio
import os
from pathlib import Path

import runpod

CONCURRENCY = int(os.environ.get("CONCURRENCY", "1"))


async def handler(job: dict[str, dict[str, str]]) -> str:
    started, finish = Path(job["input"]["started"]), Path(job["input"]["finish"])
    await asyncio.to_thread(started.touch)
    while not await asyncio.to_thread(finish.exists):  # noqa: ASYNC110 - another process says when
        await asyncio.sleep(0.02)
    return "done"


if __name__ == "__main__":
    runpod.serverless.start(
        {"handler": handler, "concurrency_modifier": lambda _current: CONCURRENCY, "refresh_worker": True}
    )
