"""Returns its input."""

import runpod


def handler(job: dict[str, object]) -> object:
    return job["input"]


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
