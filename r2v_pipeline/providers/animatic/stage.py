"""The moving part of a board: a picture cut once to what the camera will see, then one window of it a frame.

The source is a little larger than its cell, so that a window between two pixels is as sharp as one on a pixel: at the
same size, detail would blur and sharpen in turn as it glides.
"""

from __future__ import annotations

from math import ceil, floor

from PIL import Image, ImageFilter

from r2v_pipeline.providers.animatic.camera import Camera
from r2v_pipeline.providers.animatic.layout import Rect
from r2v_pipeline.providers.animatic.motion import Path, plan_move
from r2v_pipeline.providers.animatic.planes import Planes, to_planes

_OVERSAMPLE = 1.18
# A picture of which less than this part would be left in the cell's shape is shown whole; beside others, almost never.
_COVERS, _COVERS_SHARED = 0.36, 0.25
_BLOW_UP = 2.4  # picture pixels are never drawn larger than this


class Cell:
    """One moving picture at its place on the frame."""

    def __init__(
        self, picture: Image.Image, place: Rect, camera: Camera, seconds: float, order: int, shared: bool
    ) -> None:
        self.place = place
        shown = picture if camera.framing < 0.75 else fitted(picture, place, _COVERS_SHARED if shared else _COVERS)
        closest = place.width / _BLOW_UP / min(shown.width, shown.height * place.width / place.height)
        self.path: Path = plan_move(shown.size, place[2:], camera, seconds, order, closest)
        left, top, right, bottom = self.path.reach()
        left, top, right, bottom = floor(left), floor(top), ceil(right), ceil(bottom)
        tightest = self.path.largest[0] * min(self.path.start.scale, self.path.end.scale)
        zoom = place.width / tightest * _OVERSAMPLE
        size = (_even((right - left) * zoom), _even((bottom - top) * zoom))
        source = shown.resize(size, Image.Resampling.LANCZOS, (left, top, right, bottom), reducing_gap=3.0)
        self._source = to_planes(source)
        self._faded: Planes | None = None
        self._origin = (left, top)
        self._scale = (size[0] / (right - left), size[1] / (bottom - top))

    @property
    def moves(self) -> bool:
        return self.path.moves

    def box(self, part: float) -> tuple[float, float, float, float]:
        """The window in source pixels after `part` (0 to 1) of the segment."""
        left, top, right, bottom = self.path.box(part)
        (x, y), (across, down) = self._origin, self._scale
        width, height = self._source.y.size
        return (
            max(0.0, (left - x) * across),
            max(0.0, (top - y) * down),
            min(float(width), (right - x) * across),
            min(float(height), (bottom - y) * down),
        )

    def draw(self, frame: Planes, part: float, dim: bool) -> None:
        """Put the window of this moment into a frame."""
        source = self._source
        if dim:
            source = self._faded = self._faded or self._source.dimmed()
        box = self.box(part)
        half = (box[0] / 2, box[1] / 2, box[2] / 2, box[3] / 2)
        width, height = self.place.width, self.place.height
        small = (width // 2, height // 2)
        window = Planes(
            source.y.resize((width, height), Image.Resampling.BILINEAR, box),
            source.u.resize(small, Image.Resampling.BILINEAR, half),
            source.v.resize(small, Image.Resampling.BILINEAR, half),
        )
        frame.paste(window, self.place.x, self.place.y)


def fitted(picture: Image.Image, place: Rect, covers: float) -> Image.Image:
    """A picture as a cell shows it: itself where its shape comes near the cell's, else whole on its own blur."""
    ratio, wanted = picture.width / picture.height, place.width / place.height
    if min(ratio / wanted, wanted / ratio) >= covers:
        return picture
    width = place.width * 5 // 4
    height = round(width / wanted)
    ground = backdrop(picture, width, height, 0.42)
    scale = min(width / picture.width, height / picture.height)
    whole = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    ground.paste(whole, ((width - whole.width) // 2, (height - whole.height) // 2))
    return ground


def backdrop(picture: Image.Image, width: int, height: int, brightness: float) -> Image.Image:
    """A picture as a soft, dark ground: cropped to the shape and blurred at a tiny size, where a blur costs nothing."""
    ratio = width / height
    wide, high = min(picture.width, picture.height * ratio), min(picture.height, picture.width / ratio)
    left, top = (picture.width - wide) / 2, (picture.height - high) / 2
    small = (max(8, round(48 * min(1.0, ratio))), max(8, round(48 / max(1.0, ratio))))
    tiny = picture.resize(small, Image.Resampling.BOX, (left, top, left + wide, top + high), reducing_gap=1.0)
    soft = tiny.filter(ImageFilter.GaussianBlur(2.2)).point([round(v * brightness) for v in range(256)] * 3)
    return soft.resize((width, height), Image.Resampling.BICUBIC)


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)
