"""Keys that somebody pasted into a storyboard: found before anything is parsed, and never shown.

A storyboard is committed, reviewed, quoted in reports and sent to vendors; a key in it is a key lost.  What is found
is covered with asterisks of the same length, so that no later message, whatever it quotes, can hold it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

# Only where there is a beginning is its pattern tried.
_KEYS = (
    ("sk-", r"sk-[A-Za-z0-9_-]{20,}", "a secret API key"),
    ("vck_", r"vck_[A-Za-z0-9]{20,}", "a key of the Vercel AI Gateway"),
    ("vercel_blob_rw_", r"vercel_blob_rw_[A-Za-z0-9_]{20,}", "a token of Vercel Blob"),
    ("LTAI", r"LTAI[A-Za-z0-9]{12,26}", "an access key of Alibaba Cloud"),
    ("AKIA", r"AKIA[A-Z0-9]{16}", "an access key of AWS"),
    ("AIza", r"AIza[A-Za-z0-9_-]{35}", "an API key of Google"),
    ("ghp_", r"ghp_[A-Za-z0-9]{36,}", "a token of GitHub"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{40,}", "a token of GitHub"),
    ("eyJhbGciOi", r"eyJhbGciOi[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", "a signed token"),
    (
        "-----BEGIN",
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?",
        "a private key",
    ),
)
# Texts are mostly made of these; without them what is left is quickly searched for what is left of a beginning.
_COMMON = bytes(sorted(b"abcdefghijlmnoqrstuvwxyz0123456789 \n.,:;!?'\"(){}[]/"))

_NAMES = ("_KEY", "_TOKEN", "_SECRET")
_SHORTEST = 16


class Secret(NamedTuple):
    """Characters of a text that nobody may see."""

    start: int
    end: int
    what: str


def find(text: str) -> tuple[Secret, ...]:
    """What looks like a key in a text, and what is one: a value of this machine's environment."""
    found = [*_of_a_form(text), *_of_this_machine(text)]
    return tuple(sorted(set(found))) if found else ()


def cover(text: str, secrets: tuple[Secret, ...]) -> str:
    """The text without them; every other character keeps its place."""
    for start, end, _ in secrets:
        hidden = "".join("\n" if char == "\n" else "*" for char in text[start:end])
        text = text[:start] + hidden + text[end:]
    return text


def _of_a_form(text: str) -> Iterator[Secret]:
    rare = text.encode(errors="replace").translate(None, _COMMON)
    for begin, pattern, what in _KEYS:
        if begin.encode().translate(None, _COMMON) not in rare or begin not in text:
            continue
        for found in re.finditer(pattern, text):
            before = text[found.start() - 1 : found.start()]
            inside = found.group()[len(begin) :]
            if not before.isalnum() and (begin.startswith("-") or _is_random(inside)):
                yield Secret(found.start(), found.end(), what)


def _is_random(text: str) -> bool:
    """Words with hyphens are no key: that has digits among its letters."""
    return any(char.isdigit() for char in text) and any(char.isalpha() for char in text)


def own_keys() -> dict[str, str]:
    """The keys in this machine's environment, by the names of their variables."""
    values = {name: value.strip() for name, value in os.environ.items() if name.endswith(_NAMES)}
    return {name: value for name, value in values.items() if len(value) >= _SHORTEST}


def _of_this_machine(text: str) -> Iterator[Secret]:
    for name, value in own_keys().items():
        at = text.find(value)
        while at >= 0:
            yield Secret(at, at + len(value), f"the value of {name}")
            at = text.find(value, at + len(value))
