"""`safelight-image`, from nothing to a folder. Each step goes on where it was interrupted."""

import math
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training import image_parts
from training.autoencoder import to_tensor, train_autoencoder
from training.denoiser import encode_pool, train_denoiser
from training.loop import Run
from training.pool import load_pool, paint_picture
from training.shipping import save_in_half_precision
from training.tokens import build_clip_tokenizer

PICTURES = 100_000
AUTOENCODER_BATCH = 32
AUTOENCODER_STEPS = 2_600
DENOISER_STEPS = 8_000
SEED = 0


def make_image_model(work: Path, shipped: Path, *, device: str, minutes: float = math.inf) -> bool:
    """Do as much as there is time for. Whether the model is finished and lies in `shipped`."""
    until = time.monotonic() + 60 * minutes
    torch.manual_seed(SEED)
    pool = load_pool(work / "pictures.npy", PICTURES, paint_picture)
    autoencoder = image_parts.build_autoencoder()
    run = Run(folder=work / "autoencoder", device=device, steps=AUTOENCODER_STEPS, minutes=_left(until))
    training = train_autoencoder(autoencoder, lambda chance: draw_pictures(pool, chance), run)
    if training.step < AUTOENCODER_STEPS:
        return False
    autoencoder.load_state_dict(training.averaged())
    latents = encode_pool(autoencoder.eval(), pool, work / "latents.npy", device)
    scale = 1.0 / float(latents[:5_000].astype("float32").std())
    autoencoder.register_to_config(scaling_factor=round(scale, 4))

    tokenizer = build_clip_tokenizer()
    text_encoder, denoiser = image_parts.build_text_encoder(tokenizer), image_parts.build_denoiser()
    parts = nn.ModuleDict({"text_encoder": text_encoder, "denoiser": denoiser})
    run = Run(folder=work / "denoiser", device=device, steps=DENOISER_STEPS, minutes=_left(until))
    alphas = image_parts.build_scheduler().alphas_cumprod
    training = train_denoiser(parts, tokenizer, latents * round(scale, 4), run, alphas_cumprod=alphas)
    parts.load_state_dict(training.averaged())
    pipeline = image_parts.build_pipeline(autoencoder, tokenizer, text_encoder, denoiser)
    save_in_half_precision(pipeline, shipped)
    return training.step >= DENOISER_STEPS


def draw_pictures(pool: NDArray[np.uint8], chance: torch.Generator) -> torch.Tensor:
    """A batch for the autoencoder."""
    chosen = torch.randint(len(pool), (AUTOENCODER_BATCH,), generator=chance).numpy()
    return to_tensor(pool[chosen])


def _left(until: float) -> float:
    return max(0.0, (until - time.monotonic()) / 60)
