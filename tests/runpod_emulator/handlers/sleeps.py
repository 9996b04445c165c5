"""Never ends by itself; when it is cancelled it leaves the file named by its input."""

import asyncio
from pathlib import Path

import runpod


async def handler(job: dict[str, dict[str, str]]) -> None:
    witness = Path(job["input"]["witness"])
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.to_thread(witness.touch)
        raise


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
