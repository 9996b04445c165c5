"""The files can be opened by others, and hold what was painted."""

import hashlib
import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from contracts.stored_object import File
from tests.worker.cloud_places import IMAGE_PATH, VIDEO_PATH
from worker.files import encode, encode_jpeg, encode_mp4, encode_png

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def halves(left: tuple[int, int, int], right: tuple[int, int, int], size: tuple[int, int]) -> Image.Image:
    """A picture whose halves differ, so that neither a flip nor swapped channels go unnoticed."""
    picture = Image.new("RGB", size, left)
    picture.paste(right, (size[0] // 2, 0, *size))
    return picture


def noise(size: tuple[int, int]) -> Image.Image:
    """What random weights paint."""
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def opened(file: File) -> Image.Image:
    """The picture in a file."""
    return Image.open(io.BytesIO(file.content))


def decoded(content: bytes) -> tuple[Any, list[Image.Image]]:
    """What a player knows of a video, and its frames."""
    with av.open(io.BytesIO(content), mode="r") as container:
        stream = container.streams.video[0]
        facts = {
            "codec": stream.codec_context.name,
            "pixels": stream.codec_context.pix_fmt,
            "rate": stream.average_rate,
            "frames": stream.frames,
            "size": (stream.width, stream.height),
            "seconds": float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None,
            "metadata": container.metadata,
        }
        return facts, [frame.to_image() for frame in container.decode(stream)]  # type: ignore[no-untyped-call]


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far apart two pictures are, from 0 to 255 for each value."""
    return float(np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).mean())


@pytest.mark.parametrize("size", [(64, 64), (72, 200), (1, 1)], ids=["square", "high", "one pixel"])
def test_a_png_holds_every_pixel_as_it_was(size: tuple[int, int]) -> None:
    picture = noise(size)

    read = Image.open(io.BytesIO(encode_png(picture)))

    assert (read.format, read.size, read.mode) == ("PNG", size, "RGB")
    assert read.tobytes() == picture.tobytes()


def test_a_png_says_nothing_about_the_request() -> None:
    assert Image.open(io.BytesIO(encode_png(noise((8, 8))))).info == {}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_jpeg_is_close_to_what_it_was_made_from(mode: str) -> None:
    picture = halves(RED, BLUE, (64, 32)).convert(mode)

    read = Image.open(io.BytesIO(encode_jpeg(picture)))

    assert (read.format, read.size, read.mode) == ("JPEG", (64, 32), "RGB")
    assert difference(read, picture.convert("RGB")) < 5
    assert "comment" not in read.info
    assert "exif" not in read.info


@pytest.mark.parametrize("fps", [1, 8, 30])
@pytest.mark.parametrize("frames", [1, 5, 33])
def test_an_mp4_has_every_frame_at_its_rate(frames: int, fps: int) -> None:
    facts, read = decoded(encode_mp4([noise((64, 64)) for _ in range(frames)], fps))

    assert facts["codec"] == "h264"
    assert facts["pixels"] == "yuv420p"
    assert facts["rate"] == Fraction(fps)
    assert facts["frames"] == frames == len(read)
    assert facts["seconds"] == pytest.approx(frames / fps, abs=0.002)


def test_an_mp4_keeps_the_order_the_sides_and_the_colours_of_its_frames() -> None:
    frames = [halves(RED, BLUE, (80, 64)), halves(BLUE, GREEN, (80, 64)), halves(GREEN, RED, (80, 64))]

    facts, read = decoded(encode_mp4(frames, 8))

    assert facts["size"] == (80, 64)
    assert all(difference(one, other) < 10 for one, other in zip(read, frames, strict=True))


def test_an_mp4_can_be_played_before_all_of_it_is_there() -> None:
    content = encode_mp4([noise((64, 64)) for _ in range(5)], 8)

    assert content.index(b"ftyp") < content.index(b"moov") < content.index(b"mdat")


def test_an_mp4_says_nothing_about_the_request() -> None:
    facts, _ = decoded(encode_mp4([noise((64, 64))], 8))

    assert facts["metadata"].keys() <= {"major_brand", "minor_version", "compatible_brands", "encoder"}


def test_one_image_becomes_one_file_without_a_number() -> None:
    picture = noise((64, 64))

    (file,) = encode(IMAGE_PATH, [picture], {})

    assert (file.name, file.content_type) == ("generating/u1/image/f1.png", "image/png")
    assert file.sha256 == hashlib.sha256(file.content).hexdigest()
    assert opened(file).tobytes() == picture.tobytes()


def test_several_images_become_numbered_files_in_order() -> None:
    pictures = [Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (1, 2, 3)]

    files = encode(IMAGE_PATH, pictures, {})

    assert [file.name for file in files] == [f"generating/u1/image/f1_{index}.png" for index in range(3)]
    assert [opened(file).getpixel((0, 0)) for file in files] == [(1, 0, 0), (2, 0, 0), (3, 0, 0)]


def test_a_video_becomes_an_mp4_and_the_first_frame_as_its_poster() -> None:
    frames = [halves(RED, BLUE, (64, 64)), halves(GREEN, GREEN, (64, 64))]

    video, poster = encode(VIDEO_PATH, frames, {"fps": 8})

    assert (video.name, video.content_type) == ("generating/u1/video/f1.mp4", "video/mp4")
    assert (poster.name, poster.content_type) == ("generating/u1/video/f1.jpg", "image/jpeg")
    assert len(decoded(video.content)[1]) == 2
    assert opened(poster).format == "JPEG"
    assert difference(opened(poster), frames[0]) < 5
    assert [file.sha256 for file in (video, poster)] == [
        hashlib.sha256(file.content).hexdigest() for file in (video, poster)
    ]
