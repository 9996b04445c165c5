"""Train the autoencoder of videos: first as one of pictures, then to tell what lies between them.

Wan's causal convolutions see of a single frame nothing but their last tap. So the first frames of videos are
learnt as pictures are, ten times as fast as clips. Then the other taps begin at nothing, and the convolutions in
time at passing on what they get: each latent is the last of its four frames, shown four times. What is left to
learn from clips is how the frames between two latents lead from one to the other. That is soon told by the encoder
and takes the decoder longer to draw, so it goes on alone, from latents that do not change any more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_kl_wan import WanCausalConv3d, WanResample, WanRMS_norm
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from torch import nn
from torch.nn import functional

from training.autoencoder import DIVERGENCE_WEIGHT, difference, divergence
from training.loop import Plan, Run, Training

Draw = Callable[[torch.Generator], torch.Tensor]
DrawPairs = Callable[[torch.Generator], tuple[torch.Tensor, torch.Tensor]]


def train_on_stills(autoencoder: AutoencoderKLWan, draw: Draw, run: Run) -> Training:
    """Train, or go on training, with single frames. `draw` gives [count, 3, 1, side, side] from -1 to 1."""
    training = Training(autoencoder, Plan(learning_rate=1.5e-3, average=0.998), run)
    encoder, decoder = autoencoder.encoder, autoencoder.decoder
    if run.compiles:
        encoder, decoder = torch.compile(encoder), torch.compile(decoder)

    def loss_of(chance: torch.Generator, _: int) -> torch.Tensor:
        pixels = draw(chance).to(run.device)
        posterior = DiagonalGaussianDistribution(autoencoder.quant_conv(encoder(pixels)))
        painted = decoder(autoencoder.post_quant_conv(posterior.sample()), first_chunk=True)
        return difference(painted.float(), pixels) + DIVERGENCE_WEIGHT * divergence(posterior)

    with flat_convolutions(autoencoder), quick_norms(autoencoder):
        training.go_on(loss_of)
    return training


def begin_with_stills(autoencoder: AutoencoderKLWan) -> None:
    """Let a video be the last of each four frames, shown four times: what an autoencoder of stills can do."""
    with torch.no_grad():
        for module in autoencoder.modules():
            if isinstance(module, WanCausalConv3d) and module.kernel_size[0] == 3:
                module.weight[:, :, :-1] = 0
            if isinstance(module, WanResample) and hasattr(module, "time_conv"):
                convolution = module.time_conv
                same = torch.eye(module.dim, device=convolution.weight.device)
                convolution.weight[:, :, -1, 0, 0] = same.repeat(len(convolution.weight) // module.dim, 1)
                convolution.bias.zero_()


def train_on_clips(autoencoder: AutoencoderKLWan, draw: Draw, run: Run) -> Training:
    """Train, or go on training, with clips. `draw` gives [count, 3, frames, side, side] from -1 to 1."""
    training = Training(autoencoder, Plan(learning_rate=2.0e-4, average=0.98, warm_up=50), run)

    def loss_of(chance: torch.Generator, _: int) -> torch.Tensor:
        pixels = draw(chance).to(run.device)
        posterior = autoencoder.encode(pixels).latent_dist
        painted = _decode(autoencoder, posterior.sample())
        return difference(painted.float(), pixels) + DIVERGENCE_WEIGHT * divergence(posterior)

    with quick_norms(autoencoder):
        training.go_on(loss_of)
    return training


def train_decoder(autoencoder: AutoencoderKLWan, draw: DrawPairs, run: Run) -> Training:
    """Train the decoder alone, or go on. `draw` gives latents, and the clips that they are to become."""
    module = nn.ModuleDict({"post_quant_conv": autoencoder.post_quant_conv, "decoder": autoencoder.decoder})
    training = Training(module, Plan(learning_rate=3.0e-4, average=0.99, warm_up=50), run)

    def loss_of(chance: torch.Generator, _: int) -> torch.Tensor:
        latents, pixels = (drawn.to(run.device) for drawn in draw(chance))
        return difference(_decode(autoencoder, latents).float(), pixels)

    with quick_norms(autoencoder):
        training.go_on(loss_of)
    return training


def _decode(autoencoder: AutoencoderKLWan, latents: torch.Tensor) -> torch.Tensor:
    """As the autoencoder does, but for its clamp, through which nothing is learnt of what is too bright."""
    autoencoder.clear_cache()
    frames = []
    for index, latent in enumerate(autoencoder.post_quant_conv(latents).split(1, dim=2)):
        autoencoder._conv_idx = [0]  # noqa: SLF001 - the loop of its own decode()
        caches = {"feat_cache": autoencoder._feat_map, "feat_idx": autoencoder._conv_idx}  # noqa: SLF001
        frames.append(autoencoder.decoder(latent, **caches, first_chunk=index == 0))
    autoencoder.clear_cache()
    return torch.cat(frames, 2)


@contextmanager
def flat_convolutions(autoencoder: nn.Module) -> Iterator[None]:
    """While all clips are of one frame: only the last tap is multiplied with anything but zeros."""

    def flat(convolution: Any) -> Callable[..., torch.Tensor]:  # noqa: ANN401 - the library is untyped
        def forward(pixels: torch.Tensor) -> torch.Tensor:
            padded = functional.pad(pixels[:, :, -1], convolution._padding[:4])  # noqa: SLF001
            stride = convolution.stride[1:]
            return functional.conv2d(padded, convolution.weight[:, :, -1], convolution.bias, stride).unsqueeze(2)

        return forward

    with _other_forward(autoencoder, WanCausalConv3d, flat):
        yield


@contextmanager
def quick_norms(autoencoder: nn.Module) -> Iterator[None]:
    """The same norm, in a way that takes a third of the time on a CPU."""

    def quick(norm: Any) -> Callable[[torch.Tensor], torch.Tensor]:  # noqa: ANN401 - the library is untyped
        def forward(values: torch.Tensor) -> torch.Tensor:
            size = values.float().pow(2).mean(1, keepdim=True)
            scaled: torch.Tensor = values * torch.rsqrt(size + 1e-12).to(values.dtype) * norm.gamma + norm.bias
            return scaled

        return forward

    with _other_forward(autoencoder, WanRMS_norm, quick):
        yield


@contextmanager
def _other_forward(
    whole: nn.Module, kind: type, make: Callable[[Any], Callable[..., torch.Tensor]]
) -> Iterator[None]:
    changed: list[Any] = [module for module in whole.modules() if isinstance(module, kind)]
    for module in changed:
        module.forward = make(module)
    try:
        yield
    finally:
        for module in changed:
            del module.forward
