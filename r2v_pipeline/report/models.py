"""`r2v models`: what the catalog knows, as a table or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.providers.base import Cost
from r2v_pipeline.providers.catalog.types import DurationRule, Entry, Provider, Rate, When
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.rules import billing
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import columns, money, number
from r2v_pipeline.report.words import price as cost_words

VERSION = 1

_HEAD = ("model", "references", "secs", "lines", "sound", "price/s", "checked")
_FILM_HEAD = ("model", "references", "secs", "sound", "price/s", "the film")
_FROM = {"reference": "from references", "frame": "from a first frame", "text": "from words"}

# The longest id that stands in its row; room for the other columns within 100.
_LONGEST_ID = 26


class Offer(NamedTuple):
    """A row: an entry, the region whose rules it shows, and what a film costs with it where one was asked about.

    `film` has a sum for each currency, `unknown` counts jobs at a price that nobody knows.
    """

    entry: Entry
    region: str = ""
    film: tuple[Cost, ...] | None = None
    unknown: int = 0


def to_text(offers: Sequence[Offer], providers: Mapping[str, Provider], paint: Paint, width: int) -> str:
    """One block for what a provider makes clips from; an id too long for its column has a line to itself."""
    about_film = any(offer.film is not None for offer in offers)
    cells = [_FILM_HEAD if about_film else _HEAD, *map(_cells, offers)]
    rest = max(len(row) for row in columns([row[1:] for row in cells], indent=""))
    room = max(_LONGEST_ID, width - rest - 4)
    short = [row[0] if len(row[0]) <= room else "" for row in cells]
    rows = columns([(name, *row[1:]) for name, row in zip(short, cells, strict=True)])
    lines = [paint.bold(rows[0])]
    shown = ("", "")
    for offer, name, row in zip(offers, short[1:], rows[1:], strict=True):
        entry = offer.entry
        if (entry.provider, entry.makes) != shown:
            shown = (entry.provider, entry.makes)
            head = f"{entry.provider} ({providers[entry.provider].title}), {_FROM[entry.makes]}"
            lines += ["", paint.bold(safe(head))]
        lines += [row] if name else [f"  {safe(entry.id)}", row]
    return "\n".join(lines) + "\n\n" + _legend(cells[1:])


def _legend(rows: Sequence[Sequence[str]]) -> str:
    lines = []
    if any(cell == "-" for row in rows for cell in row):
        lines.append("- is not stated anywhere")
    if any(cell.endswith("*") for row in rows for cell in row):
        lines.append("* depends on the rest of the request")
    if any(cell.endswith("+") for row in rows for cell in row):
        lines.append("+ other seconds are billed than those of the clip")
    return "".join(f"{line}\n" for line in [*lines, "'r2v models NAME' shows one model whole."])


def _cells(offer: Offer) -> tuple[str, ...]:
    entry = offer.entry
    rates = [r for r in entry.rates if _in_region(r.when, offer.region)]
    name, taken = safe(entry.id), _references(offer)
    length, sound = _seconds(_deciding(entry.durations, offer.region)), _sound(entry)
    price = _price(rates) + ("+" if rates and billing(entry.billing) else "")
    if offer.film is not None:
        return name, taken, length, sound, price, _film(offer)
    return name, taken, length, _resolutions(entry), sound, price, checked(entry)


def checked(entry: Entry) -> str:
    """The day on which the oldest figure of an entry was looked up."""
    return min(day for _, day in entry.sources)


def _deciding(rules: Sequence[DurationRule], region: str) -> list[DurationRule]:
    """The rules that can decide in a region: those up to the first that always applies there."""
    here = [rule for rule in rules if _in_region(rule.when, region)]
    last = next((number for number, rule in enumerate(here) if not _depends(rule.when)), len(here))
    return here[: last + 1]


def _in_region(when: When, region: str) -> bool:
    return all(region in wanted for name, wanted in when.facts if name == "region")


def _depends(when: When) -> bool:
    """Whether a rule has conditions beside the region."""
    return any(name != "region" for name, _ in when.facts)


def _references(offer: Offer) -> str:
    """`1-5, ≤3 videos`, `1-9 images`, `10 img+5 vid`, `none`; with a star where a rule has conditions."""
    here = [rule for rule in offer.entry.counts if _in_region(rule.when, offer.region)]
    plain = [rule for rule in here if not _depends(rule.when)]
    most: dict[str, int] = {}
    for rule in plain:
        if rule.at_most is not None:
            most[rule.of] = min(rule.at_most, most.get(rule.of, rule.at_most))
    least = max((rule.at_least for rule in plain), default=0)
    return _span(least, most) + ("*" if len(plain) < len(here) else "")


def _span(least: int, most: Mapping[str, int]) -> str:
    images, videos, total = (most.get(of) for of in ("image", "video", "all"))
    if total == 0 or (images == 0 and videos == 0):
        return "none"
    if videos == 0 or images == 0:
        bound, noun = (images, "images") if videos == 0 else (videos, "videos")
        return f"{_range(least, bound if bound is not None else total)} {noun}"
    caps = [f"≤{n} {noun}" for n, noun in ((images, "images"), (videos, "videos")) if n and (not total or n < total)]
    if len(caps) == 2:
        return f"{images} img+{videos} vid"
    if total is None and caps:
        return f"images+{videos} vid" if videos else f"{images} img+videos"
    return ", ".join([_range(least, total), *caps])


def _range(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    return str(most) if least == most else f"{least}-{most}"


def _seconds(rules: Sequence[DurationRule]) -> str:
    """`2-10`, `5/10`, `8`; with a star where not every length is to be had for every request."""
    if not rules:
        return "-"
    widest = max(rules, key=lambda rule: rule.longest_ms)
    star = "*" if len(rules) > 1 else ""
    if widest.choices_ms:
        return "/".join(str(number(ms, 1000)) for ms in widest.choices_ms) + star
    least, most = (number(ms, 1000) for ms in (widest.least_ms, widest.most_ms))
    return (f"{least}" if least == most else f"{least}-{most}") + star


def _resolutions(entry: Entry) -> str:
    """`720/1080p`, `480-1080p`, `480p-4k`: lines of the picture, from the smallest to the largest."""
    names = sorted(
        map(str, entry.settings.get("resolution", ())), key=lambda name: (not name.endswith("p"), len(name), name)
    )
    if not names:
        return "-"
    first, last = names[0], names[-1]
    if len(names) == 1:
        return first
    return f"{first.removesuffix('p') if last.endswith('p') else first}{'/' if len(names) == 2 else '-'}{last}"


def _sound(entry: Entry) -> str:
    allowed = entry.settings.get("audio", ())
    if len(allowed) > 1:
        return "on/off"
    return {(True,): "always", (False,): "never"}.get(tuple(allowed), "-")


def _price(rates: Sequence[Rate]) -> str:
    """`$0.10-0.15`; the rates of one region are of one currency."""
    if not rates:
        return "-"
    low, high = min(r.micros for r in rates), max(r.micros for r in rates)
    currency = rates[0].currency
    if low == high:
        return money(low, currency)
    shown = money(high, currency)
    return f"{money(low, currency).removesuffix(f' {currency}')}-{shown.lstrip('$€£')}"


def _film(offer: Offer) -> str:
    known = " and ".join(cost_words(cost) for cost in offer.film or ())
    if offer.unknown:
        return f"{known} and more" if known else "unknown"
    return known or "free"


def to_json(offers: Sequence[Offer]) -> dict[str, Any]:
    """Version 1: every figure of the entries; `film` only where a storyboard was given."""
    return {"version": VERSION, "models": [_json(offer) for offer in offers]}


def _json(offer: Offer) -> dict[str, Any]:
    entry = offer.entry
    model: dict[str, Any] = {
        "id": entry.id,
        "provider": entry.provider,
        "family": entry.family,
        "names": list(entry.names),
        "makes": entry.makes,
        "title": entry.title,
        "regions": list(entry.regions),
        "references": [
            {"of": r.of, "at_least": r.at_least, "at_most": r.at_most, "when": _when(r.when)} for r in entry.counts
        ],
        "seconds": [_json_length(rule) for rule in entry.durations],
        "prompt_characters": entry.prompt.at_most if entry.prompt else None,
        "negative_characters": entry.negative.at_most if entry.negative else None,
        "settings": {name: list(values) for name, values in entry.settings.items()},
        "prices": [
            {"a_second": number(r.micros, 1_000_000), "currency": r.currency, "when": _when(r.when)}
            for r in entry.rates
        ],
        "also_billed": billing(entry.billing),
        "notes": list(entry.notes),
        "checked": checked(entry),
        "sources": [{"what": what, "checked": day} for what, day in entry.sources],
    }
    if offer.film is not None:
        costs = [
            {"low": number(c.low_micros, 1_000_000), "high": number(c.high_micros, 1_000_000), "currency": c.currency}
            for c in offer.film
        ]
        model["film"] = {"costs": costs, "unknown_prices": offer.unknown}
    return model


def _json_length(rule: DurationRule) -> dict[str, Any]:
    choices = [number(ms, 1000) for ms in rule.choices_ms]
    span = {"least": number(rule.least_ms, 1000), "most": number(rule.most_ms, 1000)}
    shape: dict[str, Any] = {"choices": choices} if choices else {**span, "step": number(rule.step_ms, 1000)}
    return {**shape, "when": _when(rule.when)}


def _when(when: When) -> dict[str, list[Any]]:
    return {name: list(wanted) for name, wanted in when.facts}
