"""Raises."""

import runpod


def handler(job: dict[str, object]) -> None:
    raise ValueError("no such picture")


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
