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
from training.autoencoder import to_tensor
from training.image_model import left
from training.loop import Run, Training
from training.pool import load_pool, paint_clip, video
from training.precision import autocast
from training.prompts import build_prompts
from training.shipping import save_in_half_precision
from training.tokens import build_t5_tokenizer, tokens_of
from training.video_autoencoder import begin_with_stills, train_decoder, train_on_clips, train_on_stills
from training.video_captions import video_caption
from training.video_transformer import train_transformer

ENCODE_BATCH = 20
SEED = 0
DENOISER_ERROR = 0.1
"""How far from a clip's latents the decoder must bear to start, as a part of their deviation."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How much of everything."""

    clips: int
    still_steps: int
    still_batch: int
    clip_steps: int
    clip_batch: int
    decoder_steps: int
    transformer_steps: int
    transformer_batch: int


RECIPES = {
    "cpu": Recipe(
        clips=5_000,
        still_steps=3_000,
        still_batch=32,
        clip_steps=450,
        clip_batch=3,
        decoder_steps=600,
        transformer_steps=2_500,
        transformer_batch=64,
    ),
    "cuda": Recipe(
        clips=20_000,
        still_steps=8_000,
        still_batch=128,
        clip_steps=4_000,
        clip_batch=16,
        decoder_steps=8_000,
        transformer_steps=40_000,
        transformer_batch=256,
    ),
}
"""By device: an hour and a quarter of two cores, or half an hour of a large GPU."""


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
    if not _train_autoencoder(autoencoder, pool, recipe, work, device=device, until=until, compiles=compiles):
        return False
    latents, deviations = _latents(autoencoder, pool, work / "latents.npy", device)
    autoencoder.register_to_config(latents_std=deviations)

    tokenizer = build_t5_tokenizer()
    text_encoder, transformer = video_parts.build_text_encoder(tokenizer), video_parts.build_transformer()
    parts = nn.ModuleDict({"text_encoder": text_encoder, "transformer": transformer})
    prompts = build_prompts(recipe.clips, say_clip, tokens_of(tokenizer), device)
    run = Run(
        folder=work / "transformer",
        device=device,
        steps=recipe.transformer_steps,
        minutes=left(until),
        compiles=compiles,
    )
    training = train_transformer(parts, latents, prompts, run, batch=recipe.transformer_batch)
    parts.load_state_dict(training.averaged())
    decoder = _train_decoder(autoencoder, pool, recipe, work, device=device, until=until)
    save_in_half_precision(
        video_parts.build_pipeline(autoencoder, tokenizer, text_encoder, transformer).to("cpu"), shipped
    )
    return training.step >= recipe.transformer_steps and decoder.step >= recipe.decoder_steps


def _train_autoencoder(
    autoencoder: AutoencoderKLWan,
    pool: NDArray[np.uint8],
    recipe: Recipe,
    work: Path,
    *,
    device: str,
    until: float,
    compiles: bool,
) -> bool:
    """As far as there is time. Whether it is finished; it has its averaged weights then."""
    run = Run(
        folder=work / "stills", device=device, steps=recipe.still_steps, minutes=left(until), compiles=compiles
    )
    training = train_on_stills(autoencoder, lambda chance: draw_stills(pool, recipe.still_batch, chance), run)
    if training.step < recipe.still_steps:
        return False
    autoencoder.load_state_dict(training.averaged())
    begin_with_stills(autoencoder)
    run = Run(folder=work / "clips", device=device, steps=recipe.clip_steps, minutes=left(until))
    training = train_on_clips(autoencoder, lambda chance: draw_clips(pool, recipe.clip_batch, chance), run)
    autoencoder.load_state_dict(training.averaged())
    return training.step >= recipe.clip_steps


def _train_decoder(
    autoencoder: AutoencoderKLWan,
    pool: NDArray[np.uint8],
    recipe: Recipe,
    work: Path,
    *,
    device: str,
    until: float,
) -> Training:
    """As far as there is time; it has its averaged weights then."""
    latents = torch.from_numpy(np.load(work / "latents.npy"))

    def draw(chance: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        chosen = torch.randint(len(pool), (recipe.clip_batch,), generator=chance, device=chance.device).tolist()
        found = latents[chosen].float()
        noise = torch.randn(found.shape, generator=chance, device=chance.device).to(found.device)
        return found + DENOISER_ERROR * found.std() * noise, _to_video_tensor(pool[chosen])

    run = Run(folder=work / "decoder", device=device, steps=recipe.decoder_steps, minutes=left(until))
    training = train_decoder(autoencoder, draw, run)
    training.module.load_state_dict(training.averaged())
    return training


def draw_stills(pool: NDArray[np.uint8], count: int, chance: torch.Generator) -> torch.Tensor:
    """Single frames of so many clips, [count, 3, 1, side, side]."""
    clips, frames = (
        torch.randint(most, (count,), generator=chance, device=chance.device).tolist() for most in pool.shape[:2]
    )
    return to_tensor(pool[clips, frames]).unsqueeze(2)


def draw_clips(pool: NDArray[np.uint8], count: int, chance: torch.Generator) -> torch.Tensor:
    """So many clips, [count, 3, frames, side, side]."""
    chosen = torch.randint(len(pool), (count,), generator=chance, device=chance.device).tolist()
    return _to_video_tensor(pool[chosen])


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
            with autocast(device):
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
