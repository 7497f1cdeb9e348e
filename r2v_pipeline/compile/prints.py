"""Texts that only print names, some through a filter such as `{{ mia | upper }}`: expanded here as Jinja would.

Nearly every text that asks more than `{{ dotted.names }}` asks this.  Six filters without arguments are a line each,
and spare such a storyboard the process in which whole templates render.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from r2v_pipeline.compile.scope import RESERVED, Scope

_WORD_START = re.compile(r"([-\s({\[<]+)")


def _title(text: str) -> str:
    return "".join(part[0].upper() + part[1:].lower() for part in _WORD_START.split(text) if part)


FILTERS: dict[str, Callable[[str], str]] = {
    "capitalize": str.capitalize,
    "lower": str.lower,
    "string": str,
    "title": _title,
    "trim": str.strip,
    "upper": str.upper,
}

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PRINT = re.compile(rf"\{{\{{\s*({_NAME}(?:\.{_NAME})*)\s*((?:\|\s*(?:{'|'.join(FILTERS)})\s*)*)\}}\}}")
_NONE = object()


def expand_prints(text: str, scope: Scope) -> str | None:
    """The expanded text; None where it holds more than names and these filters, or a name has no value to print."""
    parts = _parts(text)
    if parts is None:
        return None
    out = list(parts[0::3])
    mentions: list[tuple[str, bool]] = []
    for number, (path, filters) in enumerate(zip(parts[1::3], parts[2::3], strict=True)):
        value = _value(path, scope, mentions)
        if value is None:
            return None
        for name in filters.replace("|", " ").split():
            value = FILTERS[name](value)
        out[number] += value
    for mention in mentions:
        scope.mention(*mention)
    return "".join(out)


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str, ...] | None:
    """A text as literal, name, filters, literal, name, filters, …, literal."""
    found = tuple(_PRINT.split(text))
    if len(found) != 3 * text.count("{{") + 1 or "{%" in text or "{#" in text or "{{{" in text or "}}}" in text:
        return None
    return None if any(path.partition(".")[0] in RESERVED for path in found[1::3]) else found


def _value(path: str, scope: Scope, mentions: list[tuple[str, bool]]) -> str | None:
    root, *fields = path.split(".")
    found = scope.member(root)
    if found and not fields:
        mentions.append((found[0].id, True))
        word = scope.names[found[0].id]
        return word[:1].upper() + word[1:] if found[1] else word
    if found:
        mentions.append((found[0].id, False))
    value: Any = found[0].fields if found else scope.roots.get(root, _NONE)
    for field in fields:
        if not isinstance(value, Mapping) or field not in value:
            return None
        value = value[field]
    return None if value is _NONE or isinstance(value, (Mapping, list)) else str(value)
