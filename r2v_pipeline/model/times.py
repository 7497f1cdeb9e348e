"""The value forms of the language, read into integers: durations, ranges, sizes, gains.

Every reader takes what the schema lets through (text or a number) and returns None for anything else, so that one wrong
value is reported once, by the schema, and never again by what reads it.
"""

from __future__ import annotations

import re
from typing import Any

_SECONDS = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*s?")
_CLOCK = re.compile(r"([0-9]+):([0-5]?[0-9](?:\.[0-9]+)?)")
_SIZE = re.compile(r"([0-9]{2,5})[x×]([0-9]{2,5})")
_RATIO = re.compile(r"([0-9]{1,4}):([0-9]{1,4})")
_GAIN = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?)\s*dB")


def duration_ms(value: Any) -> int | None:
    """`2s`, `2.5s`, `1:10` (m:ss) or a plain number of seconds, in milliseconds; None when it is none of these."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return round(value * 1000)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if match := _SECONDS.fullmatch(text):
        return _milliseconds(match[1])
    if match := _CLOCK.fullmatch(text):
        return int(match[1]) * 60_000 + _milliseconds(match[2])
    return None


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
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return (int(match[1]), int(match[2])) if match else None


def ratio(value: str) -> tuple[int, int] | None:
    """`16:9` as two integers."""
    match = _RATIO.fullmatch(value.strip())
    return (int(match[1]), int(match[2])) if match and int(match[1]) and int(match[2]) else None


def gain_db(value: Any) -> float:
    """`-6dB` as decibels; 0 for anything else."""
    match = _GAIN.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(match[1]) if match else 0.0


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
