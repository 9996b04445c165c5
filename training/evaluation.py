"""How often a pipeline does what its prompt says, on combinations that it was never trained on."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import numpy as np
import torch
from numpy.typing import NDArray

from training.captions import plain_caption
from training.measure import judge
from training.measure_motion import judge_video
from training.motion import Clip, Motion, Nightfall, draw_video, paint_video
from training.painting import paint
from training.video_captions import plain_video_caption
from training.world import Pair, Scene, Several, Single, Subject, draw_picture

KINDS = ("single", "several", "pair")
NIGHTFALL = "day to night"
SEED = 2_026

Wanted = Single | Several | Pair | Clip | Nightfall
Pixels = NDArray[np.uint8]
"""[side, side, 3] of a picture, [frames, side, side, 3] of a video."""
Painter = Callable[[Sequence[str], Sequence[int]], list[Pixels]]
"""Prompts and seeds to pictures or videos."""
Table = dict[str, dict[str, float]]
"""For each kind of picture, or each motion, and each quality, how many per cent were right."""


def held_out_pictures(count: int) -> list[Wanted]:
    """So many of each kind, of combinations that training never saw."""
    chance = random.Random(SEED)  # noqa: S311 - pictures, not secrets
    drawn = [draw_picture(chance, kind=kind, held_out=True) for kind in KINDS for _ in range(count)]
    return [picture for picture in drawn if not isinstance(picture, Scene)]


def held_out_videos(count: int) -> list[Wanted]:
    """So many of each motion, of combinations that training never saw, and of nights that fall."""
    chance = random.Random(SEED)  # noqa: S311 - pictures, not secrets
    wanted: list[Wanted] = []
    for motion in Motion:
        drawn = [draw_video(chance, held_out=True) for _ in range(count)]
        wanted += [replace(clip, motion=motion) for clip in drawn if isinstance(clip, Clip)]
    subjects = [Subject.SEA, Subject.HILLS, Subject.MOUNTAINS]
    return wanted + [Nightfall(subject=chance.choice(subjects), seed=chance.getrandbits(32)) for _ in range(count)]


def held_out(media: str, count: int) -> list[Wanted]:
    """What an `image` or a `video` model is asked for."""
    return held_out_pictures(count) if media == "image" else held_out_videos(count)


def measure_truth(media: str, count: int) -> Table:
    """The measure's own error: what it says of painted pictures, where everything is right."""
    wanted = held_out(media, count)
    return tabulate(wanted, [truth_of(one) for one in wanted])


def prompt_of(wanted: Wanted) -> str:
    """The plainest one."""
    return plain_video_caption(wanted) if isinstance(wanted, Clip | Nightfall) else plain_caption(wanted)


def truth_of(wanted: Wanted, side: int = 64) -> Pixels:
    """Painted, not generated: everything is right."""
    return paint_video(wanted, side) if isinstance(wanted, Clip | Nightfall) else paint(wanted, side)


def tabulate(wanted: Sequence[Wanted], made: Sequence[Pixels]) -> Table:
    """Per kind, how many per cent of what the prompt says is there."""
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for one, pixels in zip(wanted, made, strict=True):
        verdict = judge_video(pixels, one) if isinstance(one, Clip | Nightfall) else judge(pixels, one)
        for quality, is_right in asdict(verdict).items():
            if is_right is not None:
                right[_row(one)][quality].append(is_right)
    return {
        row: {quality: round(100 * sum(all_) / len(all_), 1) for quality, all_ in qualities.items()}
        for row, qualities in right.items()
    }


def painter_of(pipeline: object, *, steps: int, guidance_scale: float, batch: int = 20) -> Painter:
    """A diffusers pipeline as a painter."""

    def paint_all(prompts: Sequence[str], seeds: Sequence[int]) -> list[Pixels]:
        made: list[Pixels] = []
        for first in range(0, len(prompts), batch):
            generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds[first : first + batch]]
            asked = {} if hasattr(pipeline, "unet") else {"width": 64, "height": 64, "num_frames": 17}
            output = pipeline(  # type: ignore[operator]
                prompt=list(prompts[first : first + batch]),
                num_inference_steps=steps,
                guidance_scale=guidance_scale,
                generator=generators,
                output_type="np",
                **asked,
            )
            found = output.images if hasattr(output, "images") else output.frames
            made += [(pixels * 255 + 0.5).astype(np.uint8) for pixels in found]
            print(f"made {len(made)} of {len(prompts)}", flush=True)
        return made

    return paint_all


def _row(wanted: Wanted) -> str:
    match wanted:
        case Clip():
            return wanted.motion.value
        case Nightfall():
            return NIGHTFALL
        case _:
            return type(wanted).__name__.lower()
