"""Wants to run one job more each time it is asked how many."""

import runpod


def handler(job: dict[str, object]) -> object:
    return job["input"]


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler, "concurrency_modifier": lambda current: current + 1})
