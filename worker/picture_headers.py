"""What is seen in the bytes of a picture before a decoder sees them, where the decoder would be too trusting."""

import re

MAX_PIXELS = 50_000_000
"""The cameras of phones make up to 8064 x 6048. Decoded this is 200 MB, at Pillow's 4 bytes a pixel."""
MAX_SCANS = 32
"""The passes in which a JPEG refines its picture. libjpeg writes 10. Each can cost time for every pixel, and less
than 100 bytes of the file, so that 10 MB could keep a decoder busy for hours."""
MAX_PARTS = 20_000
"""Chunks of a PNG, segments of a JPEG. libpng writes 8 kB into one, and Pillow takes 5 microseconds for each."""
MAX_GAP_BYTES = 64
"""Between two segments at the beginning of a JPEG, where nothing should be. Pillow looks at each byte of it."""

JPEG_SEGMENT = re.compile(rb"\xff([\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe])")
"""The markers that a length follows, and the end. All others belong to a scan, or stop libjpeg."""
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9


class PictureRefused(Exception):  # noqa: N818 - a sentence for the user
    """Nothing can be started from this upload. The message goes on where the field's name ends."""


def check_pixels(size: tuple[int, int]) -> None:
    """Raise `PictureRefused` for more than a worker decodes."""
    if size[0] * size[1] > MAX_PIXELS:
        raise PictureRefused(f"must have at most {MAX_PIXELS // 1_000_000} megapixels")


def check_png(content: bytes) -> None:
    """Raise `PictureRefused` for too many chunks. What lies behind the end does not count.

    Source: https://www.w3.org/TR/png-3/#5Chunk-layout
    """
    position = 8
    for _ in range(MAX_PARTS):
        if content[position + 4 : position + 8] in {b"IEND", b""}:
            return
        position += 12 + int.from_bytes(content[position : position + 4], "big")
    raise _too_many_parts()


def check_jpeg(content: bytes) -> None:
    """Raise `PictureRefused` for too many scans or segments, counted as libjpeg would come upon them.

    What lies behind the end, as the second picture of some phones, does not count.

    Source: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
    """
    position, scans = 2, 0
    for _ in range(MAX_PARTS):
        within = len(content) if scans else position + MAX_GAP_BYTES
        segment = JPEG_SEGMENT.search(content, position, within)
        if segment is None or segment[1][0] == END_OF_IMAGE:
            break
        scans += segment[1][0] == START_OF_SCAN
        position = segment.end() + int.from_bytes(content[segment.end() : segment.end() + 2], "big")
    else:
        raise _too_many_parts()
    if scans == 0:
        raise damaged()
    if scans > MAX_SCANS:
        raise PictureRefused("is a JPEG of too many scans; save it again as PNG")


def check_webp(content: bytes) -> None:
    """Raise `PictureRefused` for a canvas that is too large: libwebp takes memory for two as it opens the file.

    Source: https://developers.google.com/speed/webp/docs/riff_container
    """
    kind, width, height = content[12:16], content[26:28], content[28:30]
    if kind == b"VP8X":
        check_pixels((1 + _little(content[24:27]), 1 + _little(content[27:30])))
    elif kind == b"VP8L":
        bits = _little(content[21:25])
        check_pixels((1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)))
    else:
        check_pixels((_little(width) & 0x3FFF, _little(height) & 0x3FFF))


def damaged() -> PictureRefused:
    """What is said of all that no decoder can read."""
    return PictureRefused("cannot be read: the file is damaged or not whole; save it again as PNG")


def _too_many_parts() -> PictureRefused:
    return PictureRefused("has too many parts; save it again without metadata")


def _little(content: bytes) -> int:
    return int.from_bytes(content, "little")
