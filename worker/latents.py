"""Pictures of what is not a picture yet: latents, projected to red, green and blue.

A VAE's latents are close to a small picture of their own; what each channel is in colours is a linear fit, made
once per model from pictures that the worker paints when it warms up. So a preview costs one small multiplication,
for any VAE, and no second decoder.
"""

from typing import Any

import torch

LARGEST_SIDE = 64
"""Of a preview, in pixels: two thousand bytes as a JPEG, and the page shows it larger and soft."""
STRAIGHT = "FlowMatch", "EulerDiscrete"
"""How the names of those schedulers begin that add no noise on the way, and keep their `sigmas`."""


class Projection:
    """The colours of one VAE's latents."""

    def __init__(self, weights: torch.Tensor) -> None:
        """Take the weights: (channels + 1, 3), the last row for a constant."""
        self._weights = weights

    def pictures(self, latents: torch.Tensor) -> torch.Tensor:
        """Previews of a batch of latents: uint8, (batch, height, width, 3), on their device."""
        flat = _as_images(latents).float()
        longest = max(flat.shape[-2:])
        if longest > LARGEST_SIDE:
            flat = torch.nn.functional.interpolate(flat, scale_factor=LARGEST_SIDE / longest, mode="area")
        colours = torch.einsum("bchw,cr->bhwr", flat, self._weights[:-1]) + self._weights[-1]
        return (colours.clamp(0, 1) * 255).round().to(torch.uint8)


def fit(latents: torch.Tensor, pictures: torch.Tensor) -> Projection:
    """Fit colours to latents.

    Args:
        latents: of finished pictures, (batch, channels, height, width), or with frames after the channels.
        pictures: the same, decoded, from 0 to 1: (batch, 3, height, width); of a video, its first frame.

    """
    flat = _as_images(latents).float()
    small = torch.nn.functional.interpolate(pictures.float(), size=flat.shape[-2:], mode="area")
    rows = flat.movedim(1, -1).reshape(-1, flat.shape[1])
    rows = torch.cat([rows, torch.ones_like(rows[:, :1])], dim=1)
    colours = small.movedim(1, -1).reshape(-1, 3)
    # A little ridge: a flat warm-up picture must not send the weights to infinity.
    square = rows.T @ rows + 1e-3 * len(rows) * torch.eye(rows.shape[1], device=rows.device)
    return Projection(torch.linalg.solve(square, rows.T @ colours))


def as_seen(pipeline: Any, latents: torch.Tensor) -> torch.Tensor | None:  # noqa: ANN401 - the library is untyped
    """Latents of a running call, laid out as a picture, or with frames after the channels.

    None where they are packed into a row of tokens, as FLUX and LTX-Video have them.
    """
    if latents.dim() not in {4, 5}:
        return None
    name = type(pipeline).__name__
    if name.startswith("CogVideoX"):
        return latents.movedim(1, 2)  # it has the frames first
    if name == "WanImageToVideoPipeline" and pipeline.config.expand_timesteps:
        return latents[:, :, 1:]  # the picture that it starts from takes the first one's place only at the end
    return latents


class Foresight:
    """What the latents of a running call will come to: the scheduler's own guess, or a straight line."""

    def __init__(self, scheduler: Any) -> None:  # noqa: ANN401 - the library is untyped
        self._scheduler = scheduler
        self._last: torch.Tensor | None = None

    def after_step(self, latents: torch.Tensor) -> torch.Tensor | None:
        """The finished latents, as well as can be told after this step; None where nothing can be told.

        Multistep solvers keep each step's estimate (`model_outputs`). Euler's steps move along a straight line
        from noise to the picture (sigma 0), so two points tell where it ends.
        """
        guesses = getattr(self._scheduler, "model_outputs", None)
        last, self._last = self._last, latents
        if guesses and guesses[-1] is not None:
            guess: torch.Tensor = guesses[-1]
            return guess
        if not type(self._scheduler).__name__.startswith(STRAIGHT):
            return latents
        if last is None:
            return None
        reached = self._scheduler.step_index  # counted from pure noise, also where a picture let it skip some
        before, now = self._scheduler.sigmas[reached - 1], self._scheduler.sigmas[reached]
        finished: torch.Tensor = latents - now * (latents - last) / (now - before)
        return finished


def _as_images(latents: torch.Tensor) -> torch.Tensor:
    return latents[:, :, 0] if latents.dim() == 5 else latents
