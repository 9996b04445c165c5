"""Train Wan's transformer and its text encoder on the latents of clips, with another caption at each look."""

import math
from typing import Any

import torch
from diffusers.models.transformers.transformer_wan import WanAttnProcessor
from torch import nn
from torch.nn import functional

from training.denoiser import spread
from training.loop import Plan, Run, Training
from training.prompts import Prompts
from training.video_parts import NOISE_SHIFT

PROMPT_LENGTH = 512
"""Wan's pipeline fills each prompt up with nothings to this many tokens, and its attention sees them."""


class OneForAllNothings:
    """Wan's attention, with one nothing at the end of each prompt that weighs as much as all that it stands for.

    As nothings are all alike, e^x + ... + e^x = e^(x + log n): the same result in a third of the time.
    """

    def __init__(self) -> None:
        self._attend = WanAttnProcessor()

    def __call__(self, attention: Any, hidden_states: Any, said: Any = None, *others: Any) -> Any:  # noqa: ANN401 - as in the library
        """Attend to what is `said`, [count, tokens, width], or, where there is none, to itself."""
        if said is None:
            return self._attend(attention, hidden_states, None, *others)
        weights = torch.zeros(said.shape[1], device=hidden_states.device)
        weights[-1] = math.log(PROMPT_LENGTH - said.shape[1] + 1)
        return self._attend(attention, hidden_states, said, weights[None, None, None])


def train_transformer(
    parts: nn.ModuleDict, latents: torch.Tensor, prompts: Prompts, run: Run, *, batch: int
) -> Training:
    """Train, or go on training, `parts` (text_encoder and transformer) to say which way noise lies.

    Rectified flow: x = (1 - s) clip + s noise, and the target is noise - clip (Liu and others, "Flow Straight and
    Fast", 2022). The transformer is told 1000 s. The thousands of numbers of a clip show a colour or a direction
    even through nine parts of noise, so words are learnt where there is still more: s is shifted towards 1, as it
    is by the scheduler (Esser and others, "Scaling Rectified Flow Transformers", 2024).
    """
    for block in parts["transformer"].blocks:  # type: ignore[union-attr]
        block.attn2.set_processor(OneForAllNothings())
        if run.compiles:
            block.compile()
    training = Training(parts, Plan(learning_rate=1.5e-3), run)

    def loss_of(chance: torch.Generator, _: int) -> torch.Tensor:
        chosen = torch.randint(len(latents), (batch,), generator=chance, device=run.device)
        clean = latents[chosen].float()
        noise = torch.randn(clean.shape, generator=chance, device=run.device)
        even = spread(batch, chance, run.device)
        strength = NOISE_SHIFT * even / (1 + (NOISE_SHIFT - 1) * even)
        part = strength[:, None, None, None, None]
        said = _said(parts["text_encoder"], prompts.draw(chosen, chance))
        found = parts["transformer"]((1 - part) * clean + part * noise, 1000 * strength, said).sample
        return functional.mse_loss(found.float(), noise - clean)

    training.go_on(loss_of)
    return training


def _said(text_encoder: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    """What the pipeline makes of prompts: the encoded tokens, then zeros, here one. The filling is token 0."""
    there = (tokens != 0).long()
    encoded = text_encoder(tokens, there).last_hidden_state * there[..., None]
    return functional.pad(encoded, (0, 0, 0, 1))
