"""Train the autoencoder of pictures: few numbers in between, and edges that stay sharp."""

from collections.abc import Callable

import numpy as np
import torch
from diffusers import AutoencoderKL
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from numpy.typing import NDArray
from torch.nn import functional

from training.loop import Plan, Run, Training

EDGE_WEIGHT = 4.0
"""How much more an error on the steepest edge counts than one on a flat."""
DIVERGENCE_WEIGHT = 3.2e-3
"""Enough to keep latents near a normal distribution, too little to blur."""


def train_autoencoder(
    autoencoder: AutoencoderKL, draw: Callable[[torch.Generator], torch.Tensor], run: Run
) -> Training:
    """Train, or go on training. `draw` gives a batch, [count, 3, side, side] from -1 to 1."""
    training = Training(autoencoder, Plan(learning_rate=1.5e-3, average=0.998), run)

    def loss_of(chance: torch.Generator, _: int) -> torch.Tensor:
        pixels = draw(chance).to(run.device)
        posterior = autoencoder.encode(pixels).latent_dist
        painted = autoencoder.decode(posterior.sample()).sample
        return difference(painted.float(), pixels) + DIVERGENCE_WEIGHT * divergence(posterior)

    training.go_on(loss_of)
    return training


def to_tensor(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """[count, side, side, 3] bytes as [count, 3, side, side] from -1 to 1."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def difference(painted: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """How far they are apart, [count, 3, (frames,) side, side]; edges count more."""
    if pixels.ndim == 5:  # each frame of a video is a picture
        painted, pixels = painted.transpose(1, 2).flatten(0, 1), pixels.transpose(1, 2).flatten(0, 1)
    error = painted - pixels
    weight = 1.0 + EDGE_WEIGHT * _steepness(pixels)
    return (weight * (0.5 * error.abs() + error**2)).mean()


def divergence(posterior: DiagonalGaussianDistribution) -> torch.Tensor:
    """How far a latent is from a normal distribution, in nats for each of its numbers."""
    nats: torch.Tensor = 0.5 * (posterior.mean**2 + posterior.var - 1.0 - posterior.logvar)
    return nats.mean()


def _steepness(pixels: torch.Tensor) -> torch.Tensor:
    """How much a pixel differs from its neighbours, at most 1, [count, 1, side, side]."""
    grey = pixels.mean(1, keepdim=True)
    highest = functional.max_pool2d(grey, 3, stride=1, padding=1)
    lowest = -functional.max_pool2d(-grey, 3, stride=1, padding=1)
    return (highest - lowest).clamp(0.0, 1.0)
