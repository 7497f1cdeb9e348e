"""Money as people read it."""

from __future__ import annotations

from r2v_pipeline.providers.base import Cost

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def money(micros: int, currency: str) -> str:
    """An amount given in millionths, exact, with at least two decimals: `$0.98`, `$0.0125`, `4.20 CNY`."""
    whole, rest = divmod(abs(micros), 1_000_000)
    cents = f"{rest:06d}".rstrip("0").ljust(2, "0")
    sign = "-" if micros < 0 else ""
    amount = f"{whole}.{cents}"
    return f"{sign}{_SIGNS[currency]}{amount}" if currency in _SIGNS else f"{sign}{amount} {currency}"


def price(cost: Cost) -> str:
    """A price or a price range for people; `price unknown` where nobody knows."""
    if not cost.known:
        return "price unknown"
    high = money(cost.high_micros, cost.currency)
    return high if cost.low_micros == cost.high_micros else f"{money(cost.low_micros, cost.currency)} to {high}"


def may_cost(cost: Cost) -> bool:
    """Whether something may have to be paid; a price that nobody knows is one."""
    return not cost.known or cost.high_micros > 0
