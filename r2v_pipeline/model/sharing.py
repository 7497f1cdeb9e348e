"""Edits inside what an anchor repeats: an edit is right only when it is right everywhere the text is read.

`&base` and `*base`, or `<<: *base`, read one text in several places.  A diagnostic proposes its edit for the place that
it is about; when the other places that read the same characters do not propose the very same, it is left to the author.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from r2v_pipeline.diagnostics import Diagnostic, SourceText
from r2v_pipeline.source.nodes import Map, Seq

_BITS, _MASK = 32, (1 << 32) - 1


def agreed(found: Sequence[Diagnostic], roots: Iterable[Any]) -> list[Diagnostic]:
    """The diagnostics, without the edits that not every reader of the edited text asks for.

    `roots` are the data of the files, `found` has a diagnostic for each place: what is repeated is proposed repeatedly.
    """
    wanted = Counter(edit for d in found for edit in d.edits if "&" in edit.span.source.text)
    if not wanted:
        return list(found)
    spots: dict[SourceText, list[int]] = {}
    for edit in wanted:
        spots.setdefault(edit.span.source, []).append(edit.span.start)
    readers: Counter[tuple[SourceText, int]] = Counter()
    for root in roots:
        if isinstance(root, (Map, Seq)) and root.source in spots:
            starts = sorted(set(spots[root.source]))
            readers.update((root.source, start) for start in _read(root, starts))
    return [
        d
        if all(wanted[e] == readers[e.span.source, e.span.start] for e in d.edits if e in wanted)
        else d._replace(edits=())
        for d in found
    ]


def _read(root: Map | Seq, spots: list[int]) -> Iterator[int]:
    """Each of the sorted offsets as often as the entry that it lies in is reached; `x-` keys are read by nobody."""
    open_: list[Any] = [root]
    while open_:
        holder = open_.pop()
        for key, value in _entries(holder):
            mark = _mark(holder, key)
            first, start, end = mark >> 2 * _BITS, (mark >> _BITS) & _MASK, mark & _MASK
            inside = isinstance(value, (Map, Seq))
            if isinstance(key, str):  # with its key; what stands inside a map or list is counted there
                start, end = first, first + len(key) + 2 if inside else end
            at = bisect_left(spots, start)
            while at < len(spots) and spots[at] < end and not (inside and isinstance(key, int)):
                yield spots[at]
                at += 1
            if inside:
                open_.append(value)


def _entries(holder: Map | Seq) -> Iterator[tuple[str | int, Any]]:
    if isinstance(holder, Map):
        return ((key, value) for key, value in holder.items() if not key.startswith("x-"))
    return enumerate(holder)


def _mark(holder: Any, key: Any) -> int:
    """Where an entry is written: for a merged key in the map that it was merged from."""
    while isinstance(holder, Map) and key not in holder.marks:
        holder = (holder.merged or {})[key]
    mark: int = holder.marks[key]
    return mark
