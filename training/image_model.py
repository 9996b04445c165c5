"""`safelight-image`, from nothing to a folder. Each step goes on where it was interrupted."""

import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import nn

from training import image_parts
from training.autoencoder import to_tensor, train_autoencoder
from training.captions import caption
from training.denoiser import encode_pool, train_denoiser
from training.loop import Run
from training.pool import load_pool, paint_picture, picture
from training.prompts import build_prompts
from training.shipping import save_in_half_precision
from training.tokens import build_clip_tokenizer, tokens_of

SEED = 0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How much of everything."""

    pictures: int
    autoencoder_steps: int
    autoencoder_batch: int
    denoiser_steps: int
    denoiser_batch: int


RECIPES = {
    "cpu": Recipe(
        pictures=100_000,
        autoencoder_steps=2_600,
        autoencoder_batch=32,
        denoiser_steps=6_500,
        denoiser_batch=128,
    ),
    "cuda": Recipe(
        pictures=200_000,
        autoencoder_steps=8_000,
        autoencoder_batch=128,
        denoiser_steps=40_000,
        denoiser_batch=512,
    ),
}
"""By device: an hour of two cores, or half an hour of a large GPU."""


def make_image_model(
    work: Path, shipped: Path, *, device: str, minutes: float = math.inf, recipe: Recipe | None = None
) -> bool:
    """Do as much as there is time for. Whether the model is finished and lies in `shipped`."""
    until = time.monotonic() + 60 * minutes
    recipe = recipe or RECIPES[device]
    torch.manual_seed(SEED)
    pool = load_pool(work / "pictures.npy", recipe.pictures, paint_picture)
    autoencoder = image_parts.build_autoencoder()
    run = Run(folder=work / "autoencoder", device=device, steps=recipe.autoencoder_steps, minutes=left(until))
    training = train_autoencoder(autoencoder, lambda chance: draw_pictures(pool, recipe, chance), run)
    if training.step < recipe.autoencoder_steps:
        return False
    autoencoder.load_state_dict(training.averaged())
    latents, scale = _latents(autoencoder, pool, work / "latents.npy", device)
    autoencoder.register_to_config(scaling_factor=scale)

    tokenizer = build_clip_tokenizer()
    text_encoder, denoiser = image_parts.build_text_encoder(tokenizer), image_parts.build_denoiser()
    parts = nn.ModuleDict({"text_encoder": text_encoder, "denoiser": denoiser})
    training = train_denoiser(
        parts,
        latents,
        build_prompts(recipe.pictures, say_picture, tokens_of(tokenizer), device),
        Run(folder=work / "denoiser", device=device, steps=recipe.denoiser_steps, minutes=left(until)),
        alphas_cumprod=image_parts.build_scheduler().alphas_cumprod,
        batch=recipe.denoiser_batch,
    )
    parts.load_state_dict(training.averaged())
    save_in_half_precision(
        image_parts.build_pipeline(autoencoder, tokenizer, text_encoder, denoiser).to("cpu"), shipped
    )
    return training.step >= recipe.denoiser_steps


def draw_pictures(pool: NDArray[np.uint8], recipe: Recipe, chance: torch.Generator) -> torch.Tensor:
    """A batch for the autoencoder."""
    chosen = torch.randint(len(pool), (recipe.autoencoder_batch,), generator=chance, device=chance.device)
    return to_tensor(pool[chosen.cpu().numpy()])


def say_picture(index: int, chance: random.Random) -> str:
    """A caption of picture `index`."""
    return caption(picture(index), chance)


def left(until: float) -> float:
    """Minutes."""
    return max(0.0, (until - time.monotonic()) / 60)


def _latents(
    autoencoder: AutoencoderKL, pool: NDArray[np.uint8], path: Path, device: str
) -> tuple[torch.Tensor, float]:
    """Of all pictures, on the device, and the factor that has given them a deviation of 1."""
    autoencoder.train(mode=False)
    latents = encode_pool(autoencoder, pool, path, device)
    scale = round(1.0 / float(latents[:5_000].astype("float32").std()), 4)
    return torch.from_numpy(latents * scale).to(device), scale
