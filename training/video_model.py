"""`safelight-video`, from nothing to a folder. Each step goes on where it was interrupted."""

import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan
from numpy.typing import NDArray
from torch import nn

from training import video_parts
from training.autoencoder import to_tensor, train_autoencoder
from training.image_model import left
from training.loop import Run
from training.pool import load_pool, paint_clip, video
from training.prompts import build_prompts
from training.shipping import save_in_half_precision
from training.tokens import build_t5_tokenizer, tokens_of
from training.video_captions import video_caption
from training.video_transformer import train_transformer

ENCODE_BATCH = 20
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How much of everything."""

    clips: int
    autoencoder_steps: int
    autoencoder_batch: int
    autoencoder_frames: int
    """Consecutive frames of a clip that are looked at in one go, 1 more than a multiple of 4."""
    transformer_steps: int
    transformer_batch: int


RECIPES = {
    "cpu": Recipe(
        clips=6_000,
        autoencoder_steps=1_400,
        autoencoder_batch=4,
        autoencoder_frames=9,
        transformer_steps=6_000,
        transformer_batch=64,
    ),
    "cuda": Recipe(
        clips=20_000,
        autoencoder_steps=8_000,
        autoencoder_batch=16,
        autoencoder_frames=17,
        transformer_steps=40_000,
        transformer_batch=256,
    ),
}
"""By device: an hour and a half of two cores, or half an hour of a large GPU."""


def make_video_model(
    work: Path,
    shipped: Path,
    *,
    device: str,
    minutes: float = math.inf,
    recipe: Recipe | None = None,
    compiles: bool = False,
) -> bool:
    """Do as much as there is time for. Whether the model is finished and lies in `shipped`."""
    until = time.monotonic() + 60 * minutes
    recipe = recipe or RECIPES[device]
    torch.manual_seed(SEED)
    pool = load_pool(work / "clips.npy", recipe.clips, paint_clip)
    autoencoder = video_parts.build_autoencoder()
    run = Run(folder=work / "autoencoder", device=device, steps=recipe.autoencoder_steps, minutes=left(until))
    training = train_autoencoder(autoencoder, lambda chance: draw_pieces(pool, recipe, chance), run)
    if training.step < recipe.autoencoder_steps:
        return False
    autoencoder.load_state_dict(training.averaged())
    latents, deviations = _latents(autoencoder, pool, work / "latents.npy", device)
    autoencoder.register_to_config(latents_std=deviations)

    tokenizer = build_t5_tokenizer()
    text_encoder, transformer = video_parts.build_text_encoder(tokenizer), video_parts.build_transformer()
    parts = nn.ModuleDict({"text_encoder": text_encoder, "transformer": transformer})
    training = train_transformer(
        parts,
        latents,
        build_prompts(recipe.clips, say_clip, tokens_of(tokenizer), device),
        Run(
            folder=work / "transformer",
            device=device,
            steps=recipe.transformer_steps,
            minutes=left(until),
            compiles=compiles,
        ),
        batch=recipe.transformer_batch,
    )
    parts.load_state_dict(training.averaged())
    save_in_half_precision(
        video_parts.build_pipeline(autoencoder, tokenizer, text_encoder, transformer).to("cpu"), shipped
    )
    return training.step >= recipe.transformer_steps


def draw_pieces(pool: NDArray[np.uint8], recipe: Recipe, chance: torch.Generator) -> torch.Tensor:
    """A batch for the autoencoder: some consecutive frames of some clips."""
    size, frames = (recipe.autoencoder_batch,), recipe.autoencoder_frames
    chosen = torch.randint(len(pool), size, generator=chance, device=chance.device).tolist()
    firsts = torch.randint(pool.shape[1] - frames + 1, size, generator=chance, device=chance.device).tolist()
    pieces = [pool[clip, first : first + frames] for clip, first in zip(chosen, firsts, strict=True)]
    return _to_video_tensor(np.stack(pieces))


def say_clip(index: int, chance: random.Random) -> str:
    """A caption of video `index`."""
    return video_caption(video(index), chance)


def _latents(
    autoencoder: AutoencoderKLWan, pool: NDArray[np.uint8], path: Path, device: str
) -> tuple[torch.Tensor, list[float]]:
    """Of all clips, on the device, each channel with a deviation of 1; and what the deviations were."""
    autoencoder.train(mode=False)
    latents = _encode(autoencoder, pool, path, device)
    deviations = latents[:1_000].astype("float32").std((0, 2, 3, 4)).round(4)
    scaled = (latents / deviations[:, None, None, None]).astype("float16")
    return torch.from_numpy(scaled).to(device), deviations.tolist()


@torch.inference_mode()
def _encode(
    autoencoder: AutoencoderKLWan, pool: NDArray[np.uint8], path: Path, device: str
) -> NDArray[np.float16]:
    """The latents of all clips; computed if they are not there yet."""
    if not path.exists():
        parts = []
        for first in range(0, len(pool), ENCODE_BATCH):
            with torch.autocast(device, torch.bfloat16):
                clips = _to_video_tensor(pool[first : first + ENCODE_BATCH]).to(device)
                parts.append(autoencoder.encode(clips).latent_dist.mean.half().cpu().numpy())
            if first % (50 * ENCODE_BATCH) == 0:
                print(f"encoded {first} of {len(pool)} clips", flush=True)
        np.save(path, np.concatenate(parts))
    loaded: NDArray[np.float16] = np.load(path)
    return loaded


def _to_video_tensor(clips: NDArray[np.uint8]) -> torch.Tensor:
    """[count, frames, side, side, 3] bytes as [count, 3, frames, side, side] from -1 to 1."""
    frames = to_tensor(clips.reshape(-1, *clips.shape[2:]))
    return frames.reshape(*clips.shape[:2], *frames.shape[1:]).transpose(1, 2)
