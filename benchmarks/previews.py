"""What previews cost the GPU's thread, beside decoding the latents with the VAE each time.

    python -m benchmarks.previews

There is one a second at most, so their share of the time is the seconds that one takes.
"""

import statistics
import time
from collections.abc import Callable

import torch

from adapters.catalogue_file import load_catalogue
from benchmarks.row import Row
from benchmarks.table import render_table
from contracts.paths import MediaType
from worker.batching import Batching
from worker.call import PREVIEW_EVERY_SECONDS
from worker.engine import DiffusersEngine
from worker.settings import MODELS_FOLDER
from worker.warm_up import warm_up

TIMES = 30
SIDE = 32
"""Of the latents: a picture of 256x256, the largest that the shipped model makes."""
COMMAND = "python -m benchmarks.previews"


def measure() -> list[Row]:
    """One row."""
    catalogue = load_catalogue()
    model = catalogue.find(MediaType.IMAGES, None)
    assert model is not None  # noqa: S101 - one is the default
    engine = DiffusersEngine([model], MODELS_FOLDER)
    warm_up(engine, catalogue, Batching())
    vae, projection = engine.shelf.take(model).base.vae, engine.projections[model.id]
    latents = torch.randn(1, vae.config.latent_channels, SIDE, SIDE, device=engine.device)

    def project() -> torch.Tensor:
        return projection.pictures(latents).cpu()

    def decode() -> torch.Tensor:
        picture: torch.Tensor = vae.decode(latents / vae.config.scaling_factor)[0]
        return picture.cpu()

    with torch.inference_mode():
        ours, decoded = _medians(project, decode)
    share = ours / PREVIEW_EVERY_SECONDS
    return [
        Row(
            what="previews: share of the GPU's time",
            ours=f"{share:.3%}",
            naive=f"{decoded / PREVIEW_EVERY_SECONDS:.1%} (the VAE decodes each)",
            limit="0 %",
            target="at most 1 %",
            met=share <= 0.01,
            command=COMMAND,
        )
    ]


def _medians(*ways: Callable[[], object]) -> list[float]:
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(TIMES):
        for way, taken in zip(ways, seconds, strict=True):
            began = time.perf_counter()
            way()
            taken.append(time.perf_counter() - began)
    return [statistics.median(taken) for taken in seconds]


if __name__ == "__main__":
    print(render_table(measure()))
