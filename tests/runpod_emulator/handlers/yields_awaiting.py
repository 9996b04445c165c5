"""Yields the chunks of its input one by one, as an async generator."""

import asyncio
from collections.abc import AsyncIterator

import runpod


async def handler(job: dict[str, dict[str, list[object]]]) -> AsyncIterator[object]:
    for chunk in job["input"]["chunks"]:
        await asyncio.sleep(0)
        yield chunk


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
