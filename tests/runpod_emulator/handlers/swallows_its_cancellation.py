"""Leaves the file `started` and waits to be cancelled; then returns as if nothing had happened."""

import asyncio
import contextlib
from pathlib import Path

import runpod


async def handler(job: dict[str, dict[str, str]]) -> str:
    await asyncio.to_thread(Path(job["input"]["started"]).touch)
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    return "half a picture"


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
