"""YAML 1.2 core types of plain scalars, and no others.

PyYAML's own resolver follows YAML 1.1: `no` becomes False, `1:10` becomes 70, `2024-01-01` a date.  In a language of
timecodes that is silent corruption, so plain text is text unless it is null, true, false or a core-schema number.
"""

from __future__ import annotations

import re
from typing import Any

_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_STARTS = frozenset("-+.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

LONGEST_NUMBER = 32


class NotANumber(ValueError):
    """A plain scalar in the form of a number that r2v does not take; the message says why."""


def plain(text: str) -> Any:
    """The value of a plain (unquoted) scalar.

    Raises:
        NotANumber: for infinities, not-a-number, and numbers of more than 32 characters.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS:
        return text
    return _number(text)


def _number(text: str) -> Any:
    if _ENDLESS.fullmatch(text):
        raise NotANumber(f"{text} is not a number that can be used here")
    whole = _INTEGER.fullmatch(text)
    based = None if whole else _BASED.fullmatch(text)
    if not (whole or based or _FLOAT.fullmatch(text)):
        return text
    if len(text) > LONGEST_NUMBER:
        raise NotANumber(f"a number of {len(text)} characters")
    if whole:
        return int(text)
    if based:
        return int(text, 0)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotANumber(f"{text} is too large a number")
    return value


def tagged(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit core tag such as `!!str`.

    Raises:
        ValueError: when the text is not of that type, or the tag is not of the core schema.
    """
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind == "str" or tag == "!":
        return text
    wanted = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
    if kind not in wanted:
        raise ValueError(f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} is not one of YAML's core types")
    value = plain(text)
    if not isinstance(value, wanted[kind]) or (kind in ("int", "float") and isinstance(value, bool)):  # type: ignore[arg-type]
        raise ValueError(f"{text!r} is not a {kind}")
    return float(value) if kind == "float" else value
