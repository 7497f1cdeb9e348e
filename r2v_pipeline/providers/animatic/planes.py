"""Pictures as the encoder wants them: one full plane of light, two quarter planes of colour (BT.709, limited range).

Frames are put together in planes: converting each finished RGB frame costs more than everything else together.
"""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image

from r2v_pipeline.providers.animatic.layout import Rect

# ITU-R BT.709, scaled to 16-235 and 16-240, and the offset.
_LIGHT = (0.18259, 0.61423, 0.06201, 16.0)
_BLUE = (-0.10064, -0.33857, 0.43922, 128.0)
_RED = (0.43922, -0.39894, -0.04027, 128.0)


class Planes(NamedTuple):
    """A picture as three planes; both sides of `y` are even, `u` and `v` half as long."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    def copy(self) -> Planes:
        return Planes(self.y.copy(), self.u.copy(), self.v.copy())

    def paste(self, other: Planes, x: int, y: int) -> None:
        """Put another picture in at an even place."""
        self.y.paste(other.y, (x, y))
        self.u.paste(other.u, (x // 2, y // 2))
        self.v.paste(other.v, (x // 2, y // 2))

    def dimmed(self) -> Planes:
        """The picture of someone who is not speaking: darker and paler."""
        dark = [round(16 + (value - 16) * 0.42) if value > 16 else value for value in range(256)]
        pale = [round(128 + (value - 128) * 0.45) for value in range(256)]
        return Planes(self.y.point(dark), self.u.point(pale), self.v.point(pale))


class Overlay(NamedTuple):
    """A translucent picture and its place on the frame, ready to be laid over whatever moves below it."""

    place: Rect
    planes: Planes
    mask: Image.Image
    small_mask: Image.Image

    def lay(self, frame: Planes) -> None:
        """Blend it into a frame."""
        x, y = self.place.x, self.place.y
        frame.y.paste(self.planes.y, (x, y), self.mask)
        frame.u.paste(self.planes.u, (x // 2, y // 2), self.small_mask)
        frame.v.paste(self.planes.v, (x // 2, y // 2), self.small_mask)


def to_planes(picture: Image.Image) -> Planes:
    """An RGB picture of even sides as planes."""
    small = picture.reduce(2)
    return Planes(picture.convert("L", _LIGHT), small.convert("L", _BLUE), small.convert("L", _RED))


def overlay(picture: Image.Image, x: int, y: int) -> Overlay:
    """An RGBA picture of even sides, to be laid over a frame at an even place."""
    mask = picture.getchannel("A")
    return Overlay(Rect(x, y, *picture.size), to_planes(picture.convert("RGB")), mask, mask.reduce(2))


def light(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """One colour as its values in the three planes."""

    def value(row: tuple[float, float, float, float]) -> int:
        return round(row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2] + row[3])

    return value(_LIGHT), value(_BLUE), value(_RED)


def to_rgb(picture: Planes) -> Image.Image:
    """Planes back to RGB, for stills: what a player would show, but for the encoder's loss."""
    size = picture.y.size
    whole = Image.merge(
        "RGB", (picture.y, *(p.resize(size, Image.Resampling.BILINEAR) for p in (picture.u, picture.v)))
    )
    return whole.convert(
        "RGB",
        (
            *(1.16438, 0.0, 1.79274, -248.101),
            *(1.16438, -0.21325, -0.53291, 76.878),
            *(1.16438, 2.11240, 0.0, -289.018),
        ),
    )
