"""Path globs: `*` and `?` stay inside one folder, `**` crosses folders, `[a-z]` and `[!a-z]` are sets.

A glob may come from a stranger, so matching takes time in proportion to the lengths of glob and path, never more: a
set of places in the glob is carried along the path, folder by folder, and within a name nothing is tried twice.
"""

from __future__ import annotations

import re

_MAGIC = "*?["
_ANY = None


class Glob:
    """A glob over project-relative POSIX paths."""

    def __init__(self, glob: str) -> None:
        self._parts: list[re.Pattern[str] | None] = []
        *folders, name = glob.split("/")
        for part in folders:
            if part == "**":
                if not self._parts or self._parts[-1] is not _ANY:
                    self._parts.append(_ANY)
            else:
                self._parts.append(_pattern(part))
        self._parts.append(_pattern(name))

    def matches(self, path: str) -> bool:
        """Whether the whole path fits."""
        parts = self._parts
        places = {0}
        for name in path.split("/"):
            here = set(places)
            here.update(place + 1 for place in places if place < len(parts) and parts[place] is _ANY)
            places = set()
            for place in here:
                if place >= len(parts):
                    continue
                part = parts[place]
                if part is _ANY:
                    places.add(place)
                elif part.fullmatch(name):
                    places.add(place + 1)
            if not places:
                return False
        return len(parts) in places


def is_glob(name: str) -> bool:
    """Whether a name stands for the files that match it."""
    return any(char in name for char in _MAGIC)


def fixed_folder(glob: str) -> str:
    """The folder that everything a glob matches lies in; empty for the project itself."""
    return glob[: min(glob.index(char) for char in _MAGIC if char in glob)].rpartition("/")[0]


def _pattern(part: str) -> re.Pattern[str]:
    """One name of a glob.  A stretch between two stars is found at its first place, and no other is ever tried."""
    pieces = _pieces(part)
    out = [pieces[0]]
    out += [f"(?>.*?{piece})" for piece in pieces[1:-1] if piece]
    if len(pieces) > 1:
        out.append(f".*{pieces[-1]}")
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error:  # a range from back to front: then the brackets are only characters
        return re.compile(re.escape(part))


def _pieces(part: str) -> list[str]:
    """The stretches between the stars of a name, each as a pattern of fixed length."""
    pieces, at = [""], 0
    while at < len(part):
        char = part[at]
        end = part.find("]", at + 1) if char == "[" else -1
        if char == "*":
            pieces.append("")
        elif char == "?":
            pieces[-1] += "."
        elif end > at + 1:
            inside = part[at + 1 : end]
            without = inside.startswith("!")
            members = re.escape(inside[without:]).replace("\\-", "-")
            pieces[-1] += f"[{'^' * without}{members}]"
            at = end
        else:
            pieces[-1] += re.escape(char)
        at += 1
    return pieces
