"""Frames of a video, taken from the decoder one group after another, so that they are encoded while it goes on.

Wan's VAE decodes one latent frame at a time and joins the frames at the end. A hook on its decoder has each group
as soon as it is there; of a long video the last one comes seconds after the first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

HALF_A_STEP = 0.5 / 255
Deliver = Callable[[torch.Tensor], None]


def streams_frames(pipeline: Any) -> bool:  # noqa: ANN401 - the library is untyped
    """Whether its VAE decodes whole frames, in order."""
    vae = pipeline.vae
    return type(vae).__name__ == "AutoencoderKLWan" and vae.config.patch_size is None and not vae.use_tiling


class FrameStream:
    """The frames of one call. What is black from its first frame on is held back until something can be seen."""

    def __init__(self, deliver: Deliver) -> None:
        self.is_black = True
        """Whether nothing could be seen in any frame so far, or nothing was a number."""
        self.first: torch.Tensor | None = None
        self._held: list[torch.Tensor] = []
        self._deliver = deliver

    @contextmanager
    def of(self, decoder: torch.nn.Module) -> Iterator[None]:
        """Inside, whatever it decodes is delivered: (batch, 3, frames, height, width), from 0 to 1."""
        hook = decoder.register_forward_hook(lambda _, __, decoded: self._take(decoded))
        try:
            yield
        finally:
            hook.remove()

    def let_go(self) -> None:
        """Deliver what was held back: it is meant to be black."""
        for frames in self._held:
            self._deliver(frames)
        self._held.clear()

    def _take(self, decoded: torch.Tensor) -> None:
        frames = (decoded.float() / 2 + 0.5).clamp(0, 1)
        self.first = frames if self.first is None else self.first
        if self.is_black and not (torch.isfinite(frames).all() and bool((frames > HALF_A_STEP).any())):
            self._held.append(frames)
            return
        self.is_black = False
        self.let_go()
        self._deliver(frames)
