"""The value forms of the language, read into integers: durations, ranges, sizes, gains.

Every reader takes what the schema lets through (text or a number) and returns None for anything else, so that one wrong
value is reported once, by the schema, and never again by what reads it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any


def duration_ms(value: Any) -> int | None:
    """`2s`, `2.5s`, `1:10` (m:ss) or a plain number of seconds, in milliseconds; None when it is none of these."""
    if isinstance(value, str):
        return _written_ms(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return round(value * 1000)


@lru_cache(maxsize=1024)
def _written_ms(text: str) -> int | None:
    """A storyboard writes the same few lengths over and over."""
    minutes, colon, rest = text.strip().rpartition(":")
    seconds = rest if colon else rest.removesuffix("s").rstrip()
    if not _is_decimal(seconds) or (colon and not (_is_decimal(minutes) and "." not in minutes)):
        return None
    if colon and len(seconds.partition(".")[0]) > 2:
        return None
    return (int(minutes) * 60_000 if colon else 0) + _milliseconds(seconds)


def _is_decimal(text: str) -> bool:
    """`2`, `2.5`: ASCII digits with at most one point between them."""
    whole, point, fraction = text.partition(".")
    return text.isascii() and whole.isdecimal() and (fraction.isdecimal() or not point)


def _milliseconds(seconds: str) -> int:
    """Decimal text to milliseconds without a float in between: 2.0005 must round the same everywhere."""
    whole, _, fraction = seconds.partition(".")
    digits = (fraction + "0000")[:4]
    return int(whole) * 1000 + (int(digits) + 5) // 10


def range_ms(value: Any) -> tuple[int, int] | None:
    """`0-2s`, `0s-2s`, `0:00-0:02` as start and end in milliseconds; None when it is no range."""
    if not isinstance(value, str):
        return None
    first, dash, second = value.replace("–", "-").partition("-")
    start, end = duration_ms(first), duration_ms(second)
    if not dash or start is None or end is None:
        return None
    return start, end


def size(value: Any) -> tuple[int, int] | None:
    """`1920x1080` as width and height in pixels."""
    return _pair(value.strip().replace("×", "x"), "x") if isinstance(value, str) else None


def ratio(value: str) -> tuple[int, int] | None:
    """`16:9` as two integers."""
    return _pair(value.strip(), ":")


def _pair(text: str, between: str) -> tuple[int, int] | None:
    first, _, second = text.partition(between)
    if not (text.isascii() and first.isdecimal() and second.isdecimal() and len(text) < 12):
        return None
    return (int(first), int(second)) if int(first) and int(second) else None


def gain_db(value: Any) -> float:
    """`-6dB` as decibels; 0 for anything else."""
    text = value.strip().removesuffix("dB").rstrip() if isinstance(value, str) else ""
    amount = text[1:] if text[:1] in ("+", "-") else text
    return float(text) if _is_decimal(amount) else 0.0


def money_micros(value: Any) -> tuple[int, str] | None:
    """`12 USD`, `4.50 EUR` as millionths and a currency; None for anything else."""
    amount, _, currency = value.strip().partition(" ") if isinstance(value, str) else ("", "", "")
    whole, _, fraction = amount.partition(".")
    if not _is_decimal(amount) or len(fraction) > 6 or not currency.isalpha():
        return None
    return int(whole) * 1_000_000 + int(f"{fraction:0<6}"), currency


def seconds_text(ms: int) -> str:
    """Milliseconds as seconds without useless zeros: 2, 2.5, 0.125."""
    whole, rest = divmod(ms, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def seconds_value(ms: int) -> int | float:
    """Milliseconds as a number of seconds for templates: 2, not 2.0."""
    return ms / 1000 if ms % 1000 else ms // 1000


def clock_text(ms: int) -> str:
    """Milliseconds as mm:ss, with milliseconds only when there are any: 00:04, 00:02.500."""
    whole, rest = divmod(ms, 1000)
    text = f"{whole // 60:02d}:{whole % 60:02d}"
    return f"{text}.{rest:03d}" if rest else text
