"""Which of many diagnostics are shown in full, and in which line the others are told.

A thousand mistakes mostly have three causes.  Each cause is shown a few times, where it is met first; the others of
its kind follow in one line under the last one shown, with their places, so that nothing is lost and all of it is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.report.safe import safe

# How often one message, one kind of message and one code are shown in full.
_SAME, _KIND, _CODE = 3, 5, 15

# Places named in the line that tells the rest.
_PLACES = 10

# What differs between two messages of one kind: names in quotes and figures.
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|\d+(?:[.,]\d+)*")


class Block(NamedTuple):
    """A diagnostic shown in full, and those like it that are only told."""

    shown: Diagnostic
    rest: tuple[Diagnostic, ...]


def fold(diagnostics: Sequence[Diagnostic]) -> list[Block]:
    """Every diagnostic once, shown or in a `rest`, the shown ones in their order."""
    shown: list[Diagnostic] = []
    rest: dict[int, list[Diagnostic]] = {}
    met: Counter[tuple[str, ...]] = Counter()
    last: dict[tuple[str, ...], int] = {}
    for d in diagnostics:
        names = _names(d)
        if all(met[name] < most for name, most in zip(names, (_SAME, _KIND, _CODE), strict=True)):
            met.update(names)
            last.update(dict.fromkeys(names, len(shown)))
            shown.append(d)
        else:
            block = next(last[name] for name in names if name in last)
            rest.setdefault(block, []).append(d)
    return [Block(d, tuple(rest.get(number, ()))) for number, d in enumerate(shown)]


def _names(d: Diagnostic) -> tuple[tuple[str, ...], ...]:
    """What a diagnostic counts under, the narrowest first: its message, its kind, its code."""
    code = (d.severity, d.code)
    kind = (*code, "kind", _PARTICULAR.sub("", d.message))
    return (*code, d.message), kind, code


def rest_text(rest: Sequence[Diagnostic]) -> str:
    """`997 more like this: storyboard.yaml:12, 16, 20, …`."""
    places: dict[tuple[str, int], None] = {}
    whole = True
    for d in rest:
        if d.span:
            if len(places) == _PLACES:
                whole = False
                break
            places[d.span.file, d.span.line] = None
    files = groupby(places, key=lambda place: place[0])
    named = "; ".join(f"{safe(file)}:{', '.join(str(line) for _, line in group)}" for file, group in files)
    end = "" if whole else ", …"
    return f"{len(rest):,} more like this" + (f": {named}{end}" if named else "")


def summary_lines(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """How often each code occurs and what it is called, the most frequent first; nothing for a single one."""
    counts = Counter(d.code for d in diagnostics).most_common()
    if len(counts) < 2:
        return []
    from r2v_pipeline.explain.pages import title

    wide = len(f"{counts[0][1]:,}")
    return [f"  {number:>{wide},}  {safe(code)}  {title(code)}".rstrip() for code, number in counts]
