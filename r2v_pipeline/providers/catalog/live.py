"""The catalog against a service's own list of today: what is new there, gone, dearer, or limited otherwise.

Pure.  Nothing follows from a difference by itself: a person looks it up, and the catalog keeps its sources.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.providers.client import Cost


class Price(NamedTuple):
    """What one clip would cost by the catalog, and what the service says of the very same; `of` says which clip."""

    of: str
    ours: Cost
    theirs: Cost


class Live(NamedTuple):
    """What a service says of one model.

    `values` are the values of a setting (`resolution`, `ratio`, `seconds`) where it lists them; `fields` the fields of
    its request (None: it does not say), `required` those without which it takes none; `most` how many items a field
    takes.
    """

    id: str
    prices: tuple[Price, ...] = ()
    values: Mapping[str, tuple[str, ...]] = {}
    fields: frozenset[str] | None = None
    required: frozenset[str] = frozenset()
    most: Mapping[str, int] = {}


class Difference(NamedTuple):
    """`kind` is `new`, `gone`, `price`, `values`, `field` or `count`; `of` says of what, `ours` and `theirs` are for
    people."""

    provider: str
    model: str
    kind: str
    of: str = ""
    ours: str = ""
    theirs: str = ""


def differences(provider: str, live: Iterable[Live]) -> Iterator[Difference]:
    """What a service has otherwise than the catalog: models that are gone, then new ones, then the others."""
    there = {model.id: model for model in live}
    own = {entry.id: entry for entry in entries() if entry.provider == provider}
    yield from (Difference(provider, id, "gone") for id in own if id not in there)
    yield from (Difference(provider, id, "new") for id in sorted(there) if id not in own)
    for id, entry in own.items():
        if id in there:
            yield from _of_model(entry, there[id])


def _of_model(entry: Entry, live: Live) -> Iterator[Difference]:
    name = (entry.provider, entry.id)
    for price in live.prices:
        if price.ours.known and not _within(price.theirs, price.ours):
            yield Difference(*name, "price", price.of, _amount(price.ours), _amount(price.theirs))
    for setting, theirs in live.values.items():
        ours = _values(entry, setting)
        if ours and set(ours) != set(theirs):
            yield Difference(*name, "values", setting, ", ".join(ours), ", ".join(theirs))
    if live.fields is not None:
        sent = {field.path[0] for field in entry.fields}
        for field in sorted(sent - live.fields):
            yield Difference(*name, "field", field, "sent", "unknown")
        for field in sorted(live.required - sent):
            yield Difference(*name, "field", field, "not sent", "required")
    for field, most in live.most.items():
        ours_most = _most(entry, field)
        if ours_most is not None and ours_most != most:
            yield Difference(*name, "count", field, str(ours_most), str(most))


def _within(theirs: Cost, ours: Cost) -> bool:
    """Whether the service's price is one that the catalog allows for."""
    inside = ours.low_micros <= theirs.low_micros and theirs.high_micros <= ours.high_micros
    return theirs.currency == ours.currency and inside


def _amount(cost: Cost) -> str:
    low, high = (f"{micros / 1_000_000:.4f}".rstrip("0").rstrip(".") for micros in cost[:2])
    return f"{low} {cost.currency}" if low == high else f"{low} to {high} {cost.currency}"


def _values(entry: Entry, setting: str) -> tuple[str, ...]:
    """The catalog's values as the service would list them; empty where they cannot be compared."""
    if setting == "size":
        return tuple(entry.sizes.values())
    if setting != "seconds":
        return tuple(str(value) for value in entry.settings.get(setting, ()))
    rule = max(entry.durations, key=lambda rule: rule.longest_ms, default=None)
    if rule is None or rule.step_ms != 1000:
        return ()
    choices = rule.choices_ms or range(rule.least_ms, rule.most_ms + 1, rule.step_ms)
    return tuple(str(ms // 1000) for ms in choices)


def _most(entry: Entry, field: str) -> int | None:
    """How many references the catalog puts into a field of the request at most; None where it states no end."""
    source = next((f.source for f in entry.fields if f.path == (field,)), "")
    kinds = {"images": ("image", "all"), "videos": ("video", "all"), "references": ("all",)}.get(source, ())
    ends = [
        rule.at_most for rule in entry.counts if rule.of in kinds and rule.at_most is not None and not rule.when.facts
    ]
    return min(ends, default=None)
