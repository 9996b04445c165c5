"""The files of a generation, from pictures that come piece by piece."""

import hashlib
import json
import os
import tempfile
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from PIL.ExifTags import IFD, Base

from contracts.paths import GenerationPath
from contracts.stored_object import File
from tests.worker.cloud_places import IMAGE_PATH, VIDEO_PATH
from tests.worker.pictures import Array, by_pillow, difference, noise, played
from worker.files import Provenance, encoder

CANARY = "canary-3f9c"
PROVENANCE = Provenance(model="safelight-image", revision="r-5", seed=41)


def made(
    path: GenerationPath, *pieces: Array, fps: int = 8, num_images: int = 1, output_format: str | None = None
) -> list[File]:
    """The files of a request whose pictures come in these pieces."""
    asked = {"output_format": output_format} if output_format else {}
    if path is VIDEO_PATH:
        request = {"prompt": CANARY, "negative_prompt": CANARY, "fps": fps, **asked}
    else:
        request = {"prompt": CANARY, "negative_prompt": CANARY, "num_images": num_images, **asked}
    with encoder(path, request, PROVENANCE) as making:
        for piece in pieces:
            making.add(piece)
        return making.finish()


def said_by(file: File) -> dict[str, str]:
    """Its provenance, wherever its kind of file has it."""
    if file.content_type == "video/mp4":
        return {key: value for key, value in played(file.content)[0]["metadata"].items() if key[0].isupper()}
    image = by_pillow(file.content)
    if file.content_type == "image/png":
        return {str(key): value for key, value in image.info.items()}
    exif = image.getexif()
    return {"Software": exif[Base.Software], **json.loads(exif.get_ifd(IFD.Exif)[Base.UserComment][8:])}


def test_one_image_becomes_one_file_without_a_number() -> None:
    picture = noise(1, 64, 80)

    (file,) = made(IMAGE_PATH, picture)

    assert (file.name, file.content_type) == ("generating/u1/image/f1.png", "image/png")
    assert file.sha256 == hashlib.sha256(file.content).hexdigest()
    assert np.array_equal(np.asarray(by_pillow(file.content)), picture[0])


@pytest.mark.parametrize(
    ("output_format", "extension", "content_type", "kind"),
    [
        ("png", "png", "image/png", "PNG"),
        ("jpeg", "jpg", "image/jpeg", "JPEG"),
        ("webp", "webp", "image/webp", "WEBP"),
    ],
)
def test_images_are_of_the_format_that_was_asked_for(
    output_format: str, extension: str, content_type: str, kind: str
) -> None:
    files = made(IMAGE_PATH, noise(2, 32, 48), num_images=2, output_format=output_format)

    assert [file.name for file in files] == [f"generating/u1/image/f1_{index}.{extension}" for index in range(2)]
    assert {file.content_type for file in files} == {content_type}
    assert {by_pillow(file.content).format for file in files} == {kind}
    assert {by_pillow(file.content).size for file in files} == {(48, 32)}


@pytest.mark.parametrize("pieces", [[8], [1] * 8, [3, 0, 5], [1, 6, 1]], ids=str)
def test_images_keep_their_order_however_they_come(pieces: list[int]) -> None:
    pictures = noise(8, 30, 40)

    files = made(IMAGE_PATH, *np.split(pictures, np.cumsum(pieces)[:-1]), num_images=8)

    assert [file.name for file in files] == [f"generating/u1/image/f1_{index}.png" for index in range(8)]
    for file, picture in zip(files, pictures, strict=True):
        assert np.array_equal(np.asarray(by_pillow(file.content)), picture)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fewer_or_more_images_than_were_asked_for_are_an_error(count: int) -> None:
    with pytest.raises(ValueError, match=r"zip\(\)"):
        made(IMAGE_PATH, noise(count, 8, 8), num_images=2)


def test_a_video_becomes_an_mp4_a_poster_and_a_thumbnail() -> None:
    frames = np.repeat(noise(2, 60, 75), 4, axis=2)  # wide enough for a thumbnail to be smaller

    video, poster, thumbnail = made(VIDEO_PATH, frames)

    assert (video.name, video.content_type) == ("generating/u1/video/f1.mp4", "video/mp4")
    assert (poster.name, poster.content_type) == ("generating/u1/video/f1.jpg", "image/jpeg")
    assert (thumbnail.name, thumbnail.content_type) == ("generating/u1/video/f1.webp", "image/webp")
    assert len(played(video.content)[1]) == 2
    assert difference(by_pillow(poster.content), frames[0]) < 5
    assert by_pillow(thumbnail.content).size == (256, 51)
    assert [file.sha256 for file in (video, poster, thumbnail)] == [
        hashlib.sha256(file.content).hexdigest() for file in (video, poster, thumbnail)
    ]


@pytest.mark.parametrize("pieces", [[17], [1] * 17, [1, 4, 4, 4, 4], [0, 9, 8]], ids=str)
def test_a_video_is_the_same_however_its_frames_come(pieces: list[int]) -> None:
    frames = noise(17, 64, 64)

    in_pieces = made(VIDEO_PATH, *np.split(frames, np.cumsum(pieces)[:-1]))

    assert [file.sha256 for file in in_pieces] == [file.sha256 for file in made(VIDEO_PATH, frames)]


@pytest.mark.parametrize(
    ("height", "width", "size"), [(64, 64, (64, 64)), (1, 1, (2, 2)), (65, 64, (64, 66)), (33, 47, (48, 34))]
)
def test_an_odd_edge_of_a_video_is_repeated_and_nothing_is_lost(
    height: int, width: int, size: tuple[int, int]
) -> None:
    frames = noise(3, height, width)
    with encoder(VIDEO_PATH, {"fps": 8}, PROVENANCE) as making:
        making.add(frames)
        video, poster, _ = making.finish()

    assert (
        played(video.content)[0]["size"] == by_pillow(poster.content).size == (making.width, making.height) == size
    )
    shown = np.asarray(by_pillow(poster.content)).astype(int)
    assert difference(shown[:height, :width].astype(np.uint8), frames[0]) < 12
    assert difference(shown[-1, :width].astype(np.uint8), frames[0][-1]) < 40


def test_a_video_without_a_frame_is_an_error() -> None:
    for pieces in ([], [noise(0, 64, 64)]):
        with pytest.raises(ValueError, match=r"^a video has at least one frame$"):
            made(VIDEO_PATH, *pieces)


def test_an_encoder_says_what_it_has_been_given() -> None:
    with encoder(IMAGE_PATH, {"num_images": 3}, PROVENANCE) as making:
        assert (making.width, making.height, making.count) == (0, 0, 0)
        making.add(noise(1, 30, 40))
        making.add(noise(2, 30, 40))

        assert (making.width, making.height, making.count) == (40, 30, 3)


@pytest.mark.parametrize("path", [IMAGE_PATH, VIDEO_PATH], ids=["image", "video"])
@pytest.mark.parametrize(
    "wrong",
    [noise(8, 8), noise(1, 8, 8)[..., :1], noise(1, 8, 8).astype(np.float32), noise(1, 1, 8, 8)],
    ids=["one picture", "one channel", "floats", "five dimensions"],
)
def test_what_is_no_array_of_pictures_is_refused_at_once(path: GenerationPath, wrong: Array) -> None:
    with encoder(path, {"fps": 8}, PROVENANCE) as making, pytest.raises(ValueError, match=r"^pictures are uint8"):
        making.add(wrong)


@pytest.mark.parametrize("path", [IMAGE_PATH, VIDEO_PATH], ids=["image", "video"])
def test_pictures_of_another_size_are_refused(path: GenerationPath) -> None:
    with encoder(path, {"fps": 8, "num_images": 2}, PROVENANCE) as making:
        making.add(noise(1, 8, 8))
        with pytest.raises(ValueError, match="one shape"):
            making.add(noise(1, 8, 16))


@pytest.mark.parametrize("path", [IMAGE_PATH, VIDEO_PATH], ids=["image", "video"])
def test_an_array_can_be_used_again_once_it_was_added(path: GenerationPath) -> None:
    """As a buffer is that a GPU copies each piece into."""
    pieces, buffer = noise(4, 1, 64, 64), np.empty((1, 64, 64, 3), np.uint8)

    with encoder(path, {"fps": 8, "num_images": 4}, PROVENANCE) as making:
        for piece in pieces:
            buffer[:] = piece
            making.add(buffer)
        buffer[:] = 0
        files = making.finish()

    assert [file.sha256 for file in files] == [file.sha256 for file in made(path, *pieces, num_images=4)]


def test_generations_that_are_made_side_by_side_do_not_mix() -> None:
    one, other = noise(5, 64, 64, seed=1), noise(5, 64, 64, seed=2)
    with (
        encoder(VIDEO_PATH, {"fps": 8}, PROVENANCE) as first,
        encoder(VIDEO_PATH, {"fps": 8}, PROVENANCE) as second,
        encoder(IMAGE_PATH, {"num_images": 5}, PROVENANCE) as third,
    ):
        for index in range(5):
            first.add(one[index : index + 1])
            second.add(other[index : index + 1])
            third.add(one[index : index + 1])

        assert second.finish() == made(VIDEO_PATH, other)
        assert third.finish() == made(IMAGE_PATH, one, num_images=5)
        assert first.finish() == made(VIDEO_PATH, one)


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_each_image_says_how_it_was_made(output_format: str) -> None:
    files = made(IMAGE_PATH, noise(1, 16, 16), noise(2, 16, 16), num_images=3, output_format=output_format)

    assert [said_by(file) for file in files] == [
        {"Software": "Safelight", "Model": "safelight-image", "Revision": "r-5", "Seed": seed}
        for seed in ("41", "42", "43")
    ]


def test_each_file_of_a_video_says_how_it_was_made() -> None:
    for file in made(VIDEO_PATH, noise(3, 16, 16)):
        assert said_by(file) == {
            "Software": "Safelight", "Model": "safelight-image", "Revision": "r-5", "Seed": "41",
        }  # fmt: skip


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp", "mp4"])
def test_no_file_holds_the_prompt(output_format: str) -> None:
    path = VIDEO_PATH if output_format == "mp4" else IMAGE_PATH

    for file in made(path, noise(1, 16, 16), output_format=output_format):
        assert CANARY.encode() not in file.content
        assert "Software" in said_by(file)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where every file would lie that an encoder leaves."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("frames", [0, 1, 30])
@pytest.mark.parametrize("path", [IMAGE_PATH, VIDEO_PATH], ids=["image", "video"])
def test_what_is_left_undone_leaves_nothing(path: GenerationPath, frames: int, empty: Path) -> None:
    before = threading.active_count()

    with encoder(path, {"fps": 8, "num_images": 30}, PROVENANCE) as making:
        making.add(noise(frames, 64, 64))

    assert os.listdir(empty) == []  # noqa: PTH208 - as plain as it gets
    assert threading.active_count() == before


def test_what_went_wrong_is_raised_when_the_files_are_asked_for(empty: Path) -> None:
    with encoder(VIDEO_PATH, {"fps": 8}, PROVENANCE) as making:
        making.add(noise(1, 2, 20_000))  # wider than H.264 goes
        with pytest.raises(av.FFmpegError):
            making.finish()

    assert os.listdir(empty) == []  # noqa: PTH208
