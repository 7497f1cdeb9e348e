"""From the catalog's YAML to its types.

Seconds in the files become milliseconds, decimal prices millionths, both exactly; a price is never a float.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from r2v_pipeline.providers.catalog import files
from r2v_pipeline.providers.catalog.dialects import Family as Family
from r2v_pipeline.providers.catalog.dialects import families as families
from r2v_pipeline.providers.catalog.types import (
    Billing,
    CountRule,
    DurationRule,
    Entry,
    Field,
    MediaLimit,
    Plus,
    Provider,
    Rate,
    Region,
    TextLimit,
    When,
)

MEBIBYTE = 1 << 20


@cache
def providers() -> Mapping[str, Provider]:
    """Every provider of the catalog by its id, the vendor's own service first."""
    return {item["id"]: _provider(item) for item in files.data(files.PROVIDERS)["providers"]}


@cache
def entries() -> tuple[Entry, ...]:
    """Every model of every provider: by provider, then by family, then as its file lists them."""
    order = list(providers())
    every = [entry for name in files.texts() for entry in family_entries(name)]
    return tuple(sorted(every, key=lambda entry: order.index(entry.provider)))


def entries_like(word: str) -> tuple[Entry, ...]:
    """The entries of every family file that a model id, name or family name occurs in; all that can be called so."""
    return tuple(entry for name in files.holding(word) for entry in family_entries(name))


@cache
def family_entries(name: str) -> tuple[Entry, ...]:
    """The entries of one family file, in its order."""
    data = files.data(name)
    return tuple(_entry(item, data["family"]) for item in data["models"])


def micros(text: str) -> int:
    """A decimal number in millionths: `0.0375` is 37500.

    Raises:
        ValueError: more than six places.
    """
    whole, _, places = text.partition(".")
    if len(places) > 6:
        raise ValueError(f"{text}: a price has at most six places")
    return int(whole) * 1_000_000 + int(places.ljust(6, "0"))


def _entry(data: Mapping[str, Any], family: str) -> Entry:
    return Entry(
        id=data["id"],
        provider=data["provider"],
        family=family,
        names=tuple(data.get("names", ())),
        makes=data["makes"],
        title=data["title"],
        regions=tuple(data.get("regions", ())),
        counts=tuple(_count(rule) for rule in data.get("references", ())),
        durations=tuple(_duration(rule) for rule in data.get("durations", ())),
        prompt=_text_limit(data.get("prompt")),
        negative=_text_limit(data.get("negative")),
        media={kind: _media(limit) for kind, limit in data.get("media", {}).items()},
        settings={name: tuple(values) for name, values in data.get("settings", {}).items()},
        sizes={(tier, ratio): size for tier, row in data.get("sizes", {}).items() for ratio, size in row.items()},
        rates=tuple(_rate(rate) for rate in data.get("rates", ())),
        billing=_billing(data.get("billing", {})),
        fields=tuple(_field(field) for field in data["body"]),
        sources=_sources(data),
        notes=tuple(data.get("notes", ())),
    )


def _when(data: Mapping[str, Any]) -> When:
    facts = data.get("when", {})
    return When(tuple((name, tuple(v) if isinstance(v, list) else (v,)) for name, v in facts.items()))


def _count(data: Mapping[str, Any]) -> CountRule:
    return CountRule(data["of"], data.get("at_least", 0), data.get("at_most"), _when(data))


def _duration(data: Mapping[str, Any]) -> DurationRule:
    choices = tuple(_ms(seconds) for seconds in data.get("choices", ()))
    least, most = (choices[0], choices[-1]) if choices else (_ms(data["from"]), _ms(data["to"]))
    return DurationRule(choices, least, most, _ms(data.get("step", 1)), _when(data))


def _text_limit(data: Mapping[str, Any] | None) -> TextLimit | None:
    return TextLimit(data["at_most"], data.get("han", 1)) if data else None


def _media(data: Mapping[str, Any]) -> MediaLimit:
    return MediaLimit(
        formats=tuple(data.get("formats", ())),
        bytes=data.get("megabytes", 0) * MEBIBYTE,
        side=_pair(data.get("side", (0, 0))),
        short_side=data.get("short_side", 0),
        aspect=float(data.get("aspect", 0)),
        length_ms=_pair([_ms(seconds) for seconds in data.get("length", (0, 0))]),
        total_ms=_ms(data.get("total", 0)),
        alpha=data.get("alpha", True),
        inline=data.get("inline", False),
    )


def _rate(data: Mapping[str, Any]) -> Rate:
    return Rate(micros(data["a_second"]), data["currency"], _when(data))


def _billing(data: Mapping[str, Any]) -> Billing:
    return Billing(
        caps_ms=tuple(_ms(seconds) for seconds in data.get("caps", ())),
        over=data.get("over", "all"),
        input_certain=data.get("input_certain", True),
        input_at_least_clip=data.get("input_at_least_clip", False),
        plus=tuple(Plus(_ms(rule["least"]), _ms(rule["most"]), _when(rule)) for rule in data.get("plus", ())),
        fixed_ms=_ms(data.get("fixed", 0)),
    )


def _field(data: Mapping[str, Any]) -> Field:
    path = tuple(data["to"].split("."))
    if "value" in data:
        return Field(path, "value", data["value"], always=True)
    return Field(path, data["from"], form=data.get("form", ""), always=data.get("always", False))


def _provider(data: Mapping[str, Any]) -> Provider:
    return Provider(
        id=data["id"],
        title=data["title"],
        submit=data["submit"],
        keys=tuple(data["keys"]),
        regions=tuple(_region(region) for region in data["regions"]),
        default_region=data["default_region"],
        caps=dict(data.get("caps", {})),
        kept_s=dict(data.get("kept", {})),
        pace_s=dict(data.get("pace", {})),
        addresses=tuple(data.get("addresses", ())),
        workspaces=tuple(data.get("workspaces", ())),
        sandbox=data["sandbox"],
        sources=_sources(data),
    )


def _region(data: Mapping[str, Any]) -> Region:
    return Region(data["id"], tuple(data.get("names", ())), data["base"], data["uploads"], tuple(data.get("hosts", ())))


def _sources(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((source["what"], source["checked"]) for source in data["sources"])


def _pair(least_and_most: Any) -> tuple[int, int]:
    least, most = least_and_most
    return least, most


def _ms(seconds: int | float) -> int:
    """Thousandths of a second: what the files give in seconds has at most three places."""
    return round(seconds * 1000)
