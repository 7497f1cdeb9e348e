"""What changes in every frame beside the picture: the timecode and the progress bar."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from r2v_pipeline.providers.animatic.kit import Kit
from r2v_pipeline.providers.animatic.layout import Rect
from r2v_pipeline.providers.animatic.look import AMBER, EDGE, INK, PANEL, REST, rounded
from r2v_pipeline.providers.animatic.planes import Planes, light, to_planes
from r2v_pipeline.providers.animatic.scene import Part


def timecode(frame: int, fps: int) -> str:
    """HH:MM:SS:FF of a frame counted from 0."""
    seconds, rest = divmod(frame, fps)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{rest:02}"


class Clock:
    """The running timecode: digits drawn once, put into cells of one width so that nothing shakes."""

    def __init__(self, kit: Kit) -> None:
        size = kit.type(20)
        self._fps = kit.body["fps"]
        self._digit = _even(max(kit.setter.width(d, size, True) for d in "0123456789") + 1)
        self._colon = _even(kit.setter.width(":", size, True) + kit.px(3))
        height = _even(kit.px(32))
        pad = _even(kit.px(12))
        width = 2 * pad + 8 * self._digit + 3 * self._colon
        header = kit.zones.header
        self.place = Rect(
            (header.right - width) // 2 * 2, (header.y + (header.height - height) // 2) // 2 * 2, width, height
        )
        self._pad = pad
        self._sprites = {
            c: _sprite(kit, c, size, self._colon if c == ":" else self._digit, height - 4) for c in ":0123456789"
        }
        self._shown = ""

    def draw_ground(self, board: Image.Image) -> None:
        """The plate that the digits run on, once a board."""
        mask = rounded(self.place.width, self.place.height, self.place.height // 2)
        inner = rounded(self.place.width - 2, self.place.height - 2, self.place.height // 2 - 1)
        board.paste(EDGE, (self.place.x, self.place.y), mask)
        board.paste(PANEL, (self.place.x + 1, self.place.y + 1), inner)
        self._shown = ""

    def draw(self, frame: Planes, number: int) -> None:
        """Set the time of a frame; cells that show the same digit as before are left alone."""
        text = timecode(number, self._fps)
        x = self.place.x + self._pad
        for i, char in enumerate(text):
            if self._shown[i : i + 1] != char:
                frame.y.paste(self._sprites[char], (x, self.place.y + 2))
            x += self._colon if char == ":" else self._digit
        self._shown = text


class Bar:
    """The progress bar: one stretch a segment, as long as the segment, filled to the frame that is shown."""

    def __init__(self, kit: Kit, parts: Sequence[Part]) -> None:
        place, gap = kit.zones.bar, _even(kit.px(5))
        self._place = place
        frames = parts[-1].end
        room = place.width - gap * (len(parts) - 1)
        self._stretches: list[tuple[int, int, int, int]] = []
        for i, part in enumerate(parts):
            left = place.x + gap * i + room * part.first / frames
            right = place.x + gap * i + room * part.end / frames
            self._stretches.append((part.first, part.end, _even(left), max(_even(left) + 2, _even(right))))
        self._full, self._rest = light(AMBER), light(REST)

    def draw_ground(self, board: Image.Image, before: int) -> None:
        """All stretches, those that end by frame `before` filled."""
        for _, end, left, right in self._stretches:
            board.paste(AMBER if end <= before else REST, (left, self._place.y, right, self._place.bottom))

    def draw(self, frame: Planes, number: int) -> None:
        """Fill the stretch of this frame up to it."""
        top, bottom = self._place.y, self._place.bottom
        for first, end, left, right in self._stretches:
            if first <= number < end:
                to = left + (right - left) * (number + 1 - first) / (end - first)
                whole = int(to)
                frame.y.paste(self._full[0], (left, top, whole, bottom))
                if whole < right:
                    edge = self._rest[0] + (self._full[0] - self._rest[0]) * (to - whole)
                    frame.y.paste(round(edge), (whole, top, whole + 1, bottom))
                for plane, value in ((frame.u, self._full[1]), (frame.v, self._full[2])):
                    plane.paste(value, (left // 2, top // 2, max(left // 2 + 1, whole // 2), bottom // 2))


def _sprite(kit: Kit, char: str, size: int, width: int, height: int) -> Image.Image:
    """A digit on the plate's colour, only its light: the plate and the digits share one hue."""
    picture = Image.new("RGB", (width, height), PANEL)
    block = kit.setter.one_line(char, size, width * 2, bold=True)
    kit.setter.draw(picture, block, (width - block.width) / 2, (height - block.leading) / 2, INK)
    return to_planes(picture).y


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)
