from typing import Any

import pytest
from PIL import Image

from tests.worker.picture_files import JPEG, chunk, exif, halves, jpeg_of_many_scans, png, saved, segment
from worker.picture_headers import (
    MAX_GAP_BYTES,
    MAX_PARTS,
    MAX_SCANS,
    PictureRefused,
    check_jpeg,
    check_pixels,
    check_png,
    check_webp,
)


def test_as_many_pixels_as_a_phone_has_are_taken() -> None:
    check_pixels((8064, 6048))
    check_pixels((50_000_000, 1))

    with pytest.raises(PictureRefused, match="must have at most 50 megapixels"):
        check_pixels((50_000_001, 1))


def test_a_png_of_many_chunks_is_refused() -> None:
    check_png(png(8, 8, *[chunk(b"prVt")] * (MAX_PARTS - 3)) + bytes(100 * MAX_PARTS))

    with pytest.raises(PictureRefused, match="too many parts"):
        check_png(png(8, 8, *[chunk(b"prVt")] * (MAX_PARTS - 2)))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}], ids=str)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_what_libjpeg_writes_has_few_scans(mode: str, options: dict[str, Any]) -> None:
    check_jpeg(saved(halves(mode), "JPEG", **options))


def test_a_jpeg_of_many_scans_is_refused() -> None:
    check_jpeg(jpeg_of_many_scans(64, 64, MAX_SCANS))

    with pytest.raises(PictureRefused, match="too many scans"):
        check_jpeg(jpeg_of_many_scans(64, 64, MAX_SCANS + 1))


def test_what_looks_like_a_scan_and_is_none_does_not_count() -> None:
    """In what a camera adds, and in what lies behind the picture."""
    scans = segment(0xDA, b"\x01") * (MAX_SCANS + 1)

    check_jpeg(JPEG[:2] + segment(0xE5, scans) + JPEG[2:] + scans)


@pytest.mark.parametrize(
    "hidden", [b"\xff\x01\xff\xf0", b"\xff\xd0\xff\xf0", b"\xff\xff", b"\xff\x00\xff\x00"], ids=repr
)
def test_scans_cannot_be_hidden_behind_what_has_no_length(hidden: bytes) -> None:
    """The two bytes after these would be taken for a length, and the scans for content."""
    jpeg = jpeg_of_many_scans(64, 64, 2)

    with pytest.raises(PictureRefused, match="too many scans"):
        check_jpeg(jpeg[:-2] + hidden + segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") * MAX_SCANS)


def test_a_jpeg_of_many_segments_is_refused() -> None:
    few, many = (JPEG[:2] + segment(0xE5, b"") * count + JPEG[2:] for count in (MAX_PARTS // 2, MAX_PARTS))

    check_jpeg(few)
    with pytest.raises(PictureRefused, match="too many parts"):
        check_jpeg(many)


def test_little_may_stand_between_segments() -> None:
    check_jpeg(JPEG[:2] + b"\xff" * (MAX_GAP_BYTES - 2) + JPEG[2:])

    with pytest.raises(PictureRefused, match="damaged"):
        check_jpeg(JPEG[:2] + b"\xff" * MAX_GAP_BYTES + JPEG[2:])


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"lossless": True, "exif": exif(1)}], ids=len)
@pytest.mark.parametrize("colour", ["#ff0000", "#ff000080"])
def test_the_canvas_of_a_webp_is_read(
    options: dict[str, Any], colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.picture_headers.MAX_PIXELS", 300 * 200)
    largest, larger = (
        saved(Image.new("RGBA", size, colour), "WEBP", **options) for size in ((300, 200), (300, 201))
    )

    check_webp(largest)
    with pytest.raises(PictureRefused, match="must have at most"):
        check_webp(larger)
