"""Waits until four jobs run at once, then says how many it saw."""

import asyncio

import runpod

CONCURRENCY = 4
running: set[str] = set()
all_running = asyncio.Event()


async def handler(job: dict[str, str]) -> int:
    running.add(job["id"])
    if len(running) == CONCURRENCY:
        all_running.set()
    await all_running.wait()
    return len(running)


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler, "concurrency_modifier": lambda _current: CONCURRENCY})
