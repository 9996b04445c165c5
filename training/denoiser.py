"""Train the denoiser and its text encoder on the latents of the pool, with another caption at each look."""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from training.autoencoder import to_tensor
from training.loop import Plan, Run, Training
from training.precision import autocast
from training.prompts import Prompts

ENCODE_BATCH = 200


@torch.inference_mode()
def encode_pool(
    autoencoder: AutoencoderKL, pool: NDArray[np.uint8], path: Path, device: str
) -> NDArray[np.float16]:
    """The latents of all pictures; computed if they are not there yet."""
    if not path.exists():
        parts = []
        for first in range(0, len(pool), ENCODE_BATCH):
            with autocast(device):
                pixels = to_tensor(pool[first : first + ENCODE_BATCH]).to(device)
                parts.append(autoencoder.encode(pixels).latent_dist.mean.half().cpu().numpy())
            if first % (50 * ENCODE_BATCH) == 0:
                print(f"encoded {first} of {len(pool)} pictures", flush=True)
        np.save(path, np.concatenate(parts))
    loaded: NDArray[np.float16] = np.load(path)
    return loaded


def train_denoiser(
    parts: nn.ModuleDict,
    latents: torch.Tensor,
    prompts: Prompts,
    run: Run,
    *,
    alphas_cumprod: torch.Tensor,
    batch: int,
) -> Training:
    """Train, or go on training, `parts` (text_encoder and denoiser) to say which noise is in a latent.

    The target is v = sqrt(a) noise - sqrt(1 - a) latent (Salimans and Ho, "Progressive Distillation", 2022).
    """
    training = Training(parts, Plan(learning_rate=1.2e-3), run)
    alphas = alphas_cumprod.to(run.device)

    def loss_of(chance: torch.Generator, _: int) -> torch.Tensor:
        chosen = torch.randint(len(latents), (batch,), generator=chance, device=run.device)
        clean = latents[chosen].float()
        noise = torch.randn(clean.shape, generator=chance, device=run.device)
        times = (spread(batch, chance, run.device) * len(alphas)).long()
        alpha = alphas[times][:, None, None, None]
        noisy = alpha.sqrt() * clean + (1 - alpha).sqrt() * noise
        target = alpha.sqrt() * noise - (1 - alpha).sqrt() * clean
        said = parts["text_encoder"](prompts.draw(chosen, chance)).last_hidden_state
        found = parts["denoiser"](noisy, times, said).sample
        return functional.mse_loss(found.float(), target)

    training.go_on(loss_of)
    return training


def spread(count: int, chance: torch.Generator, device: str) -> torch.Tensor:
    """Numbers from 0 to 1, one from each of as many equal parts: a batch sees all strengths of noise."""
    return (torch.arange(count, device=device) + torch.rand(count, generator=chance, device=device)) / count
