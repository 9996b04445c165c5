"""A player finds every frame where it belongs, before it has the whole file."""

from fractions import Fraction

import av
import numpy as np
import pytest

from tests.worker.pictures import BLUE, GREEN, RED, Array, difference, halves, hills, noise, played
from worker.mp4 import Mp4

BT709, LIMITED = 1, 1


def made(frames: Array | list[Array], fps: int = 8, **tags: str) -> bytes:
    height, width = frames[0].shape[:2]
    mp4 = Mp4(width=width, height=height, fps=fps, tags=tags)
    for frame in frames:
        mp4.add(frame)
    return mp4.finish()


@pytest.mark.parametrize("fps", [1, 8, 30])
@pytest.mark.parametrize("count", [1, 2, 5, 33])
def test_every_frame_is_there_at_its_rate(count: int, fps: int) -> None:
    facts, frames = played(made(noise(count, 64, 64), fps))

    assert (facts["codec"], facts["pixels"]) == ("h264", "yuv420p")
    assert facts["rate"] == Fraction(fps)
    assert facts["frames"] == count == len(frames)
    assert facts["seconds"] == pytest.approx(count / fps, abs=0.002)


def test_frames_keep_their_order_their_sides_and_their_colours() -> None:
    frames = [halves(*sides, 64, 80) for sides in ((RED, BLUE), (BLUE, GREEN), (GREEN, RED)) for _ in range(7)]

    facts, read = played(made(frames))

    assert facts["size"] == (80, 64)
    assert [difference(one, other) < 4 for one, other in zip(read, frames, strict=True)] == [True] * 21


def test_colours_are_named_so_that_no_player_guesses() -> None:
    facts, (frame,) = played(made([halves(RED, GREEN, 64, 64)]))

    assert facts["colours"] == (BT709, BT709, BT709, LIMITED)
    assert np.abs(frame[32, 8].astype(int) - RED).max() <= 3
    assert np.abs(frame[32, 56].astype(int) - GREEN).max() <= 3


@pytest.mark.parametrize("count", [1, 40])
def test_the_index_stands_before_the_frames(count: int) -> None:
    content = made(noise(count, 64, 64))

    assert content.index(b"ftyp") < content.index(b"moov") < content.index(b"mdat")


def test_it_looks_like_what_it_was_made_from() -> None:
    frames = [np.roll(hills(96, 160, grain=2), 2 * index, axis=1) for index in range(20)]

    _, read = played(made(frames))

    assert max(difference(one, other) for one, other in zip(read, frames, strict=True)) < 3


@pytest.mark.parametrize(("height", "width"), [(2, 2), (2, 64), (64, 2), (66, 34), (480, 832)])
def test_any_even_size_can_be_made(height: int, width: int) -> None:
    facts, frames = played(made(noise(3, height, width)))

    assert facts["size"] == (width, height)
    assert frames[0].shape == (height, width, 3)


def test_its_tags_can_be_read_by_others() -> None:
    facts, _ = played(made(noise(1, 64, 64), Software="Safelight", Model="Ätzend", Seed="5"))

    assert facts["metadata"] == {
        "Software": "Safelight", "Model": "Ätzend", "Seed": "5",
        "major_brand": "isom", "minor_version": "512", "compatible_brands": "isomiso2avc1mp41",
        "encoder": facts["metadata"]["encoder"],
    }  # fmt: skip
    assert facts["metadata"]["encoder"].startswith("Lavf")


def test_most_of_it_is_encoded_before_the_last_frame_has_come() -> None:
    mp4 = Mp4(width=96, height=96, fps=8, tags={})
    for frame in noise(60, 96, 96):
        mp4.add(frame)
    before = len(mp4._content.getvalue())

    assert before > 0.8 * len(mp4.finish())


def test_it_can_be_left_undone_and_closed_twice() -> None:
    for frames in (0, 1, 20):
        mp4 = Mp4(width=64, height=64, fps=8, tags={})
        for frame in noise(frames, 64, 64):
            mp4.add(frame)
        mp4.close()
        mp4.close()


def test_a_size_that_h264_has_not_is_an_error() -> None:
    with pytest.raises(av.FFmpegError):
        made(noise(1, 2, 20_000))
