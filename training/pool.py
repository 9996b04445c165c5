"""The pictures that training draws from: painted once, kept in a file that is mapped into memory.

Picture i comes from its own seed, so that the pool is the same on every machine, however many processes paint it.
"""

import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.painting import paint
from training.world import Picture, draw_picture

CHUNK = 1_000


def picture(index: int) -> Picture:
    """The description of picture `index`."""
    return draw_picture(random.Random(index))  # noqa: S311 - pictures, not secrets


def load_pool(path: Path, count: int, side: int) -> NDArray[np.uint8]:
    """The pixels of the first `count` pictures, [count, side, side, 3]; painted if they are not there yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        pool = np.lib.format.open_memmap(fresh, "w+", np.uint8, (count, side, side, 3))
        firsts = range(0, count, CHUNK)
        with ProcessPoolExecutor() as processes:
            for first, pixels in zip(
                firsts, processes.map(_paint_chunk, firsts, [side] * len(firsts)), strict=True
            ):
                pool[first : first + CHUNK] = pixels[: count - first]
                print(f"painted {min(first + CHUNK, count)} of {count} pictures", flush=True)
        pool.flush()
        fresh.rename(path)
    loaded: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return loaded


def _paint_chunk(first: int, side: int) -> NDArray[np.uint8]:
    return np.stack([paint(picture(index), side) for index in range(first, first + CHUNK)])
