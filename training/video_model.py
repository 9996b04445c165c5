"""`safelight-video`, from nothing to a folder. Each step goes on where it was interrupted."""

import math
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan
from numpy.typing import NDArray
from torch import nn

from training import video_parts
from training.autoencoder import to_tensor, train_autoencoder
from training.loop import Run
from training.pool import load_pool, paint_clip
from training.shipping import save_in_half_precision
from training.tokens import build_t5_tokenizer
from training.video_transformer import train_transformer

CLIPS = 12_000
AUTOENCODER_BATCH = 8
AUTOENCODER_FRAMES = 9
AUTOENCODER_STEPS = 4_000
TRANSFORMER_STEPS = 12_000
ENCODE_BATCH = 20
SEED = 0


def make_video_model(work: Path, shipped: Path, *, device: str, minutes: float = math.inf) -> bool:
    """Do as much as there is time for. Whether the model is finished and lies in `shipped`."""
    until = time.monotonic() + 60 * minutes
    torch.manual_seed(SEED)
    pool = load_pool(work / "clips.npy", CLIPS, paint_clip)
    autoencoder = video_parts.build_autoencoder()
    run = Run(folder=work / "autoencoder", device=device, steps=AUTOENCODER_STEPS, minutes=_left(until))
    training = train_autoencoder(autoencoder, lambda chance: draw_pieces(pool, chance), run)
    if training.step < AUTOENCODER_STEPS:
        return False
    autoencoder.load_state_dict(training.averaged())
    latents = _encode(autoencoder, pool, work / "latents.npy", device)
    spread = latents[:1_000].astype("float32").std((0, 2, 3, 4)).round(4)
    autoencoder.register_to_config(latents_std=spread.tolist())

    tokenizer = build_t5_tokenizer()
    text_encoder, transformer = video_parts.build_text_encoder(tokenizer), video_parts.build_transformer()
    parts = nn.ModuleDict({"text_encoder": text_encoder, "transformer": transformer})
    run = Run(folder=work / "transformer", device=device, steps=TRANSFORMER_STEPS, minutes=_left(until))
    scaled = (latents / spread[:, None, None, None]).astype("float16")
    training = train_transformer(parts, tokenizer, scaled, run)
    parts.load_state_dict(training.averaged())
    pipeline = video_parts.build_pipeline(autoencoder, tokenizer, text_encoder, transformer)
    save_in_half_precision(pipeline, shipped)
    return training.step >= TRANSFORMER_STEPS


def draw_pieces(pool: NDArray[np.uint8], chance: torch.Generator) -> torch.Tensor:
    """A batch for the autoencoder: some consecutive frames of some clips."""
    chosen = torch.randint(len(pool), (AUTOENCODER_BATCH,), generator=chance).tolist()
    last = pool.shape[1] - AUTOENCODER_FRAMES
    firsts = torch.randint(last + 1, (AUTOENCODER_BATCH,), generator=chance).tolist()
    pieces = [pool[clip, first : first + AUTOENCODER_FRAMES] for clip, first in zip(chosen, firsts, strict=True)]
    return _to_video_tensor(np.stack(pieces))


@torch.inference_mode()
def _encode(
    autoencoder: AutoencoderKLWan, pool: NDArray[np.uint8], path: Path, device: str
) -> NDArray[np.float16]:
    """The latents of all clips; computed if they are not there yet."""
    autoencoder.train(mode=False)
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


def _left(until: float) -> float:
    return max(0.0, (until - time.monotonic()) / 60)
