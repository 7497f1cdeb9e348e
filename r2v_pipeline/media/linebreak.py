"""Where lines of a paragraph break, as pure arithmetic on widths.

All widths are for a size of one pixel, so that one measuring serves every size that is tried.
"""

from __future__ import annotations

from typing import NamedTuple

from r2v_pipeline.media.graphemes import is_east_asian, is_emoji
from r2v_pipeline.media.shaping import Atom, Shaper

# East Asian rule of the line's edge: closing marks do not begin a line, opening marks do not end one.
_NOT_FIRST = frozenset("、。，．！？；：）」』】〕》〉”’…・ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ!?,.;:)]}%°")
_NOT_LAST = frozenset("（「『【〔《〈“‘([{¿¡")
_BREAK_AFTER = frozenset("-–—/")
_WIDOW = 0.3  # a single last word shorter than this part of the line is worth avoiding


class Unit(NamedTuple):
    """A stretch that stays together, the space behind it (None: no space), and whether its line ends after it."""

    atoms: tuple[Atom, ...]
    width: float
    space: Atom | None
    space_width: float
    ends: bool


Row = list[Unit]


def units(atoms: list[Atom], shaper: Shaper) -> list[Unit]:
    """Atoms as units.  Line feeds end a line; spaces at either end of a line are dropped."""
    found: list[Unit] = []
    held: list[Atom] = []

    def close(space: Atom | None = None, ends: bool = False) -> None:
        if held or ends:
            wide = shaper.width([space], 100) / 100 if space else 0.0
            found.append(Unit(tuple(held), shaper.width(held, 100) / 100, space, wide, ends))
            held.clear()

    for i, atom in enumerate(atoms):
        if atom.text == "\n":
            close(ends=True)
        elif atom.text.isspace() and atom.text != "\u00a0":
            close(space=atom)
        else:
            held.append(atom)
            if i + 1 < len(atoms) and _may_break(atom, atoms[i + 1]):
                close()
    close()
    return found


def _may_break(left: Atom, right: Atom) -> bool:
    if right.text.isspace() or right.text[0] in _NOT_FIRST or left.text[-1] in _NOT_LAST:
        return False
    if left.face is None or right.face is None:
        return True
    if left.text in _BREAK_AFTER:
        return right.text.isalpha()
    return any(is_east_asian(a.text) or is_emoji(a.text) for a in (left, right))


def torn(unit: Unit, width: float, shaper: Shaper) -> list[Unit]:
    """A unit that is wider than a line, cut between clusters; else itself."""
    if unit.width <= width:
        return [unit]
    parts: list[list[Atom]] = []
    used = 0.0
    for atom in unit.atoms:
        wide = shaper.width([atom], 100) / 100
        if atom.face is None and wide > width:  # a notice cannot be cut: its bare number stands for it
            atom = atom._replace(text=atom.text.split(" ")[0])
            wide = shaper.width([atom], 100) / 100
        if parts and used + wide <= width:
            parts[-1].append(atom)
            used += wide
        else:
            parts.append([atom])
            used = wide
    made = [Unit(tuple(part), shaper.width(part, 100) / 100, None, 0.0, False) for part in parts]
    made[-1] = made[-1]._replace(space=unit.space, space_width=unit.space_width, ends=unit.ends)
    return made


def rows(whole: list[Unit], width: float) -> list[Row]:
    """Each line as full as it goes."""
    made: list[Row] = [[]]
    used = 0.0
    for unit in whole:
        if made[-1] and used + unit.width > width:
            made.append([])
            used = 0.0
        made[-1].append(unit)
        used += unit.width + unit.space_width
        if unit.ends:
            made.append([])
            used = 0.0
    while len(made) > 1 and not made[-1]:
        made.pop()
    return made


def better(whole: list[Unit], greedy: list[Row], width: float, balance: bool) -> list[Row]:
    """The same number of lines set narrower: all about equally long (`balance`), or just so that no widow is left."""
    if len(greedy) < 2 or not (balance or _has_widow(greedy, width)):
        return greedy
    narrowest = max(u.width for u in whole)
    steps = 24 if balance else 8
    best = greedy
    for step in range(1, steps + 1):
        trial = rows(whole, width - (width - narrowest) * step / steps)
        if len(trial) > len(greedy):
            break
        best = trial
        if not balance and not _has_widow(trial, width):
            return trial
    return best if balance or not _has_widow(best, width) else greedy


def _has_widow(made: list[Row], width: float) -> bool:
    """A short last line of one word, or of two characters where each is a unit of its own."""
    last, before = made[-1], made[-2] if len(made) > 1 else []
    few = len(last) < 2 or (len(last) == 2 and max(u.width for u in last) < 1.2)
    return few and len(before) > 2 and sum(u.width for u in last) < width * _WIDOW
