"""Replacing characters of a text, and nothing else of it.

Comments, quotes, order and layout of a storyboard are its author's: what is mended is written by position, and every
other character stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from r2v_pipeline.diagnostics import Diagnostic, Edit


class Overlap(ValueError):
    """Two edits want the same characters, so there is no one right text."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; the same edit given twice is made once.

    Raises:
        Overlap: when two different edits meet, also where both only insert.
    """
    pieces, done = [], 0
    last: Edit | None = None
    for edit in sorted(set(edits), key=_place):
        start, end = edit.span.start, edit.span.end
        if last is not None and _meet(last, edit):
            raise Overlap(f"two edits at {edit.span}")
        pieces += [text[done:start], edit.text]
        done, last = end, edit
    return "".join([*pieces, text[done:]])


def together(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics that can be mended at once: each whole or not at all, the first of two that meet.

    Those left out stay to be found in the mended text.
    """
    chosen: list[Diagnostic] = []
    taken: dict[int, list[Edit]] = {}
    for one in diagnostics:
        if one.edits and not _collide(one.edits, taken):
            chosen.append(one)
            for edit in one.edits:
                for slot in _slots(edit):
                    taken.setdefault(slot, []).append(edit)
    return tuple(chosen)


_SLOT = 256  # characters: edits are looked for among the neighbours only, so thousands of them take no longer each


def _slots(edit: Edit) -> range:
    return range(edit.span.start // _SLOT, edit.span.end // _SLOT + 1)


def _collide(edits: Sequence[Edit], taken: dict[int, list[Edit]]) -> bool:
    own = [(a, b) for i, a in enumerate(edits) for b in edits[:i]]
    near = [(edit, other) for edit in edits for slot in _slots(edit) for other in taken.get(slot, ())]
    return any(a != b and a.span.source is b.span.source and _meet(*sorted((a, b), key=_place)) for a, b in own + near)


def _meet(first: Edit, second: Edit) -> bool:
    """Whether the second, which starts no earlier, touches a character of the first, or its very place."""
    return second.span.start < first.span.end or second.span.start == first.span.start


def _place(edit: Edit) -> tuple[int, int, str]:
    return edit.span.start, edit.span.end, edit.text
