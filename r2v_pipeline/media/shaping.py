"""One line of text, from characters to pixels: fonts chosen per character, directions, widths, drawing.

Widths are measured once at `MEASURE` pixels and scaled, and glyphs are drawn several times too large and reduced: the
renderer rounds each advance to a whole pixel, which at 14 px opens gaps inside words that a reader sees.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.media.fonts import Face, Library, east_asian_language, library, sized, vendored
from r2v_pipeline.media.graphemes import clean, clusters, direction, in_words, is_emoji, writing

if TYPE_CHECKING:
    from PIL.Image import Image

MEASURE = 64
Colour = tuple[int, int, int]
_NOTICE_SCALE = 0.74  # size of the words inside a notice, against the text around it
_EMOJI_SCALE = 0.98
_GAMMA = 0.84  # light strokes on a dark ground come out thin when reduced; this gives the weight back


class Atom(NamedTuple):
    """The smallest thing that a line is made of.

    A cluster with its face; or, with `face` None, a notice that stands for a run of characters no font has.
    """

    text: str
    face: Face | None
    direction: str


class Piece(NamedTuple):
    """Neighbouring atoms of one face and direction, in the order in which they stand on the line from the left."""

    text: str
    face: Face | None
    right_to_left: bool
    width: float


class Shaper:
    """Turns texts into atoms and draws them with one machine's fonts.

    `language` (en, zh, ja, ko) settles whose forms shared ideographs take.
    """

    def __init__(self, fonts: Library | None = None, language: str = "") -> None:
        self.fonts = fonts or library()
        self.language = language
        self._widths: dict[tuple[str, str, int, bool], float] = {}

    def atoms(self, text: str, bold: bool = False) -> list[Atom]:
        """A text as atoms.  Emoji without a font are spelled out, other missing characters become one notice a run."""
        language = east_asian_language(text, self.language)
        plain = Face(vendored(bold), 0, "outline", False)
        found: list[Atom] = []
        lost: list[str] = []
        between: list[Atom] = []  # punctuation after missing characters: part of the notice if more of them follow
        for cluster in clusters(clean(text)):
            face = plain if cluster.isspace() else self.fonts.face(cluster, bold, language)
            if face is None and not is_emoji(cluster):
                lost.append(cluster)
                between.clear()
            elif face is not None and lost and cluster != "\n" and not cluster.isalnum():
                between.append(Atom(cluster, face, "N"))
            else:
                _close(lost, between, found)
                if face is None:
                    found += [Atom(c, plain, "N" if c == " " else "L") for c in in_words(cluster)]
                else:
                    found.append(Atom(cluster, face, direction(cluster)))
        _close(lost, between, found)
        return found

    def width(self, atoms: list[Atom], size: int) -> float:
        """How wide the atoms are on one line, in pixels."""
        return sum(p.width for p in self.pieces(atoms, size))

    def pieces(self, atoms: list[Atom], size: int, from_right: bool = False) -> list[Piece]:
        """The atoms as pieces in visual order; `from_right`: the paragraph is read from the right."""
        merged: list[Piece] = []
        for stretch, right_to_left in _visual(atoms, "R" if from_right else "L"):
            groups: list[tuple[Face | None, str]] = []
            for atom in stretch:
                if groups and atom.face is not None and groups[-1][0] == atom.face:
                    groups[-1] = (atom.face, groups[-1][1] + atom.text)
                else:
                    groups.append((atom.face, atom.text))
            made = [Piece(t, f, right_to_left, self._width(t, f, size, right_to_left)) for f, t in groups]
            merged += reversed(made) if right_to_left else made
        return merged

    def draw(
        self,
        image: Image,
        x: float,
        baseline: float,
        atoms: list[Atom],
        size: int,
        colour: Colour,
        from_right: bool = False,
    ) -> None:
        """Draw atoms on an RGB or RGBA picture, their left end at `x`."""
        for piece in self.pieces(atoms, size, from_right):
            if piece.face is None:
                _draw_notice(image, x, baseline, piece, size, colour, self)
            elif piece.face.paint == "outline":
                _draw_text(image, x, baseline, piece, size, colour)
            else:
                _draw_picture(image, x, baseline, piece, size)
            x += piece.width

    def _width(self, text: str, face: Face | None, size: int, right_to_left: bool) -> float:
        if face is None:
            inner = self._width(text, Face(vendored(), 0, "outline", False), MEASURE, False)
            return (inner * _NOTICE_SCALE / MEASURE + 0.9) * size
        key = (text, face.path, face.number, right_to_left)
        if key not in self._widths:
            if len(self._widths) > 50_000:
                self._widths.clear()
            font, scale = sized(face.path, face.number, face.paint, MEASURE)
            ordered, way = _ordered(text, right_to_left)
            factor = _EMOJI_SCALE if face.paint != "outline" else 1.0
            self._widths[key] = font.getlength(ordered, direction=way) * scale * factor / MEASURE
        return self._widths[key] * size


def _close(lost: list[str], between: list[Atom], found: list[Atom]) -> None:
    """Put down the missing characters collected so far as one notice, and what stood behind them."""
    if lost:
        kind = writing("".join(lost))
        noun = "symbol" if kind == "symbol" else f"{kind} character"
        found.append(Atom(f"{len(lost)} {noun}{'s' if len(lost) > 1 else ''}", None, "N"))
    found += between
    lost.clear()
    between.clear()


def _visual(atoms: list[Atom], base: str) -> list[tuple[list[Atom], bool]]:
    """Stretches of one direction from left to right; neutrals go with equal neighbours, else with the paragraph."""
    strong = [a.direction for a in atoms]
    if base == "L" and "R" not in strong:
        return [(atoms, False)]
    before, after = base, [base] * (len(strong) + 1)
    for i in range(len(strong) - 1, -1, -1):
        after[i] = strong[i] if strong[i] != "N" else after[i + 1]
    stretches: list[tuple[list[Atom], bool]] = []
    for i, atom in enumerate(atoms):
        way = atom.direction if atom.direction != "N" else (before if before == after[i] else base)
        before = way if atom.direction != "N" else before
        if stretches and stretches[-1][1] == (way == "R"):
            stretches[-1][0].append(atom)
        else:
            stretches.append(([atom], way == "R"))
    return stretches[::-1] if base == "R" else stretches


def is_right_to_left(atoms: list[Atom]) -> bool:
    """Whether a paragraph begins in a script that is read from the right."""
    return next((a.direction for a in atoms if a.direction != "N"), "L") == "R"


@lru_cache(maxsize=1)
def _shapes() -> bool:
    from PIL import features

    return bool(features.check("raqm"))


def _ordered(text: str, right_to_left: bool) -> tuple[str, str | None]:
    """What to hand to the renderer.  Without raqm it knows no direction: the text is turned round, letters unjoined."""
    if not right_to_left:
        return text, None
    return (text, "rtl") if _shapes() else ("".join(reversed(clusters(text))), None)


def _draw_text(image: Image, x: float, baseline: float, piece: Piece, size: int, colour: Colour) -> None:
    from PIL import Image as Images
    from PIL import ImageDraw

    assert piece.face is not None
    k = 4 if size <= 40 else 2 if size <= 96 else 1
    font, _ = sized(piece.face.path, piece.face.number, "outline", size * k)
    ordered, way = _ordered(piece.text, piece.right_to_left)
    left, pad = int(x), size // 2 + 2
    width, above, below = round(piece.width) + 2 * pad + 2, round(size * 1.3), round(size * 0.6)
    top = round(baseline) - above
    mask = Images.new("L", (width * k, (above + below) * k))
    draw = ImageDraw.Draw(mask)
    at = ((pad + x - left) * k, (above + baseline - round(baseline)) * k)
    draw.text(at, ordered, fill=255, font=font, anchor="ls", direction=way)
    if piece.face.embolden:
        draw.text((at[0] + size * k * 0.03, at[1]), ordered, fill=255, font=font, anchor="ls", direction=way)
    weight = [round(255 * (v / 255) ** _GAMMA) for v in range(256)] if k > 1 else list(range(256))
    image.paste((*colour, 255)[: len(image.getbands())], (left - pad, top), mask.reduce(k).point(weight))


def _draw_picture(image: Image, x: float, baseline: float, piece: Piece, size: int) -> None:
    """A colour emoji: drawn at the size its font has, scaled to the text."""
    from PIL import Image as Images
    from PIL import ImageDraw

    assert piece.face is not None
    font, scale = sized(piece.face.path, piece.face.number, piece.face.paint, size * (1 if size > 60 else 3))
    scale *= _EMOJI_SCALE / (1 if size > 60 else 3)
    left, top, right, bottom = font.getbbox(piece.text, anchor="ls")
    if right <= left or bottom <= top:
        return
    large = Images.new("RGBA", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(large).text((-left, -top), piece.text, font=font, anchor="ls", embedded_color=True, fill="white")
    small = large.resize(
        (max(1, round(large.width * scale)), max(1, round(large.height * scale))), Images.Resampling.BOX
    )
    centre = baseline - size * 0.36
    image.paste(small.convert(image.mode), (round(x + left * scale), round(centre - small.height / 2)), small)


def _draw_notice(
    image: Image, x: float, baseline: float, piece: Piece, size: int, colour: Colour, shaper: Shaper
) -> None:
    """A dotted pill that says how many characters stand here that this machine cannot draw."""
    from PIL import Image as Images
    from PIL import ImageDraw

    k, inner = 4, round(size * _NOTICE_SCALE)
    width, height = round(piece.width - size * 0.2), round(size * 1.2)
    ring = Images.new("L", (width * k, height * k))
    draw = ImageDraw.Draw(ring)
    radius, dot = height * k / 2, max(1.0, size / 16) * k
    straight = width * k - 2 * radius
    around = 2 * straight + 2 * 3.14159 * radius
    count = max(8, round(around / (dot * 3.2)))
    for i in range(count):
        cx, cy = _on_pill(i / count * around, straight, radius - dot, radius)
        draw.ellipse((cx - dot / 2, cy - dot / 2, cx + dot / 2, cy + dot / 2), fill=200)
    left, top = round(x + size * 0.1), round(baseline - size * 0.36 - height / 2)
    image.paste((*colour, 255)[: len(image.getbands())], (left, top), ring.reduce(k))
    face = Face(vendored(), 0, "outline", False)
    start = left + (width - shaper._width(piece.text, face, inner, False)) / 2
    shaper.draw(image, start, baseline - size * 0.36 + inner * 0.36, [Atom(piece.text, face, "L")], inner, colour)


def _on_pill(along: float, straight: float, radius: float, middle: float) -> tuple[float, float]:
    """The point at a distance along the outline of a lying pill, clockwise from its upper left corner."""
    from math import cos, pi, sin

    arc = pi * middle
    if along < straight:
        return middle + along, middle - radius
    if along < straight + arc:
        turn = (along - straight) / middle - pi / 2
        return middle + straight + radius * cos(turn), middle + radius * sin(turn)
    if along < 2 * straight + arc:
        return middle + straight - (along - straight - arc), middle + radius
    turn = (along - 2 * straight - arc) / middle + pi / 2
    return middle + radius * cos(turn), middle + radius * sin(turn)
