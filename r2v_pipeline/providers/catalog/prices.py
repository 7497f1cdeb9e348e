"""What one clip costs by its vendor's own rule, in exact integers.

Billed time is the clip's own seconds, the seconds of reference videos that the vendor counts, and what it adds to every
clip.  What nobody can tell (the length of a video behind a URL, a charge that may be passed on) makes a range.
"""

from typing import NamedTuple

from r2v_pipeline.providers.base import Cost
from r2v_pipeline.providers.catalog.types import Asked, Billing, Entry

UNKNOWN = Cost(0, 0, "", known=False)


class Billed(NamedTuple):
    """Milliseconds from the least to the most that can be billed."""

    low: int
    high: int


def price(entry: Entry, asked: Asked, duration_ms: int) -> Cost:
    """The price of one clip of `duration_ms` (what is asked of the model, not what the film takes of it)."""
    rate = next((rate for rate in entry.rates if rate.when.holds(asked)), None)
    billed = billed_ms(entry, asked, duration_ms)
    if rate is None or billed is None:
        return UNKNOWN
    return Cost(_micros(billed.low, rate.micros), _micros(billed.high, rate.micros), rate.currency)


def billed_ms(entry: Entry, asked: Asked, duration_ms: int) -> Billed | None:
    """The time that the vendor bills for a clip; None where nothing bounds it."""
    billing = entry.billing
    own = billing.fixed_ms or duration_ms
    taken = input_ms(entry, asked, own)
    if taken is None:
        return None
    plus = next((Billed(rule.least_ms, rule.most_ms) for rule in billing.plus if rule.when.holds(asked)), Billed(0, 0))
    return Billed(own + taken.low + plus.low, own + taken.high + plus.high)


def input_ms(entry: Entry, asked: Asked, clip_ms: int) -> Billed | None:
    """The billed time of reference videos; None where one has no known length and no rule bounds it."""
    billing = entry.billing
    if not asked.video_ms or not (billing.caps_ms or billing.input_at_least_clip):
        return Billed(0, 0)
    if billing.input_at_least_clip:
        known = [length for length in asked.video_ms if length is not None]
        whole = max(clip_ms, sum(known))
        return Billed(whole, whole) if len(known) == len(asked.video_ms) else None
    taken = _capped(billing, asked)
    limit = entry.media.get("video")
    if limit is not None and limit.total_ms:
        taken = Billed(min(taken.low, limit.total_ms), min(taken.high, limit.total_ms))
    return taken if billing.input_certain else Billed(0, taken.high)


def _capped(billing: Billing, asked: Asked) -> Billed:
    """Each video as far as the cap for their number goes; one of unknown length from nothing to its cap."""
    counted = len(asked.video_ms) + (asked.images if billing.over == "all" else 0)
    cap = billing.caps_ms[min(counted, len(billing.caps_ms)) - 1]
    known = sum(min(length, cap) for length in asked.video_ms if length is not None)
    return Billed(known, known + cap * sum(length is None for length in asked.video_ms))


def _micros(billed: int, rate: int) -> int:
    """Milliseconds times millionths a second, rounded half up once, at the end."""
    return (billed * rate + 500) // 1000
