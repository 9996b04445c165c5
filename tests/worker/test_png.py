"""Every pixel is there, whoever reads it, in a file of a sensible size."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.worker.pictures import Array, by_ffmpeg, by_pillow, hills, noise
from worker.png import MOST_SMALL_PIXELS, ROWS_AT_ONCE, encode_png

ROOT = Path(__file__).parents[2]
NOTHING: dict[str, str] = {}


def flat(height: int, width: int) -> Array:
    return np.full((height, width, 3), (250, 128, 3), np.uint8)


def painted(name: str) -> Array:
    """What the shipped model has painted."""
    with Image.open(ROOT / name) as image:
        return np.asarray(image.convert("RGB"))


def rows_of(content: bytes) -> Array:
    """The filtered rows in a file that is all one IDAT."""
    height = int.from_bytes(content[20:24], "big")
    start = content.index(b"IDAT")
    length = int.from_bytes(content[start - 4 : start], "big")
    unpacked = zlib.decompress(content[start + 4 : start + 4 + length])
    return np.frombuffer(unpacked, np.uint8).reshape(height, -1)


@pytest.mark.parametrize(
    ("height", "width"),
    [
        (64, 64),
        (200, 72),
        (1, 1),
        (1, 99),
        (99, 1),
        (ROWS_AT_ONCE, 7),
        (ROWS_AT_ONCE + 1, 7),
        (257, 256),
        (300, 500),
    ],
)
@pytest.mark.parametrize("kind", [noise, flat, hills], ids=["noise", "flat", "hills"])
def test_every_pixel_is_as_it_was_whoever_reads_it(
    kind: Callable[[int, int], Array], height: int, width: int
) -> None:
    picture = kind(height, width)

    content = encode_png(picture, NOTHING)

    read = by_pillow(content)
    assert (read.format, read.mode, read.size) == ("PNG", "RGB", (width, height))
    assert np.array_equal(np.asarray(read), picture)
    assert np.array_equal(by_ffmpeg(content), picture)


@settings(max_examples=50, deadline=None)
@given(height=st.integers(1, 140), width=st.integers(1, 40), steps=st.integers(1, 255), seed=st.integers(0, 99))
def test_every_pixel_of_any_picture_is_as_it_was(height: int, width: int, steps: int, seed: int) -> None:
    picture = (noise(height, width, seed=seed) // steps * steps).astype(np.uint8)

    assert np.array_equal(np.asarray(by_pillow(encode_png(picture, NOTHING))), picture)


def test_a_picture_that_lies_elsewise_in_memory_is_the_same() -> None:
    turned = noise(40, 70).transpose(1, 0, 2)[::-1, :, ::-1]

    assert np.array_equal(np.asarray(by_pillow(encode_png(turned, NOTHING))), turned)


def test_each_row_gets_the_filter_that_suits_it() -> None:
    """Rows that repeat the last one take up, steady ones sub, and slopes in both directions their average."""
    sideways = np.tile(noise(1, 60), (20, 1, 1))
    downwards = np.repeat(noise(20, 1), 60, axis=1)

    filters = rows_of(encode_png(np.concatenate([sideways, downwards]), NOTHING))[:, 0]

    assert set(filters[1:20]) == {2}
    assert set(filters[20:]) == {1}
    assert set(rows_of(encode_png(hills(400, 400, grain=3), NOTHING))[1:, 0]) == {3}


@pytest.mark.parametrize(
    "picture",
    [
        noise(64, 64), flat(64, 64), hills(64, 64), hills(64, 64, grain=2), painted("docs/images/demo.png"),
        noise(300, 300), flat(1024, 1024), hills(600, 600), hills(600, 600, grain=2),
        painted("models/safelight-image/samples.png"),
    ],
    ids=lambda picture: str(picture.shape),
)  # fmt: skip
def test_it_takes_at_most_a_fifth_more_than_pillows_default(picture: Array) -> None:
    usual = io.BytesIO()
    Image.fromarray(picture).save(usual, "PNG")

    assert len(encode_png(picture, NOTHING)) <= 1.2 * len(usual.getvalue())


def test_both_levels_are_tried_here() -> None:
    assert 64 * 64 <= MOST_SMALL_PIXELS < 300 * 300


def test_its_text_can_be_read_by_others() -> None:
    text = {"Software": "Safelight", "Model": "Ätzend/模型", "Empty": ""}

    assert dict(by_pillow(encode_png(noise(4, 4), text)).info) == text  # iTXt, in UTF-8


def test_without_text_it_says_nothing() -> None:
    assert by_pillow(encode_png(noise(8, 8), NOTHING)).info == {}


def test_the_same_picture_is_the_same_file() -> None:
    assert encode_png(noise(80, 80), {"Seed": "1"}) == encode_png(noise(80, 80), {"Seed": "1"})
