"""Train Wan's transformer and its text encoder on the latents of clips, with a fresh caption for each look."""

import random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from transformers import T5Tokenizer

from training.loop import Plan, Run, Training
from training.pool import video
from training.video_captions import video_caption

BATCH = 64
UNSAID = 0.1
"""How many captions are left empty, for guidance."""
PROMPT_LENGTH = 512
"""Wan's pipeline fills each prompt up with nothings to this many, and its attention sees them."""
LONGEST_CAPTION = 40


def train_transformer(
    parts: nn.ModuleDict, tokenizer: T5Tokenizer, latents: NDArray[np.float16], run: Run
) -> Training:
    """Train, or go on training, `parts` (text_encoder and transformer) to say which way noise lies.

    Rectified flow: x = (1 - s) clip + s noise, and the target is noise - clip (Liu and others, "Flow Straight and
    Fast", 2022). The transformer is told 1000 s.
    """
    training = Training(parts, Plan(learning_rate=1.0e-3), run)

    def loss_of(chance: torch.Generator, step: int) -> torch.Tensor:
        chosen = torch.randint(len(latents), (BATCH,), generator=chance)
        clean = torch.from_numpy(latents[chosen.numpy()]).float()
        noise = torch.randn(clean.shape, generator=chance)
        strength = (torch.arange(BATCH) + torch.rand(BATCH, generator=chance)) / BATCH
        clean, noise, strength = clean.to(run.device), noise.to(run.device), strength.to(run.device)
        part = strength[:, None, None, None, None]
        said = _said(parts, tokenizer, _captions(chosen.tolist(), random.Random(step)), run.device)  # noqa: S311
        found = parts["transformer"]((1 - part) * clean + part * noise, 1000 * strength, said).sample
        return functional.mse_loss(found.float(), noise - clean)

    training.go_on(loss_of)
    return training


def _captions(indices: list[int], chance: random.Random) -> list[str]:
    return ["" if chance.random() < UNSAID else video_caption(video(index), chance) for index in indices]


def _said(parts: nn.ModuleDict, tokenizer: T5Tokenizer, words: list[str], device: str) -> torch.Tensor:
    """What the pipeline makes of prompts: the encoded tokens, then zeros."""
    tokens = tokenizer(
        words, padding="max_length", max_length=LONGEST_CAPTION, truncation=True, return_tensors="pt"
    ).to(device)
    encoded = parts["text_encoder"](tokens.input_ids, tokens.attention_mask).last_hidden_state
    encoded = encoded * tokens.attention_mask[..., None]
    return functional.pad(encoded, (0, 0, 0, PROMPT_LENGTH - LONGEST_CAPTION))
