"""Fails a fitness check before its first poll."""

import runpod


@runpod.serverless.register_fitness_check  # type: ignore[untyped-decorator]
def has_a_gpu() -> None:
    raise RuntimeError("no GPU")


if __name__ == "__main__":
    runpod.serverless.start({"handler": lambda _job: None})
