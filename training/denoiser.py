"""Train the denoiser and its text encoder on the latents of the pool, with a fresh caption for each look."""

import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from transformers import CLIPTokenizer

from training.autoencoder import to_tensor
from training.captions import caption
from training.loop import Plan, Run, Training
from training.pool import picture

BATCH = 128
UNSAID = 0.1
"""How many captions are left empty, for guidance."""
ENCODE_BATCH = 200


@torch.inference_mode()
def encode_pool(
    autoencoder: AutoencoderKL, pool: NDArray[np.uint8], path: Path, device: str
) -> NDArray[np.float16]:
    """The latents of all pictures; computed if they are not there yet."""
    if not path.exists():
        parts = []
        for first in range(0, len(pool), ENCODE_BATCH):
            with torch.autocast(device, torch.bfloat16):
                pixels = to_tensor(pool[first : first + ENCODE_BATCH]).to(device)
                parts.append(autoencoder.encode(pixels).latent_dist.mean.half().cpu().numpy())
            if first % (50 * ENCODE_BATCH) == 0:
                print(f"encoded {first} of {len(pool)} pictures", flush=True)
        np.save(path, np.concatenate(parts))
    loaded: NDArray[np.float16] = np.load(path)
    return loaded


def train_denoiser(
    parts: nn.ModuleDict,
    tokenizer: CLIPTokenizer,
    latents: NDArray[np.float16],
    run: Run,
    *,
    alphas_cumprod: torch.Tensor,
) -> Training:
    """Train, or go on training, `parts` (text_encoder and denoiser) to say which noise is in a latent.

    The target is v = sqrt(a) noise - sqrt(1 - a) latent (Salimans and Ho, "Progressive Distillation", 2022).
    """
    training = Training(parts, Plan(learning_rate=1.2e-3), run)
    alphas = alphas_cumprod.to(run.device)

    def loss_of(chance: torch.Generator, step: int) -> torch.Tensor:
        chosen = torch.randint(len(latents), (BATCH,), generator=chance)
        clean = torch.from_numpy(latents[chosen.numpy()]).float()
        noise = torch.randn(clean.shape, generator=chance)
        # One time from each of as many equal parts: a batch sees all noise levels.
        part = (torch.arange(BATCH) + torch.rand(BATCH, generator=chance)) / BATCH
        times = (part * len(alphas)).long().to(run.device)
        clean, noise = clean.to(run.device), noise.to(run.device)
        alpha = alphas[times][:, None, None, None]
        noisy = alpha.sqrt() * clean + (1 - alpha).sqrt() * noise
        target = alpha.sqrt() * noise - (1 - alpha).sqrt() * clean
        words = _captions(chosen.tolist(), random.Random(step))  # noqa: S311 - words, not secrets
        tokens = tokenizer(words, padding="max_length", truncation=True, return_tensors="pt").input_ids
        said = parts["text_encoder"](tokens.to(run.device)).last_hidden_state
        found = parts["denoiser"](noisy, times, said).sample
        return functional.mse_loss(found.float(), target)

    training.go_on(loss_of)
    return training


def _captions(indices: list[int], chance: random.Random) -> list[str]:
    return ["" if chance.random() < UNSAID else caption(picture(index), chance) for index in indices]
