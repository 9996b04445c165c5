"""Whatever is in the bytes, it becomes a picture of the size that is wanted, or a sentence."""

import contextlib
import logging
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageOps

from tests.worker.picture_files import (
    WICKED,
    after_signature,
    animated,
    chunk,
    exif,
    halves,
    png,
    saved,
    segment,
)
from worker.picture_headers import PictureRefused
from worker.uploaded_picture import read_picture

SIZE = (32, 16)
RED, BLUE, WHITE, BLACK = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
# As in a worker, where a library's warning ends nothing; here it would hide what comes after it.
as_in_a_worker = pytest.mark.filterwarnings("ignore")
MOST_SECONDS = 10.0
MOST_MEMORY = 400 << 20


def colours(content: bytes, size: tuple[int, int] = SIZE) -> list[tuple[int, ...]]:
    """In the middle of the left and of the right half."""
    picture = read_picture(content, size).picture
    assert (picture.mode, picture.size, picture.info) == ("RGB", size, {})
    return [pixel(picture, size[0] * at // 4, size[1] // 2) for at in (1, 3)]


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = picture.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def alike(one: tuple[int, ...], other: tuple[int, ...], within: int = 3) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


def refusal(content: bytes) -> str:
    with pytest.raises(PictureRefused) as refused:
        read_picture(content, SIZE)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return str(refused.value)


# What pictures there are


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_each_type_is_read(kind: str) -> None:
    left, right = colours(saved(halves(), kind))

    assert alike(left, RED)
    assert alike(right, BLUE)


@pytest.mark.parametrize(
    ("mode", "kind", "seen"),
    [
        ("L", "PNG", (76, 76, 76)),
        ("LA", "PNG", (76, 76, 76)),
        ("1", "PNG", None),
        ("P", "PNG", RED),
        ("RGBA", "PNG", RED),
        ("RGBA", "WEBP", RED),
        ("L", "JPEG", (76, 76, 76)),
        ("CMYK", "JPEG", RED),
    ],
)
def test_every_mode_becomes_rgb(mode: str, kind: str, seen: tuple[int, ...] | None) -> None:
    left, _ = colours(saved(halves(mode), kind))

    assert seen is None or alike(left, seen)


def test_the_deep_grey_of_16_bits_is_not_cut_off() -> None:
    """Pillow alone makes white of all that is not nearly black."""
    picture = Image.new("I;16", (80, 40), 0x8080)

    assert colours(saved(picture))[0] == (128, 128, 128)
    assert colours(saved(picture, transparency=0x8080))[0] == (128, 128, 128)


def test_what_was_transparent_is_white_whatever_colour_hides_there() -> None:
    picture = Image.new("RGBA", (80, 40), (0, 255, 0, 0))
    picture.paste((255, 0, 0, 128), (0, 0, 40, 40))

    left, right = colours(saved(picture))

    assert alike(left, (255, 127, 127))
    assert right == WHITE


def test_the_hidden_colour_does_not_shine_through_at_the_edge() -> None:
    picture = Image.new("RGBA", (80, 40), (0, 255, 0, 0))
    picture.paste("white", (0, 0, 39, 40))

    assert read_picture(saved(picture), (8, 4)).picture.getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_colour_is_white(mode: str) -> None:
    picture = halves().quantize(2) if mode == "P" else halves(mode)

    left, right = colours(saved(picture, transparency=picture.getpixel((0, 0))))

    assert left == WHITE
    assert right != WHITE


def test_a_mask_is_grey_and_black_where_it_was_transparent() -> None:
    painted = Image.new("RGBA", (80, 40), (255, 255, 255, 0))
    painted.paste("white", (0, 0, 40, 40))

    mask = read_picture(saved(painted), SIZE, mask=True).picture

    assert (mask.mode, mask.size, mask.info) == ("L", SIZE, {})
    assert [mask.getpixel((x, 8)) for x in (8, 24)] == [255, 0]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_a_mask_of_any_mode_is_grey(mode: str) -> None:
    painted = Image.new("RGB", (80, 40), "black")
    painted.paste("white", (0, 0, 40, 40))

    mask = read_picture(saved(painted.convert(mode)), SIZE, mask=True).picture

    assert [mask.getpixel((x, 8)) for x in (8, 24)] == [255, 0]


# How they are made to fit


def test_a_picture_is_cropped_evenly_and_never_stretched() -> None:
    picture = Image.new("RGB", (120, 40), "red")
    picture.paste("blue", (40, 0, 80, 40))

    fitted = read_picture(saved(picture), (64, 64))

    assert fitted.original == (120, 40)
    assert fitted.picture.getextrema() == ((0, 0), (0, 0), (255, 255)) or alike(pixel(fitted.picture, 4, 32), BLUE)
    assert alike(pixel(fitted.picture, 59, 32), BLUE)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)], ids=str)
@pytest.mark.parametrize("wanted", [(16, 16), (4096, 16), (16, 4096)], ids=str)
def test_any_shape_fits_into_any_other(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert read_picture(saved(Image.new("RGB", size, "red")), wanted).picture.getextrema()[0] == (255, 255)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_the_camera_was_held(kind: str, orientation: int) -> None:
    """Against what Pillow does with the same file."""
    corner = Image.new("RGB", (96, 48), "white")
    corner.paste("red", (0, 0, 48, 24))
    content = saved(corner, kind, exif=exif(orientation))
    shape = (96, 48) if orientation < 5 else (48, 96)
    taken = corner.copy()
    taken.getexif()[0x0112] = orientation

    fitted = read_picture(content, shape)

    assert fitted.original == shape
    difference = ImageChops.difference(fitted.picture, ImageOps.exif_transpose(taken))
    assert max(difference.resize((shape[0] // 8, shape[1] // 8)).tobytes()) < 80
    assert sum(difference.convert("L").histogram()[60:]) < 300


@as_in_a_worker
@pytest.mark.parametrize("broken", [b"", b"II*\0", b"MM\0*\0\0\xff\xff", b"\xff" * 50], ids=repr)
def test_exif_that_cannot_be_read_says_nothing(broken: bytes) -> None:
    assert alike(colours(after_signature(saved(halves(), "JPEG"), segment(0xE1, b"Exif\0\0" + broken)))[0], RED)
    assert colours(png(8, 8, chunk(b"eXIf", broken)))[0] == BLACK


def test_a_large_jpeg_is_decoded_small_and_looks_the_same() -> None:
    picture = Image.radial_gradient("L").resize((2000, 1000)).convert("RGB")
    content = saved(picture, "JPEG", quality=95)

    small = read_picture(content, (64, 32)).picture
    whole = ImageOps.fit(picture, (64, 32), Image.Resampling.LANCZOS)

    assert max(ImageChops.difference(small, whole).tobytes()) <= 4


# Colour profiles


def profile(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]


def swapped() -> bytes:
    """An RGB profile in which red and green have changed places."""
    whole = bytearray(profile("sRGB"))
    count = int.from_bytes(whole[128:132], "big")
    at = {bytes(whole[132 + 12 * tag : 136 + 12 * tag]): 132 + 12 * tag for tag in range(count)}
    red, green = at[b"rXYZ"], at[b"gXYZ"]
    whole[red : red + 4], whole[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(whole)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours_are_what_the_files_profile_says(kind: str, mode: str) -> None:
    if mode != "RGB" and kind == "JPEG":
        pytest.skip("JPEG has no such mode")

    left, right = colours(saved(halves(mode), kind, icc_profile=swapped()))

    assert alike(left, (0, 255, 0))
    assert alike(right, BLUE)


@pytest.mark.parametrize("unfit", [b"", b"x", bytes(500), profile("LAB"), swapped()[:300]], ids=len)
def test_a_profile_that_does_not_fit_says_nothing(unfit: bytes) -> None:
    assert alike(colours(saved(halves(), icc_profile=unfit))[0], RED)


# What is refused


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO", "PCX", "TGA", "AVIF"])
def test_other_types_are_refused_by_their_content(kind: str) -> None:
    assert refusal(saved(halves(size=(64, 64)), kind)) == "must be a PNG, JPEG or WebP picture"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"%PDF-1.7 ",
        b"PK\x03\x04",
        b"GIF89a\x89PNG\r\n\x1a\n",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\x89PNG\r\n\x1a",
        b"\x89PNG\n\x1a\n\0\0\0",
        b"\xff\xd8",
    ],
    ids=repr,
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    assert refusal(content) == "must be a PNG, JPEG or WebP picture"


@pytest.mark.parametrize("wicked", [name for name in WICKED if "pixels" in name and "than it says" not in name])
def test_what_is_too_large_is_refused_by_its_header(wicked: str) -> None:
    """Before the decoder finds that the pixels are missing, or that the memory is."""
    assert refusal(WICKED[wicked]()) == "must have at most 50 megapixels"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animations_are_refused(kind: str) -> None:
    assert refusal(animated(kind)) == "must be a still picture, not an animation"


def test_of_a_phones_several_pictures_the_first_is_taken() -> None:
    """As depth or a gain map beside it: MPO, which is a JPEG with others behind its end."""
    several = saved(halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (80, 40), "green")])

    assert alike(colours(several)[0], RED)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_that_is_not_whole_is_refused(kind: str) -> None:
    content = saved(Image.effect_noise((80, 40), 100).convert("RGB"), kind)

    for length in range(12, len(content) - 24, max(1, len(content) // 40)):  # a PNG's last 24 bytes hold no pixel
        assert "damaged" in refusal(content[:length])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_follows_a_picture_is_no_matter(kind: str) -> None:
    """As of a file that is also a ZIP or a page: only the picture is looked at."""
    assert alike(colours(saved(halves(), kind) + b"PK\x03\x04<script>alert(1)</script>" * 100)[0], RED)


# Whatever it is


def becomes_a_picture_or_a_sentence(content: bytes) -> None:
    with contextlib.suppress(PictureRefused):
        picture = read_picture(content, SIZE).picture
        assert (picture.mode, picture.size, picture.info) == ("RGB", SIZE, {})


def examples() -> list[bytes]:
    """Of each type and mode, with all that can be in one."""
    more: dict[str, Any] = {"exif": exif(6), "icc_profile": profile("sRGB")}
    return [
        *(saved(halves(mode), "PNG", **more) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
        saved(Image.new("I;16", (80, 40), 0x1234), **more),
        *(
            saved(halves(mode), "JPEG", progressive=fine, **more)
            for mode in ("L", "RGB", "CMYK")
            for fine in (0, 1)
        ),
        *(saved(halves(mode), "WEBP", lossless=whole, **more) for mode in ("RGB", "RGBA") for whole in (0, 1)),
        *(animated(kind) for kind in ("PNG", "WEBP")),
    ]


EXAMPLES = examples()
fuzzed = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@as_in_a_worker
@fuzzed
@given(st.sampled_from(EXAMPLES), st.data())
def test_any_change_to_a_picture_is_borne(content: bytes, data: st.DataObject) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)) | st.just(len(changed)))

    becomes_a_picture_or_a_sentence(bytes(changed[:cut]))


@as_in_a_worker
@fuzzed
@given(st.sampled_from(EXAMPLES), st.integers(12, 2000), st.binary(max_size=200))
def test_anything_within_a_picture_is_borne(content: bytes, at: int, inserted: bytes) -> None:
    becomes_a_picture_or_a_sentence(content[:at] + inserted + content[at:])


@as_in_a_worker
@fuzzed
@given(st.sampled_from([b"", *(content[:length] for content in EXAMPLES for length in (3, 16, 40))]), st.binary())
def test_anything_at_all_is_borne(beginning: bytes, rest: bytes) -> None:
    becomes_a_picture_or_a_sentence(beginning + rest)


WITHIN_BOUNDS = """
import resource, sys
from tests.worker.picture_files import WICKED
from worker.picture_headers import PictureRefused
from worker.uploaded_picture import read_picture

content = WICKED[sys.argv[1]]()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[2]), resource.RLIM_INFINITY))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
before = resource.getrusage(resource.RUSAGE_SELF)
try:
    told = read_picture(content, (64, 64)).picture.size
except PictureRefused as refused:
    told = refused
spent = resource.getrusage(resource.RUSAGE_SELF)
print(spent.ru_utime - before.ru_utime, told)
"""


@pytest.mark.parametrize("wicked", WICKED)
def test_what_is_made_to_break_a_decoder_costs_little(wicked: str) -> None:
    """In a process of its own that may take so much memory more, and that counts its seconds of CPU."""
    command = [sys.executable, "-c", WITHIN_BOUNDS, wicked, str(MOST_MEMORY)]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert ended.returncode == 0, ended.stderr
    assert float(ended.stdout.split()[0]) < MOST_SECONDS


def test_nothing_of_a_picture_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    canary = "canary-3f9c"
    told = Image.Exif()
    told[0x010E] = canary
    caplog.set_level(logging.DEBUG)

    for content in (
        png(8, 8, chunk(b"tEXt", f"{canary}\0{canary}".encode())),
        saved(halves(), "JPEG", exif=told, comment=canary.encode()),
        saved(halves(), "WEBP", exif=told),
        png(8, 8, chunk(b"tEXt", f"{canary}\0{canary}".encode()))[:-30],
        f"<svg>{canary}</svg>".encode(),
    ):
        becomes_a_picture_or_a_sentence(content)

    assert canary not in caplog.text
