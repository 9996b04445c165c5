"""Yields the chunks of its input one by one, and raises afterwards if its input says so."""

import os
from collections.abc import Iterator

import runpod


def handler(job: dict[str, dict[str, list[object]]]) -> Iterator[object]:
    yield from job["input"]["chunks"]
    if "raises" in job["input"]:
        raise ValueError("no such picture")


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler, "return_aggregate_stream": "AGGREGATE" in os.environ})
