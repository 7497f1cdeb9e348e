"""One line of text: a font for each character, directions, widths.

Widths are measured once at `MEASURE` pixels and scaled: at the size itself the renderer would round each advance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.media.fonts import Face, Library, east_asian_language, library, sized, vendored
from r2v_pipeline.media.graphemes import clean, clusters, direction, in_words, is_emoji, writing
from r2v_pipeline.media.inking import (
    EMOJI_SCALE,
    NOTICE_PADDING,
    NOTICE_SCALE,
    Colour,
    Piece,
    ink_notice,
    ink_picture,
    ink_text,
    ordered,
)

if TYPE_CHECKING:
    from PIL.Image import Image

MEASURE = 64


class Atom(NamedTuple):
    """The smallest thing that a line is made of.

    A cluster with its face; or, with `face` None, a notice that stands for a run of characters no font has.
    """

    text: str
    face: Face | None
    direction: str


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
                ink_notice(image, x, baseline, piece, size, colour)
            elif piece.face.paint == "outline":
                ink_text(image, x, baseline, piece, size, colour)
            else:
                ink_picture(image, x, baseline, piece, size)
            x += piece.width

    def _width(self, text: str, face: Face | None, size: int, right_to_left: bool) -> float:
        if face is None:
            inner = self._width(text, Face(vendored(), 0, "outline", False), MEASURE, False)
            return (inner * NOTICE_SCALE / MEASURE + NOTICE_PADDING) * size
        key = (text, face.path, face.number, right_to_left)
        if key not in self._widths:
            if len(self._widths) > 50_000:
                self._widths.clear()
            font, scale = sized(face.path, face.number, face.paint, MEASURE)
            shown, way = ordered(text, right_to_left)
            factor = EMOJI_SCALE if face.paint != "outline" else 1.0
            self._widths[key] = font.getlength(shown, direction=way) * scale * factor / MEASURE
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
