"""Reports progress as the last thing it does."""

import runpod


def handler(job: dict[str, object]) -> str:
    runpod.serverless.progress_update(job, "nearly done")
    return "done"


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
