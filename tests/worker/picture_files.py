"""Pictures as files, good ones, broken ones and wicked ones, made here so that each is what it says."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST = 10 * 1024 * 1024


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def halves(mode: str = "RGB", size: tuple[int, int] = (80, 40)) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    return picture.convert(mode)


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *before: bytes, rows: bytes | None = None) -> bytes:
    """Black, one bit a pixel, so that it packs well; `before` are chunks that stand before its pixels."""
    if rows is None:
        rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 1)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"".join([PNG_SIGNATURE, chunk(b"IHDR", header), *before, chunk(b"IDAT", rows), chunk(b"IEND")])


def zeros(mebibytes: int) -> bytes:
    """So many, packed a thousand to one: the same block again and again."""
    packer = zlib.compressobj(9)
    first, again = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (mebibytes - 1) + packer.flush()


def jpeg_of_many_scans(width: int, height: int, scans: int) -> bytes:
    """Grey and progressive: after the first scan each only says that no block has anything new."""
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    first = bytes([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0])
    tables = segment(0xDB, b"\0" + bytes([1] * 64)) + segment(0xC2, first)
    tables += segment(0xC4, b"\x00" + bytes([1] + [0] * 15) + b"\x00")  # DC: the code 0 is "no difference"
    tables += segment(
        0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\xe0"
    )  # AC: the code 0 is "the next 2^14 + n blocks"
    refining = "".join("0" + "1" * 14 for _ in range(blocks // 32_767 + 1))
    refining += "1" * (-len(refining) % 8)
    packed = bytes(int(refining[at : at + 8], 2) for at in range(0, len(refining), 8)).replace(b"\xff", b"\xff\0")
    direct = segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + bytes((blocks + 7) // 8)
    more = segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + packed
    return b"\xff\xd8" + tables + direct + more * (scans - 1) + b"\xff\xd9"


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def after_signature(jpeg: bytes, inserted: bytes) -> bytes:
    return jpeg[:2] + inserted + jpeg[2:]


def until_full(base: bytes, part: bytes) -> bytes:
    """As many of these as an upload has room for."""
    return part * ((MOST - len(base)) // len(part))


def webp_canvas(width: int, height: int) -> bytes:
    """A lossless picture that says it is so large, of a few bytes."""
    real = saved(Image.new("RGB", (8, 8)), "WEBP", lossless=True)
    bits = (width - 1) | (height - 1) << 14
    return real[:21] + struct.pack("<I", bits | int.from_bytes(real[21:25], "little") & 0xF0000000) + real[25:]


def webp_extended(width: int, height: int) -> bytes:
    """The same, said in the header of an extended file."""
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body += saved(Image.new("RGB", (8, 8)), "WEBP", lossless=True)[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def exif(orientation: int) -> Image.Exif:
    described = Image.Exif()
    described[0x0112] = orientation
    return described


def animated(kind: str) -> bytes:
    return saved(halves(), kind, save_all=True, append_images=[Image.new("RGB", (80, 40), "green")], duration=100)


def exif_that_refers_to_itself() -> bytes:
    """5,000 entries of 60,000 bytes each, which are all the same bytes."""
    entries = b"".join(struct.pack("<HHII", 0x9000 + tag, 1, 60_000, 8) for tag in range(5_000))
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + struct.pack("<H", 5_000) + entries + bytes(4)


JPEG = saved(halves(), "JPEG")
ALMOST_1_MIB = zlib.compress(bytes(1_000_000), 9)  # the most that Pillow unpacks of one text
WICKED: dict[str, Callable[[], bytes]] = {
    "a PNG of 900 megapixels": lambda: png(30_000, 30_000, rows=zeros(108)),
    "a PNG whose header alone is large": lambda: png(30_000, 30_000, rows=b""),
    "a PNG of one very long row": lambda: png(50_000_000, 1),
    "a PNG of very many rows": lambda: png(1, 25_000_000),
    "a PNG with more pixels than it says": lambda: png(8, 8, rows=zeros(900)),
    "a bomb in zTXt": lambda: png(8, 8, chunk(b"zTXt", b"a\0\0" + zeros(900))),
    "a bomb in iTXt": lambda: png(8, 8, chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(900))),
    "a bomb in iCCP": lambda: png(8, 8, chunk(b"iCCP", b"a\0\0" + zeros(900))),
    "many small bombs in zTXt": lambda: png(
        8, 8, *[chunk(b"zTXt", b"%d\0\0" % key + ALMOST_1_MIB) for key in range(500)]
    ),
    "many chunks": lambda: png(8, 8, until_full(png(8, 8), chunk(b"prVt"))),
    "many segments": lambda: after_signature(JPEG, until_full(JPEG, segment(0xE5, b""))),
    "many fill bytes": lambda: after_signature(JPEG, until_full(JPEG, b"\xff")),
    "fill bytes in a segment that only Pillow skips": lambda: after_signature(
        JPEG, until_full(JPEG, segment(0xF0, b"\xff" * 60_000))
    ),
    "much EXIF": lambda: after_signature(JPEG, until_full(JPEG, segment(0xE1, b"Exif\0\0" + bytes(60_000)))),
    "EXIF that refers to itself": lambda: after_signature(JPEG, segment(0xE1, exif_that_refers_to_itself())),
    "EXIF in a PNG that refers to itself": lambda: png(
        8, 8, chunk(b"eXIf", exif_that_refers_to_itself()[6:] + bytes(9_000_000))
    ),
    "a JPEG of very many scans": lambda: jpeg_of_many_scans(7_000, 7_000, 100_000),
    "a JPEG of 4 gigapixels": lambda: jpeg_of_many_scans(65_535, 65_535, 1)[:500],
    "a WebP of 268 megapixels": lambda: webp_canvas(16_383, 16_383),
    "a WebP of 100 megapixels": lambda: webp_canvas(10_000, 10_000),
    "an extended WebP of 281 terapixels": lambda: webp_extended(1 << 24, 1 << 24),
    "an extended WebP of 100 megapixels": lambda: webp_extended(10_000, 10_000),
}
"""Each takes a decoder that trusts it much memory or time, or none of either."""
