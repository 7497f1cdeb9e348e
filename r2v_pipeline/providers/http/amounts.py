"""Money as services write it: decimal text mostly, sometimes a JSON number; millionths here, never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# What one clip can cost at most before it must be a mistake, in millionths.
_MOST = 1_000_000 * 1_000_000


def micros_of(value: object) -> int | None:
    """An amount in millionths, rounded half up; None for what is none: a word, a sign, NaN, a sum beyond all sense."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        amount = Decimal(str(value)) * 1_000_000
        micros = int(amount.to_integral_value(ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return micros if 0 <= micros <= _MOST else None
