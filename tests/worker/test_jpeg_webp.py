import json
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from PIL.ExifTags import IFD, Base

from tests.worker.pictures import BLUE, GREEN, RED, Array, by_ffmpeg, by_pillow, difference, halves, hills, noise
from worker.jpeg_webp import encode_jpeg, encode_thumbnail, encode_webp

Encode = Callable[[Array, Mapping[str, str]], bytes]
TEXT = {"Software": "Safelight", "Model": "Ätzend", "Seed": "5"}


@pytest.mark.parametrize(("encode", "kind"), [(encode_jpeg, "JPEG"), (encode_webp, "WEBP")])
@pytest.mark.parametrize(
    ("picture", "far"),
    [(halves(RED, BLUE, 32, 64), 2), (halves(GREEN, RED, 65, 31), 8), (hills(80, 60), 2), (noise(1, 1), 30)],
    ids=["red and blue", "green and red", "hills", "one pixel"],
)
def test_a_picture_is_close_to_what_it_was_made_from(
    encode: Encode, kind: str, picture: Array, far: float
) -> None:
    content = encode(picture, TEXT)

    read = by_pillow(content)
    assert (read.format, read.mode, read.size) == (kind, "RGB", (picture.shape[1], picture.shape[0]))
    assert difference(read, picture) < far
    assert difference(by_ffmpeg(content), picture) < far + 2


def test_a_jpeg_keeps_the_colour_of_every_pixel() -> None:
    """Stripes of one pixel, which a colour for each 2x2 would mix."""
    stripes = np.empty((64, 64, 3), np.uint8)
    stripes[:, ::2], stripes[:, 1::2] = (200, 60, 60), (60, 60, 200)

    assert difference(by_pillow(encode_jpeg(stripes, TEXT)), stripes) < 5


@pytest.mark.parametrize("encode", [encode_jpeg, encode_webp, encode_thumbnail])
def test_the_text_is_where_exif_has_it(encode: Encode) -> None:
    exif = by_pillow(encode(noise(16, 16), TEXT)).getexif()

    comment = exif.get_ifd(IFD.Exif)[Base.UserComment]
    assert exif[Base.Software] == "Safelight"
    assert comment.startswith(b"ASCII\0\0\0")
    assert json.loads(comment[8:]) == {"Model": "Ätzend", "Seed": "5"}


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (480, 832, (256, 148)),
        (832, 480, (148, 256)),
        (64, 64, (64, 64)),
        (256, 256, (256, 256)),
        (2, 2, (2, 2)),
        (2, 2048, (256, 1)),
    ],
)
def test_a_thumbnail_has_at_most_256_pixels_a_side(height: int, width: int, size: tuple[int, int]) -> None:
    read = by_pillow(encode_thumbnail(hills(height, width), TEXT))

    assert (read.format, read.size) == ("WEBP", size)


def test_a_thumbnail_shows_the_same() -> None:
    read = by_pillow(encode_thumbnail(halves(RED, BLUE, 512, 1024), TEXT))

    assert difference(read, halves(RED, BLUE, 128, 256)) < 5
