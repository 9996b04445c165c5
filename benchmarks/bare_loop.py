"""`python -m benchmarks.bare_loop`: seconds per picture of the shipped model in bare calls, by size and batch.

Nothing is around them: no job, no encoding, no progress. What a batch brings is all that batching can bring, and
the batch of eight is the limit of what a worker can do. Prints JSON; `benchmarks.batching` starts it.
"""

import json
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline

MODEL = Path(__file__).parent.parent / "models" / "safelight-image"
SIZES = (64, 128)
BATCHES = (1, 2, 4, 8)
ROUNDS = 3


def main() -> None:
    """Take turns through all batches, and print the medians."""
    pipeline: Any = DiffusionPipeline.from_pretrained(MODEL, dtype=torch.float32, use_safetensors=True)
    pipeline = pipeline.to("cuda" if torch.cuda.is_available() else "cpu")
    pipeline.set_progress_bar_config(disable=True)
    paint(pipeline, SIZES[0], 1)  # the first call is slower
    seconds: dict[int, dict[int, float]] = {size: {} for size in SIZES}
    for size in SIZES:
        taken: dict[int, list[float]] = {batch: [] for batch in BATCHES}
        for _ in range(ROUNDS):
            for batch in BATCHES:
                taken[batch].append(paint(pipeline, size, batch) / batch)
        seconds[size] = {batch: statistics.median(each) for batch, each in taken.items()}
    print(json.dumps(seconds))


def paint(pipeline: Any, size: int, batch: int) -> float:  # noqa: ANN401 - the library is untyped
    """Seconds of one call."""
    started = time.perf_counter()
    with torch.inference_mode():
        pipeline(
            prompt=[f"{number} yellow stars" for number in range(batch)],
            width=size,
            height=size,
            num_inference_steps=12,
            guidance_scale=2.5,
            generator=[torch.Generator("cpu").manual_seed(number) for number in range(batch)],
        )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
