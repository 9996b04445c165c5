"""Train the autoencoder of pictures: few numbers in between, and edges that stay sharp."""

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch.nn import functional

from training.loop import Plan, Run, Training

BATCH = 32
EDGE_WEIGHT = 4.0
"""How much more an error on the steepest edge counts than one on a flat."""
DIVERGENCE_WEIGHT = 2e-4


def train_autoencoder(autoencoder: AutoencoderKL, pool: NDArray[np.uint8], run: Run) -> Training:
    """Train, or go on training, from the pool's pictures."""
    training = Training(autoencoder, Plan(learning_rate=1.5e-3, average=0.998), run)

    def loss_of(chance: torch.Generator, _: int) -> torch.Tensor:
        chosen = torch.randint(len(pool), (BATCH,), generator=chance).numpy()
        pixels = to_tensor(pool[chosen]).to(run.device)
        posterior = autoencoder.encode(pixels).latent_dist
        painted = autoencoder.decode(posterior.sample()).sample
        divergence: torch.Tensor = posterior.kl().mean() / 64
        return _difference(painted.float(), pixels) + DIVERGENCE_WEIGHT * divergence

    training.go_on(loss_of)
    return training


def to_tensor(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """[count, side, side, 3] bytes as [count, 3, side, side] from -1 to 1."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def _difference(painted: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    error = painted - pixels
    weight = 1.0 + EDGE_WEIGHT * _steepness(pixels)
    return (weight * (0.5 * error.abs() + error**2)).mean()


def _steepness(pixels: torch.Tensor) -> torch.Tensor:
    """How much a pixel differs from its neighbours, at most 1, [count, 1, side, side]."""
    grey = pixels.mean(1, keepdim=True)
    highest = functional.max_pool2d(grey, 3, stride=1, padding=1)
    lowest = -functional.max_pool2d(-grey, 3, stride=1, padding=1)
    return (highest - lowest).clamp(0.0, 1.0)
