"""Setting text into boxes: the largest size that fits, blocks that can be drawn, and the film's title card."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.media.fonts import Library
from r2v_pipeline.media.inking import Colour
from r2v_pipeline.media.linebreak import Row, Unit, better, rows, torn, units
from r2v_pipeline.media.shaping import Atom, Shaper, is_right_to_left

if TYPE_CHECKING:
    from PIL.Image import Image

SPACING = 1.36  # baseline to baseline, in sizes
_MARGINS = (1.0, 0.98, 0.95, 0.9, 0.8)
_MOST = 8000  # characters; no frame shows more, and measuring a megabyte would take seconds


class Line(NamedTuple):
    """One set line: its atoms, and its width in pixels."""

    atoms: list[Atom]
    width: float
    right_to_left: bool


class Block(NamedTuple):
    """A paragraph set in a size; `height` counts the leading of every line.  `cut`: it did not fit and ends in `…`."""

    lines: tuple[Line, ...]
    size: int
    leading: int
    width: float
    height: int
    cut: bool


class Typesetter:
    """Sets text with one machine's fonts; keeps what it measured, so use one for many texts."""

    def __init__(self, fonts: Library | None = None, language: str = "") -> None:
        self.shaper = Shaper(fonts, language)

    def width(self, text: str, size: int, bold: bool = False) -> float:
        """The width of a text on one line, in pixels."""
        return self.shaper.width(self.shaper.atoms(text.replace("\n", " "), bold), size)

    def block(
        self, text: str, size: int, width: float, *, bold: bool = False, spacing: float = SPACING, balance: bool = False
    ) -> Block:
        """A paragraph broken to a width.  `balance` makes its lines about equally long, for captions and titles."""
        whole = self._units(text, bold)
        return self._block(whole, size, width, spacing, balance)

    def fit(
        self,
        text: str,
        width: float,
        height: float,
        sizes: tuple[int, int],
        *,
        bold: bool = False,
        spacing: float = SPACING,
        balance: bool = False,
        max_lines: int = 10_000,
    ) -> Block:
        """The paragraph in the largest of `sizes` (largest, smallest) whose lines fit the box, and no word is torn.

        At the smallest size words may be torn, and what does not fit is cut.
        """
        whole = self._units(text, bold)
        widest = max((u.width for u in whole), default=0.0)
        largest, smallest = max(sizes), min(sizes)
        low, high = smallest, largest
        while low < high:
            size = (low + high + 1) // 2
            room = min(max_lines, int(height // round(size * spacing)))
            if widest * size <= width and len(rows(whole, width / size)) <= room:
                low = size
            else:
                high = size - 1
        while True:
            made = self._block(whole, low, width, spacing, balance)
            room = max(1, min(max_lines, int(height // made.leading)))
            if len(made.lines) <= room:
                return made
            if low == smallest:
                return self._cut(made, room, width, bold)
            low -= 1

    def one_line(self, text: str, size: int, width: float, *, bold: bool = False) -> Block:
        """A text on a single line, cut with `…` where it is too long."""
        whole = self._units(" ".join(text.split()), bold)
        line = _line(whole, size, self.shaper, _from_right(whole))
        leading = round(size * SPACING)
        made = Block((line,), size, leading, line.width, leading, False)
        return made if made.width <= width else self._cut(made, 1, width, bold)

    def draw(
        self,
        image: Image,
        block: Block,
        x: float,
        y: float,
        colour: Colour,
        *,
        align: str = "left",
        width: float = 0,
    ) -> None:
        """Draw a block on an RGB or RGBA picture, its upper left corner at (x, y); `width` is the box of `align`.

        Lines that are read from the right stand at the right edge of a box that says its width.
        """
        room = width or block.width
        for i, line in enumerate(block.lines):
            way = "right" if align == "left" and line.right_to_left and width else align
            shift = {"left": 0.0, "center": (room - line.width) / 2, "right": room - line.width}[way]
            baseline = y + i * block.leading + block.leading / 2 + block.size * 0.36
            self.shaper.draw(image, x + shift, round(baseline), line.atoms, block.size, colour, line.right_to_left)

    def _units(self, text: str, bold: bool) -> list[Unit]:
        text = text.strip()
        return units(self.shaper.atoms(text if len(text) <= _MOST else text[:_MOST] + "…", bold), self.shaper)

    def _block(self, whole: list[Unit], size: int, width: float, spacing: float, balance: bool) -> Block:
        """Lines no wider than the box: joined, letters kern, and a line may come out wider than its parts."""
        from_right = _from_right(whole)
        lines: tuple[Line, ...] = ()
        for margin in _MARGINS:
            room = width * margin / size
            parts = [part for unit in whole for part in torn(unit, room, self.shaper)]
            made = better(parts, rows(parts, room), room, balance) if parts else []
            lines = tuple(_line(row, size, self.shaper, from_right) for row in made)
            if all(line.width <= width for line in lines):
                break
        leading = round(size * spacing)
        return Block(lines, size, leading, max((n.width for n in lines), default=0.0), leading * len(lines), False)

    def _cut(self, block: Block, room: int, width: float, bold: bool) -> Block:
        """The first `room` lines, the last of them shortened to end in an ellipsis inside the width."""
        dots = self.shaper.atoms("…", bold)
        last = block.lines[room - 1].atoms
        low, high = 0, len(last)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.shaper.width(last[:middle] + dots, block.size) <= width
            low, high = (middle, high) if fits else (low, middle - 1)
        while low and last[low - 1].text.isspace():
            low -= 1
        shown = last[:low] + dots
        ending = Line(shown, self.shaper.width(shown, block.size), block.lines[room - 1].right_to_left)
        lines = (*block.lines[: room - 1], ending)
        return block._replace(lines=lines, width=max(n.width for n in lines), height=block.leading * room, cut=True)


def draw_title_card(text: str, width: int, height: int) -> Image:
    """A still for the film: the text in the middle of a near-black frame, a first line set as title over the rest.

    Lines of a text of several are kept; a long text grows smaller, and is cut only where it would become unreadable.
    """
    from PIL import Image as Images

    card = Images.new("RGB", (width, height), (13, 15, 18))
    unit = min(width, height)
    setter = Typesetter()
    head, _, rest = text.strip().partition("\n")
    room = width * (0.76 if width >= height else 0.84)
    least = max(10, unit // 40)
    title = setter.fit(
        head, room, height * (0.42 if rest else 0.62), (round(unit * 0.11), least), bold=True, spacing=1.2, balance=True
    )
    body = setter.fit(rest, room, height * 0.3, (round(unit * 0.048), least), balance=True) if rest.strip() else None
    gap, rule = round(unit * 0.055), max(2, round(unit / 240))
    total = title.height + gap + rule + (gap + body.height if body else 0)
    y = round((height - total) / 2)
    setter.draw(card, title, (width - room) / 2, y, (244, 245, 248), align="center", width=room)
    y += title.height + gap
    half = round(unit * 0.045)
    card.paste((255, 180, 84), (width // 2 - half, y, width // 2 + half, y + rule))
    if body:
        setter.draw(card, body, (width - room) / 2, y + rule + gap, (178, 186, 200), align="center", width=room)
    return card


def _line(row: Row, size: int, shaper: Shaper, from_right: bool) -> Line:
    atoms: list[Atom] = []
    for i, unit in enumerate(row):
        atoms += unit.atoms
        if unit.space and i + 1 < len(row):
            atoms.append(unit.space)
    return Line(atoms, shaper.width(atoms, size), from_right)


def _from_right(whole: list[Unit]) -> bool:
    """Whether the first letter of a text belongs to a script that is read from the right."""
    return is_right_to_left([atom for unit in whole for atom in unit.atoms])
