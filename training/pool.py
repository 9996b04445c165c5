"""What training draws from: painted once, kept in a file that is mapped into memory.

Number i comes from its own seed, so that a pool is the same on every machine, however many processes paint it.
"""

import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.motion import Video, draw_video, paint_video
from training.painting import paint
from training.world import Picture, draw_picture

CHUNK = 200

Paint = Callable[[int], NDArray[np.uint8]]
"""From a number to pixels of always the same shape. A function of a module: other processes have to find it."""


def picture(index: int) -> Picture:
    """The description of picture `index`."""
    return draw_picture(random.Random(index))  # noqa: S311 - pictures, not secrets


def paint_picture(index: int) -> NDArray[np.uint8]:
    """Picture `index`, [64, 64, 3]."""
    return paint(picture(index))


def video(index: int) -> Video:
    """The description of video `index`."""
    return draw_video(random.Random(index))  # noqa: S311 - pictures, not secrets


def paint_clip(index: int) -> NDArray[np.uint8]:
    """Video `index`, [17, 64, 64, 3]."""
    return paint_video(video(index))


def load_pool(path: Path, count: int, paint_one: Paint) -> NDArray[np.uint8]:
    """The pixels of the first `count`, [count, ...]; painted if they are not there yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        pool = np.lib.format.open_memmap(fresh, "w+", np.uint8, (count, *paint_one(0).shape))
        firsts = range(0, count, CHUNK)
        with ProcessPoolExecutor() as processes:
            painted = processes.map(_paint_chunk, firsts, [count] * len(firsts), [paint_one] * len(firsts))
            for first, pixels in zip(firsts, painted, strict=True):
                pool[first : first + CHUNK] = pixels
                if first % (50 * CHUNK) == 0:
                    print(f"painted {first + len(pixels)} of {count}", flush=True)
        pool.flush()
        fresh.rename(path)
    loaded: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return loaded


def _paint_chunk(first: int, count: int, paint_one: Paint) -> NDArray[np.uint8]:
    return np.stack([paint_one(index) for index in range(first, min(first + CHUNK, count))])
