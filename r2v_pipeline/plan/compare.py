"""Ingredients then and now as the innermost values that differ, without what only repeats another of them.

A key is made of what is sent, and what is sent says some things twice: the prompt, and the segments of a drawn board; a
reference, and its place in the body.  A person wants to read each of them once, where it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from r2v_pipeline.canonical import canonical

_NOTHING = object()

# A list of names, and the path under which each name has ingredients of its own.
_LISTS = {"references": "references", "order": "shots"}

# Parts of a body that a body has from another ingredient, which tells it better.
_TOLD_BY = {
    "body.segments": "prompt",
    "body.style": "prompt",
    "body.references": "references",
    "body.first_frame": "references",
}


class Leaf(NamedTuple):
    """One value that differs: `change` is `changed`, `added` or `removed`; the missing side is None.

    `root` is the path of the ingredient that holds it.
    """

    root: str
    path: str
    change: str
    before: Any
    after: Any


def leaves(old: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Leaf, ...]:
    """What differs: the prompt first, then in the order of `now`, what is gone last by path."""
    found: list[Leaf] = []
    for path in sorted(now, key=lambda path: path != "prompt"):
        found += _below(path, path, old.get(path, _NOTHING), now[path])
    for path in sorted(old.keys() - now.keys()):
        found.append(Leaf(path, path, "removed", old[path], None))
    return tuple(_size(list(_once(found))))


def same_json(before: Any, after: Any) -> bool:
    """Equality as JSON: `1` is not `true`, and a tuple is the list that a ledger gives back."""
    if type(before) is type(after) and isinstance(before, (str, int)):
        return bool(before == after)
    return canonical(before) == canonical(after)


def _below(root: str, path: str, before: Any, after: Any) -> Iterator[Leaf]:
    if before is _NOTHING:
        yield Leaf(root, path, "added", None, after)
    elif after is _NOTHING:
        yield Leaf(root, path, "removed", before, None)
    elif not same_json(before, after):
        old, new = _children(before), _children(after)
        if path in _LISTS and old is not None and new is not None:
            yield from _names(path, list(old.values()), list(new.values()))
        elif old is None or new is None:
            yield Leaf(root, path, "changed", before, after)
        else:
            for name in dict.fromkeys((*new, *old)):
                yield from _below(root, f"{path}.{name}", old.get(name, _NOTHING), new.get(name, _NOTHING))


def _names(path: str, before: list[Any], after: list[Any]) -> Iterator[Leaf]:
    """Names that came and went; the order only where it is all that changed."""
    inner = _LISTS[path]
    for name in after:
        if name not in before:
            yield Leaf(path, f"{inner}.{name}", "added", None, name)
    for name in before:
        if name not in after:
            yield Leaf(path, f"{inner}.{name}", "removed", name, None)
    if sorted(map(str, before)) == sorted(map(str, after)):
        yield Leaf(path, path, "changed", before, after)


def _children(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        return value
    return {str(i): item for i, item in enumerate(value)} if isinstance(value, (list, tuple)) else None


def _once(found: list[Leaf]) -> Iterable[Leaf]:
    groups = {leaf.root.partition(".")[0] for leaf in found}
    whole = {leaf.path for leaf in found if leaf.change != "changed" and leaf.root in _LISTS}
    for leaf in found:
        told_by = next((by for field, by in _TOLD_BY.items() if _inside(leaf.path, field)), None)
        if told_by in groups:
            continue
        if leaf.root not in _LISTS and any(_inside(leaf.path, path) for path in whole):
            continue
        yield leaf


def _size(found: list[Leaf]) -> list[Leaf]:
    """A resolution is one setting, although a body may send it as two numbers."""
    at = {leaf.path: index for index, leaf in enumerate(found) if leaf.change == "changed"}
    wide, high = at.get("body.width"), at.get("body.height")
    if wide is None or high is None:
        return found
    width, height = found[wide], found[high]
    before, after = f"{width.before}x{height.before}", f"{width.after}x{height.after}"
    found[wide] = width._replace(path="body.size", before=before, after=after)
    return [leaf for leaf in found if leaf is not height]


def _inside(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")
