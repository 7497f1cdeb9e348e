"""What the whole film would cost at the catalog's prices, against what its author says it may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from r2v_pipeline.compile.shot import Written
from r2v_pipeline.compile.target import LOCAL
from r2v_pipeline.diagnostics import Diagnostic, error
from r2v_pipeline.model.types import Storyboard
from r2v_pipeline.providers.base import Cost
from r2v_pipeline.providers.catalog.prices import UNKNOWN


def check_max_cost(storyboard: Storyboard, written: Iterable[Written]) -> Iterator[Diagnostic]:
    """R2V303 for `expect: {max_cost}`: dearer, perhaps dearer, or of a price that nobody can compare.

    Every render counts, bought already or not: the claim is about the film, not about what is left to pay.
    """
    claim = storyboard.max_cost
    if claim is None:
        return
    most, currency = claim.value
    costs = [cost for shot in written for cost in _costs(shot)]
    help = "change models, resolution or lengths, or mend the claim"
    if trouble := _trouble(costs, most, currency):
        yield error("R2V303", trouble, claim.span, help)


def _costs(written: Written) -> Iterable[Cost]:
    """What a shot's renders cost.  What a provider outside the catalog takes is not known before it is asked."""
    shot = written.shot
    if written.target:
        return written.target.costs(written.jobs)
    return () if shot.clip or shot.render.provider[0] in LOCAL else (UNKNOWN,)


def _trouble(costs: list[Cost], most: int, currency: str) -> str:
    unknown = sum(not cost.known for cost in costs)
    if unknown:
        return f"nobody knows the price of {unknown} of {len(costs)} renders, so the film may cost more than is claimed"
    others = sorted({cost.currency for cost in costs if cost.high_micros and cost.currency != currency})
    if others:
        return f"the film is paid in {' and '.join(others)}, which cannot be compared with {currency}"
    low, high = sum(cost.low_micros for cost in costs), sum(cost.high_micros for cost in costs)
    if high <= most:
        return ""
    price = _amount(high) if low == high else f"{_amount(low)} to {_amount(high)}"
    return f"rendering the whole film costs {price} {currency}, more than {_amount(most)} {currency}"


def _amount(micros: int) -> str:
    """Millionths as a decimal number with at least two places."""
    text = f"{micros // 1_000_000}.{micros % 1_000_000:06d}".rstrip("0")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<2}"
