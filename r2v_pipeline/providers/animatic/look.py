"""The look of a board: its colours, its words, and the few shapes that it is drawn with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from PIL import Image, ImageDraw

from r2v_pipeline.media.fonts import Library
from r2v_pipeline.providers.animatic.layout import Rect

Colour = tuple[int, int, int]

GROUND: Colour = (13, 15, 18)
PANEL: Colour = (21, 24, 29)
EDGE: Colour = (58, 63, 72)
INK: Colour = (243, 244, 247)
SOFT: Colour = (172, 180, 193)
FAINT: Colour = (128, 136, 149)
AMBER: Colour = (255, 180, 84)
REST: Colour = (60, 65, 74)
# One each speaker, told apart by lightness too.
_VOICES: tuple[Colour, ...] = (
    (255, 190, 104),
    (110, 214, 196),
    (255, 146, 130),
    (150, 186, 255),
    (214, 224, 120),
    (224, 160, 240),
)


class Words(NamedTuple):
    """The board's own words in one language."""

    action: str
    camera: str
    sound: str
    style: str
    next: str
    segment: str
    untouched: str
    how: Mapping[str, str]


_ENGLISH = Words(
    "ACTION",
    "CAMERA",
    "SOUND",
    "STYLE",
    "NEXT",
    "segment {}/{}",
    "on the web, not fetched",
    {
        "whispered": "whispered",
        "shouted": "shouted",
        "mouthed": "mouthed, no sound",
        "off_screen": "off screen",
        "voice_over": "voice-over",
    },
)
_CHINESE = Words(
    "动作",
    "镜头",
    "声音",
    "风格",
    "接下来",
    "片段 {}/{}",
    "网络素材，未下载",
    {"whispered": "低语", "shouted": "喊", "mouthed": "无声口型", "off_screen": "画外音", "voice_over": "旁白"},
)


def words(language: str, fonts: Library) -> Words:
    """The board's words: Chinese for a Chinese storyboard, where the machine can draw them."""
    return _CHINESE if language == "zh" and fonts.face("动") else _ENGLISH


def tinted(picture: Image.Image) -> Colour:
    """The board's ground with a breath of a picture's hue.  Flat: a dark gradient comes out of the encoder in bands."""
    mean = picture.resize((1, 1), Image.Resampling.BOX, reducing_gap=1.0).getpixel((0, 0))
    assert isinstance(mean, tuple)
    strongest = max(*mean, 1)
    red, green, blue = (round(base * 0.78 + 11 * value / strongest) for base, value in zip(GROUND, mean, strict=True))
    return red, green, blue


def voice_colour(speakers: list[str], by: str) -> Colour:
    """A speaker's colour: by their place among the shot's references, so that two who talk never share one."""
    return _VOICES[(speakers.index(by) if by in speakers else crc32(by.encode())) % len(_VOICES)]


def panel(image: Image.Image, place: Rect, radius: int) -> None:
    """A panel that text can be read on beside any picture: solid, with an edge of one pixel."""
    image.paste(EDGE, (place.x, place.y), rounded(place.width, place.height, radius))
    inner = rounded(place.width - 2, place.height - 2, max(1, radius - 1))
    image.paste(PANEL, (place.x + 1, place.y + 1), inner)


def frame(image: Image.Image, place: Rect, radius: int, colour: Colour, thickness: int) -> None:
    """A ring just inside a rectangle."""
    ring = rounded(place.width, place.height, radius).copy()
    inner = rounded(place.width - 2 * thickness, place.height - 2 * thickness, max(1, radius - thickness))
    ring.paste(0, (thickness, thickness), inner)
    image.paste(colour, (place.x, place.y), ring)


@lru_cache(maxsize=128)
def rounded(width: int, height: int, radius: int) -> Image.Image:
    """A mask of a rectangle with round corners, smooth at its edges.  Not to be changed: it is shared."""
    mask = Image.new("L", (max(1, width), max(1, height)), 255)
    radius = min(radius, width // 2, height // 2)
    if radius > 0:
        large = Image.new("L", (radius * 8, radius * 8))
        ImageDraw.Draw(large).ellipse((0, 0, radius * 8 - 1, radius * 8 - 1), fill=255)
        disc = large.reduce(4)
        for x, left in ((0, 0), (width - radius, radius)):
            for y, top in ((0, 0), (height - radius, radius)):
                mask.paste(disc.crop((left, top, left + radius, top + radius)), (x, y))
    return mask


def camera_icon(move: str, size: int, colour: Colour) -> Image.Image:
    """A small sign for a camera move: a frame with arrows, RGBA, `size` pixels high."""
    k = 4
    width, height = round(size * 1.5) * k, size * k
    shape = Image.new("L", (width, height))
    draw = ImageDraw.Draw(shape)
    line = max(1, round(size / 11)) * k
    draw.rounded_rectangle((line / 2, line / 2, width - line, height - line), height * 0.16, outline=255, width=line)
    cx, cy, reach = width / 2, height / 2, height * 0.27
    _ICONS.get(move, _dot)(draw, cx, cy, reach, line)
    icon = Image.new("RGBA", (width // k, height // k), (*colour, 0))
    icon.putalpha(shape.reduce(k))
    return icon


def _arrow(draw: ImageDraw.ImageDraw, x0: float, y0: float, x1: float, y1: float, line: int) -> None:
    draw.line((x0, y0, x1, y1), fill=255, width=line)
    length = max(1.0, ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)
    dx, dy, head = (x1 - x0) / length, (y1 - y0) / length, line * 2.2
    base_x, base_y = x1 - dx * head, y1 - dy * head
    tip = (x1 + dx * line, y1 + dy * line)
    draw.polygon((tip, (base_x - dy * head, base_y + dx * head), (base_x + dy * head, base_y - dx * head)), fill=255)


def _dot(draw: ImageDraw.ImageDraw, cx: float, cy: float, _: float, line: int) -> None:
    draw.ellipse((cx - line, cy - line, cx + line, cy + line), fill=255)


def _straight(dx: int, dy: int) -> Callable[[ImageDraw.ImageDraw, float, float, float, int], None]:
    def sign(draw: ImageDraw.ImageDraw, cx: float, cy: float, reach: float, line: int) -> None:
        far = reach * (1.5 if dx else 0.8)
        _arrow(draw, cx - dx * far, cy - dy * far, cx + dx * far, cy + dy * far, line)

    return sign


def _both(inward: bool) -> Callable[[ImageDraw.ImageDraw, float, float, float, int], None]:
    def sign(draw: ImageDraw.ImageDraw, cx: float, cy: float, reach: float, line: int) -> None:
        near, far = reach * 0.45, reach * 1.7
        for way in (-1, 1):
            start, end = (far, near) if inward else (near, far)
            _arrow(draw, cx + way * start, cy, cx + way * end, cy, line)

    return sign


_ICONS: dict[str, Callable[[ImageDraw.ImageDraw, float, float, float, int], None]] = {
    "in": _both(True),
    "out": _both(False),
    "left": _straight(-1, 0),
    "right": _straight(1, 0),
    "track": _straight(1, 0),
    "arc": _straight(1, 0),
    "up": _straight(0, -1),
    "down": _straight(0, 1),
}
