"""Reference files as pictures: any mode, any orientation, never more than a board can use, never a hang.

A file that cannot be drawn is told with its reason (`Unreadable`): the same file would be refused, or misunderstood, by
a paid provider, and the free preview is the place to learn it.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from r2v_pipeline.errors import MediaTrouble

MEGAPIXELS = 64  # more than any reference a provider takes; decoding costs 4 bytes a pixel
_LONGEST_SIDE = 2880
# Formats that decode in this process without helpers: EPS would call Ghostscript, others are no photographs.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "MPO", "AVIF", "PPM")
_BEHIND_CUTOUTS = (126, 130, 138)  # middle grey: neither a black nor a white product vanishes on it


class Unreadable(Exception):
    """A reference that cannot be drawn; the message says why, for people."""


class Album:
    """Pictures by their place in the request, the last few kept: a cast of five serves a hundred shots."""

    def __init__(self, keep: int = 12) -> None:
        self._keep = keep
        self._kept: OrderedDict[str, Image.Image] = OrderedDict()

    def picture(self, placeholder: str, path: Path, kind: str) -> Image.Image:
        """The picture of a reference, RGB and upright.

        Raises:
            Unreadable: with the reason.
        """
        if placeholder not in self._kept:
            self._kept[placeholder] = read_video(path) if kind == "video" else read_image(path)
            while len(self._kept) > self._keep:
                self._kept.popitem(last=False)
        self._kept.move_to_end(placeholder)
        return self._kept[placeholder]


def read_image(path: Path) -> Image.Image:
    """An image file as RGB, upright, at most 2880 pixels on its longer side; the first frame of an animation.

    Raises:
        Unreadable: no image, damaged, cut off, or of more than 64 megapixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large files; the limit below decides
            Image.init()  # Pillow knows only five formats until asked
            with Image.open(path, formats=[name for name in _FORMATS if name in Image.OPEN]) as image:
                return _upright(image)
    except UnidentifiedImageError:
        raise Unreadable("it is not an image that can be read") from None
    except Image.DecompressionBombError:
        raise Unreadable(f"it has more than {MEGAPIXELS} megapixels") from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unreadable(f"it cannot be decoded: {reason}") from None


def read_video(path: Path) -> Image.Image:
    """A telling frame of a video: a third of the way in, past fades and slates.

    Raises:
        Unreadable: not a video, or damaged.
    """
    from r2v_pipeline.media.pyav import decode_frame, describe

    try:
        picture = decode_frame(path, describe(path).duration_ms // 3)
    except MediaTrouble as trouble:
        raise Unreadable(f"it cannot be decoded: {trouble.message.removeprefix(path.name + ': ')}") from None
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    return picture


def cut_out(picture: Image.Image, area: Sequence[int] | None) -> Image.Image:
    """The part of a picture that a reference means; all of it where the picture is smaller than it should be."""
    if area is None:
        return picture
    x, y, width, height = area
    if x + width > picture.width or y + height > picture.height:
        return picture
    return picture.crop((x, y, x + width, y + height))


def _upright(image: Image.Image) -> Image.Image:
    width, height = image.size
    if width * height > MEGAPIXELS * 1_000_000:
        raise Unreadable(f"it is {width}x{height}, more than {MEGAPIXELS} megapixels")
    if min(width, height) < 2:
        raise Unreadable(f"it is {width}x{height}, too small to be seen")
    image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # JPEG: decode at a fraction of the size where that is enough
    turned = ImageOps.exif_transpose(image)
    return _rgb(turned)


def _rgb(image: Image.Image) -> Image.Image:
    """Any mode as RGB: 16 bit kept in its upper half, transparency over middle grey."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        cut_out = image.convert("RGBA")
        ground = Image.new("RGB", image.size, _BEHIND_CUTOUTS)
        ground.paste(cut_out, (0, 0), cut_out)
        image = ground
    rgb = image.convert("RGB")
    rgb.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return rgb
