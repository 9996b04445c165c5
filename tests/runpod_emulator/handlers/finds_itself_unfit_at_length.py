"""Fails an async fitness check, for a reason longer than the SDK reports."""

import runpod


@runpod.serverless.register_fitness_check  # type: ignore[untyped-decorator]
async def has_a_gpu() -> None:
    raise RuntimeError("no GPU " * 100)


if __name__ == "__main__":
    runpod.serverless.start({"handler": lambda _job: None})
