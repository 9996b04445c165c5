"""Returns the job as it was handed to it."""

import os

import runpod

CONCURRENCY = int(os.environ.get("CONCURRENCY", "1"))


async def handler(job: dict[str, object]) -> dict[str, object]:
    return {"job": job}


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler, "concurrency_modifier": lambda _current: CONCURRENCY})
