"""Encoding beside what is usual: PNG beside Pillow's, and an MP4 after its last frame beside one made all at once.

Ratios only: both sides are timed one after the other, again and again, and the median of the ratios is taken, so
that a busy machine slows both. What is encoded is made here: smooth shapes that move, under the grain of a camera.
"""

import io
import os
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from benchmarks.row import Row
from contracts.paths import GenerationPath, MediaType
from worker.files import Encoder, Provenance, encoder
from worker.gpu_turn import Pictures

COMMAND = "python -m benchmarks.encoding"
TIMES = 5
GRAIN = 2.0  # standard deviation, of 255
ODDS = 1.5  # how much longer the GPU takes for a frame than we do: it is the slower of the two
PROVENANCE = Provenance(model="none", revision="none", seed=1)


def scene(height: int, width: int, *, phase: float = 0.0) -> Pictures:
    """One picture like a photo: (height, width, 3)."""
    x, y = np.linspace(0, 9, width), np.linspace(0, 7, height)[:, None]
    colours = [
        np.sin(x + phase + shift) * np.cos(y - shift) + np.sin(x * y / 9 + phase - shift) for shift in (0, 1, 2)
    ]
    grain = np.random.default_rng(int(phase * 1000)).normal(0, GRAIN, (height, width, 3))
    picture: Pictures = np.clip(128 + 60 * np.stack(colours, axis=-1) + grain, 0, 255).astype(np.uint8)
    return picture


def clip(frames: int, height: int, width: int) -> Pictures:
    """A video of it: (frames, height, width, 3)."""
    return np.stack([scene(height, width, phase=index / 20) for index in range(frames)])


def measure() -> list[Row]:
    """All rows. It takes a minute of two cores' work, and waits in between as for a GPU."""
    film = clip(81, 480, 832)
    return [
        *measure_png(scene(1024, 1024)),
        measure_tail("81 frames of 832x480, one by one", film, piece=1),
        measure_tail("81 frames of 832x480, four by four as Wan decodes them", film, piece=4),
        measure_tail("17 frames of 64x64, one by one", clip(17, 64, 64), piece=1),
    ]


def measure_png(picture: Pictures) -> list[Row]:
    """Time and size of one PNG. Nobody knows how fast or how small one could be, so neither has a limit."""
    pairs = [(_timed(lambda: _by_pillow(picture)), _timed(lambda: _by_us(picture))) for _ in range(TIMES)]
    faster = statistics.median(usual[0] / ours[0] for usual, ours in pairs)
    larger = len(pairs[0][1][1]) / len(pairs[0][0][1])
    return [
        Row(
            what="PNG of 1024x1024: how many times faster than Pillow's default",
            ours=f"{faster:.1f}",
            naive="1.0",
            limit="-",
            target="at least 6",
            met=faster >= 6,
            command=COMMAND,
        ),
        Row(
            what="PNG of 1024x1024: its size, Pillow's default being 1",
            ours=f"{larger:.2f}",
            naive="1.00",
            limit="-",
            target="at most 1.2",
            met=larger <= 1.2,
            command=COMMAND,
        ),
    ]


def measure_tail(what: str, frames: Pictures, *, piece: int) -> Row:
    """What is left to do once the last piece has come, against all of it at once; the same files are made."""
    ratios = []
    for _ in range(TIMES):
        all_at_once, _files = _timed(lambda: _film(frames))
        ratios.append(_tail(frames, piece, pause=ODDS * piece * all_at_once / len(frames)) / all_at_once)
    tail = statistics.median(ratios)
    return Row(
        what=f"MP4, {what}: time after the last one, encoding all at once being 1",
        ours=f"{tail:.3f}",
        naive="1.000",
        limit=f"{piece / len(frames):.3f}",  # the last piece itself
        target="at most 0.1",
        met=tail <= 0.1,
        command=COMMAND,
    )


def _by_pillow(picture: Pictures) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def _by_us(picture: Pictures) -> bytes:
    path = GenerationPath(user_id="u", media_type=MediaType.IMAGES, file_uid="f")
    with encoder(path, {}, PROVENANCE) as making:
        making.add(picture[np.newaxis])
        return making.finish()[0].content


def _filming() -> Encoder:
    path = GenerationPath(user_id="u", media_type=MediaType.VIDEOS, file_uid="f")
    return encoder(path, {"fps": 16}, PROVENANCE)


def _film(frames: Pictures) -> bytes:
    with _filming() as making:
        making.add(frames)
        return making.finish()[0].content


def _tail(frames: Pictures, piece: int, *, pause: float) -> float:
    """Seconds from the last piece to the files. The first piece has what is left over, as Wan's has."""
    first = (len(frames) - 1) % piece + 1
    with _filming() as making:
        making.add(frames[:first])
        for start in range(first, len(frames), piece):
            time.sleep(pause)
            arrived = time.perf_counter()
            making.add(frames[start : start + piece])
        making.finish()
        return time.perf_counter() - arrived


def _timed(work: Callable[[], bytes]) -> tuple[float, bytes]:
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


def main() -> None:
    """Measure, and print a table."""
    for row in measure():
        print(f"{row.what}: {row.ours} (usual {row.naive}, limit {row.limit}, wanted {row.target})", flush=True)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
