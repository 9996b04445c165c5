"""Runs as many jobs as the file CONCURRENCY_FILE says, and writes down each time it was asked how many.

A job ends when the file `finish` appears.
"""

import asyncio
import json
import os
from pathlib import Path

import runpod

FILE = Path(os.environ["CONCURRENCY_FILE"])


async def handler(job: dict[str, dict[str, str]]) -> str:
    finish = Path(job["input"]["finish"])
    while not await asyncio.to_thread(finish.exists):  # noqa: ASYNC110 - another process says when
        await asyncio.sleep(0.02)
    return "done"


def concurrency(_current: int) -> object:
    text = FILE.read_text()
    with FILE.with_suffix(".asked").open("a") as asked:
        asked.write(text + "\n")
    return json.loads(text)


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler, "concurrency_modifier": concurrency})
