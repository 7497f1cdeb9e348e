"""YAML 1.2 core types of plain scalars, and no others.

PyYAML's own resolver follows YAML 1.1: `no` becomes False, `1:10` becomes 70, `2024-01-01` a date.  In a language of
timecodes that is silent corruption, so plain text is text unless it is null, true, false or a core-schema number.
"""

from __future__ import annotations

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
_DECIMAL = frozenset("-+.0123456789eE")
_ENDLESS = frozenset((".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"))

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
    """A number of the core schema, or the text itself.  No regular expression: compiling one costs more than a file."""
    body = text[1:] if text[0] in "-+" else text
    if body in _ENDLESS:
        raise NotANumber(f"{text} is not a number that can be used here")
    value: Any = text
    try:
        if body.isdecimal() and body.isascii():
            value = int(text) if len(text) <= LONGEST_NUMBER else 0
        elif body is text and body[:2] in ("0x", "0o") and body[2:].isalnum() and body.isascii():
            value = int(text, 0) if len(text) <= LONGEST_NUMBER else 0
        elif body and _DECIMAL.issuperset(body) and body[0] not in "-+eE":
            value = float(text)
    except ValueError:  # `1.2.3`, `1-2`, `0xyz`: text that begins like a number
        return text
    if value is not text and len(text) > LONGEST_NUMBER:
        raise NotANumber(f"a number of {len(text)} characters")
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
