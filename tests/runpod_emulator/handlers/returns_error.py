"""Returns the error it was given, and something beside it."""

import runpod


def handler(job: dict[str, dict[str, object]]) -> dict[str, object]:
    return {"error": job["input"]["error"], "steps": 3}


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
