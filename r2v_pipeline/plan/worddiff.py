"""Two versions of a text, word by word; Chinese and Japanese, which write no spaces, character by character.

`why` shows one job's texts with it and `diff` a whole storyboard's, so both name the same words.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Han (with its extensions and compatibility forms) and kana: no spaces between words, so each character is a word.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+(?:['’-][^\W{CJK}]+)*|[^\w\s]|_")
_TEXTUAL = re.compile(rf"\s|[{CJK}]")

# Comparing is quadratic: past this many pairs of words the changed stretch is shown whole, in both versions.
_MOST_PAIRS = 1_000_000


class Edit(NamedTuple):
    """A stretch of the two texts: `op` is `equal`, `del` or `ins`; `at` is where it starts in the later text.

    The later text is exactly the `equal` and `ins` stretches joined.  White space before a removed word belongs to the
    word.  For `del`, `at` is the place it was cut from.
    """

    op: str
    text: str
    at: int


class _Words:
    """A text cut into words; each owns the white space before it, the last also what follows."""

    def __init__(self, text: str) -> None:
        self.text = text
        found = list(_WORD.finditer(text))
        self.words = [match.group() for match in found]
        self.ends = [0, *(match.end() for match in found)]
        self.ends[-1] = len(text)

    def part(self, start: int, end: int) -> str:
        return self.text[self.ends[start] : self.ends[end]] if end > start else ""


def is_text(value: object) -> bool:
    """Whether a value is prose worth comparing by words: a setting such as `720p` or a digest is not."""
    return isinstance(value, str) and _TEXTUAL.search(value) is not None


def word_diff(before: str, after: str) -> tuple[Edit, ...]:
    """What was taken out of `before` and put in to make `after`; texts that differ only in spaces are shown whole."""
    if before == after:
        return _merged([Edit("equal", after, 0)])
    old, new = _Words(before), _Words(after)
    edits: list[Edit] = []
    for equal, i1, i2, j1, j2 in _opcodes(old.words, new.words):
        if equal:
            edits.append(Edit("equal", new.part(j1, j2), new.ends[j1]))
            continue
        removed, added = old.part(i1, i2), new.part(j1, j2)
        space = len(added) - len(added.lstrip())
        at = new.ends[j1] + space
        edits += [
            Edit("equal", added[:space], new.ends[j1]),  # the space before a new word is no change
            Edit("del", removed.lstrip() if added else removed, at),
            Edit("ins", added[space:], at),
        ]
    joined = "".join(edit.text for edit in edits if edit.op != "del")
    if joined != after or all(edit.op == "equal" or not edit.text for edit in edits):
        edits = [Edit("del", before, 0), Edit("ins", after, 0)]
    return _merged(edits)


def _merged(edits: list[Edit]) -> tuple[Edit, ...]:
    merged: list[Edit] = []
    for edit in edits:
        if not edit.text:
            continue
        if merged and edit.op == "equal" == merged[-1].op:
            start = merged.pop()
            edit = Edit("equal", start.text + edit.text, start.at)
        merged.append(edit)
    return tuple(merged)


def _opcodes(old: list[str], new: list[str]) -> list[tuple[bool, int, int, int, int]]:
    """Stretches as (equal, old start, old end, new start, new end); what both texts share at the ends is cut off first.

    Most edits change one word of a long prompt: then nothing is left to compare.
    """
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    codes = [(True, 0, head, 0, head)] if head else []
    if len(middle_old) * len(middle_new) <= _MOST_PAIRS and not set(middle_old).isdisjoint(middle_new):
        codes += _compared(middle_old, middle_new, head)
    elif middle_old or middle_new:
        codes.append((False, head, len(old) - tail, head, len(new) - tail))
    if tail:
        codes.append((True, len(old) - tail, len(old), len(new) - tail, len(new)))
    return codes


def _compared(old: list[str], new: list[str], offset: int) -> list[tuple[bool, int, int, int, int]]:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [
        (tag == "equal", i1 + offset, i2 + offset, j1 + offset, j2 + offset)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
    ]
