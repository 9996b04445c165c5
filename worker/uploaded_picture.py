"""From the bytes of an upload, which may be anything, to a picture of the size that is wanted.

The type is told by the content, the size is read from the header before anything is decoded, and whatever a
decoder finds wrong is a refusal. What is kept are the pixels, upright and in sRGB; all metadata is left behind.
"""

import contextlib
import io
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageFile, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from worker.picture_headers import PictureRefused, check_jpeg, check_pixels, check_png, check_webp, damaged

logging.getLogger("PIL").setLevel(logging.INFO)  # at DEBUG it writes down what stands in EXIF

# Not Image.open: it tries all formats that are installed, and of some pictures that are too large it only warns.
# Pillow's class for JPEG reads the first picture of those that hold several: what a phone adds, as depth, is none.
DECODERS: dict[bytes, tuple[Callable[[bytes], None], type[ImageFile.ImageFile]]] = {
    rb"\x89PNG\r\n\x1a\n": (check_png, PngImageFile),
    rb"\xff\xd8\xff": (check_jpeg, JpegImageFile),
    rb"RIFF....WEBP": (check_webp, WebPImageFile),
}


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """An upload, made to fit."""

    picture: Image.Image
    """Of the size that was wanted, in RGB, or a mask in L."""
    original: tuple[int, int]
    """Its width and height before, upright, in proportion."""


def read_picture(content: bytes, size: tuple[int, int], *, mask: bool = False) -> Fitted:
    """The picture in these bytes, scaled to cover `size`, and what stands out on two sides cut off evenly.

    Raises `PictureRefused`.
    """
    try:
        picture = _decode(content, size)
        fitted = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
        flat = _in_grey(fitted) if mask else _in_srgb(fitted)
    except PictureRefused:
        raise
    except Exception:  # noqa: BLE001 - a decoder that is given anything may raise anything
        raise damaged() from None
    flat.info.clear()
    return Fitted(picture=flat, original=picture.size)


def _decode(content: bytes, size: tuple[int, int]) -> Image.Image:
    """Upright, and in a mode that can be resized."""
    opened = _open(content)
    check_pixels(opened.size)
    if getattr(opened, "is_animated", False):
        # Which frame would it be? The first of an APNG need not even belong to its animation.
        raise PictureRefused("must be a still picture, not an animation")
    # A JPEG comes at 1/2, 1/4 or 1/8 of its size as long as both sides stay twice as long as is wanted. That is
    # several times faster, and leaves enough to resize well. For other types this does nothing.
    opened.draft(None, (2 * max(size), 2 * max(size)))
    opened.load()
    with contextlib.suppress(Exception):  # EXIF that cannot be read says nothing; the pixels are none the worse
        ImageOps.exif_transpose(opened, in_place=True)
    return _resizable(opened)


def _open(content: bytes) -> ImageFile.ImageFile:
    """Only the header is read, by the one decoder for what the bytes are."""
    for signature, (check, decoder) in DECODERS.items():
        if re.match(signature, content, re.DOTALL):
            check(content)
            return decoder(io.BytesIO(content))
    raise PictureRefused("must be a PNG, JPEG or WebP picture")


def _resizable(picture: Image.Image) -> Image.Image:
    """RGB, RGBA or CMYK: between the numbers of a palette, or black and white, nothing can be interpolated."""
    if picture.mode == "I;16":
        picture.info.pop("transparency", None)  # one shade of 65,536
        picture = picture.point(lambda shade: shade / 257).convert("L")  # Pillow alone would cut off at 255
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture if picture.mode == "CMYK" else picture.convert("RGB")


def _in_srgb(picture: Image.Image) -> Image.Image:
    """White where it was transparent, and by the file's colour profile, if it has one for these channels.

    The profile costs little once the picture is small. Without it every photo of a phone, which is in Display P3,
    would be paler than it was.
    """
    flat = _over("white", picture)
    if profile := picture.info.get("icc_profile"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            source, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(flat, source, srgb, outputMode="RGB") or flat
    return flat.convert("RGB")


def _in_grey(picture: Image.Image) -> Image.Image:
    """Black where it was transparent: a mask that is painted in a browser is white on nothing."""
    return _over("black", picture).convert("RGB").convert("L")


def _over(background: str, picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    flat = Image.new("RGB", picture.size, background)
    flat.paste(picture, mask=picture.getchannel("A"))
    return flat
