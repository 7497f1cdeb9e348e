"""The small words that every report shares: amounts, lengths, counts and aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

from r2v_pipeline.plan.amounts import money as money
from r2v_pipeline.plan.amounts import price as price


def counted(number: int, noun: str) -> str:
    """`1 shot`, `2 shots`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def number(numerator: int, denominator: int) -> int | float:
    """A quotient as a JSON number: whole where it is whole, so that `0` is not written `0.0`."""
    return numerator // denominator if numerator % denominator == 0 else numerator / denominator


def seconds(milliseconds: int) -> str:
    """`10 s`, `2.5 s`."""
    return f"{number(milliseconds, 1000)} s"


def elapsed(duration: float) -> str:
    """A wall-clock length in seconds, as rough as it is read: `4.1 s`, `1:10`, `2:03:20`."""
    if duration < 59.95:
        return f"{max(duration, 0.0):.1f} s"
    minutes, rest = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def ago(duration: float) -> str:
    """How long past something is, in its largest unit; a clock that was set back gives `just now`."""
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if duration >= unit:
            return f"{counted(int(duration // unit), name)} ago"
    return "just now"


def size(count: int) -> str:
    """Bytes for people, in thousands as disks are sold: `812 B`, `1.2 MB`."""
    if count < 1000:
        return f"{count} B"
    amount, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while amount >= 999.95 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.1f} {units[0]}"


def columns(rows: Sequence[Sequence[str]], indent: str = "  ", gap: str = "  ") -> list[str]:
    """Rows with each column as wide as its widest cell; a column that is empty in every row takes no room."""
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    kept = [i for i, width in enumerate(widths) if width]
    return [indent + gap.join(row[i].ljust(widths[i]) for i in kept).rstrip() for row in rows]
