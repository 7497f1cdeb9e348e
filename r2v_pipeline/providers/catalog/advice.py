"""Another model that a shot could go to as it is: the nearest kin first, among equals the cheapest.

Only a model that states the limit in question is proposed: where nobody says how long a prompt may be, nobody knows
that a longer one is read.
"""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from r2v_pipeline.model.types import Render
from r2v_pipeline.providers.catalog.asking import asked_for
from r2v_pipeline.providers.catalog.choose import region_of, served
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.prices import price
from r2v_pipeline.providers.catalog.rules import Case, broken, number, weigh
from r2v_pipeline.providers.catalog.stated import states_media
from r2v_pipeline.providers.catalog.types import Asked, Entry, Seen, TextLimit

_TEXTS = {"R2V502": "prompt", "R2V503": "negative"}
_LENGTHS = ("R2V504", "R2V505", "R2V510")

# Answers that are kept: thousands of shots that ask the same of the same model are one question.
_KEPT = 4096


def way_out(entry: Entry, case: Case, code: str, besides: frozenset[str] = frozenset()) -> str:
    """`model 'x' takes it`, with the provider where it is another one; empty when no model of the catalog does.

    `code` is what the shot breaks here and must not break there.  `besides` are codes that the other model may have as
    well.  Against waste (R2V510) only a model that is no dearer helps.
    """
    question = _question(entry, case, code, besides)
    if question not in _answers:
        if len(_answers) >= _KEPT:
            _answers.clear()
        _answers[question] = _find(entry, case, code, besides)
    return _answers[question]


class _Question(NamedTuple):
    """All that an answer depends on.  Of the texts only which limits they pass; of the settings what was written."""

    model: tuple[str, str]
    code: str
    besides: frozenset[str]
    asked: Asked
    seen: tuple[Seen, ...]
    durations_ms: tuple[int, ...]
    render: tuple[Any, ...]
    written: tuple[str, ...]
    first_frame: str
    shots: bool
    prompt: tuple[int, int]
    negative: tuple[int, int]


_answers: dict[_Question, str] = {}


def _question(entry: Entry, case: Case, code: str, besides: frozenset[str]) -> _Question:
    shot, render = case.shot, case.shot.render
    return _Question(
        (entry.provider, entry.id),
        code,
        besides,
        case.asked,
        case.seen,
        case.durations_ms,
        render[: Render._fields.index("settings")],
        tuple(render.settings),
        shot.first_frame,
        len(shot.segments) > 1,
        _passed(case.prompt.text),
        _passed(case.prompt.negative),
    )


def _passed(text: str) -> tuple[int, int]:
    """How many of the catalog's limits a text passes, counted either way; nothing else of it decides."""
    double = len(text) if text.isascii() else weigh(text, TextLimit(0, 2))
    return bisect_left(_limits(), len(text)), bisect_left(_limits(), double)


@cache
def _limits() -> tuple[int, ...]:
    """Every length of a text that some model reads, and none at all."""
    every = [limit.at_most for entry in entries() for limit in (entry.prompt, entry.negative) if limit]
    return (0, *sorted(set(every)))


def _find(entry: Entry, case: Case, code: str, besides: frozenset[str]) -> str:
    most = _cost(entry, case, case.asked) if code == "R2V510" else None
    for others in _ladder(entry.provider, entry.id):
        found = _cheapest([other for other in others if _states(other, entry, case, code)], case, besides, most)
        if found is not None:
            where = "" if found.provider == entry.provider else f" of provider '{found.provider}'"
            return f"model '{found.id}'{where} takes it"
    return ""


@cache
def _ladder(provider: str, id: str) -> tuple[tuple[Entry, ...], ...]:
    """The other models, nearest first: of the family here, of the line here, anything here, of the family elsewhere."""
    entry = next(e for e in entries() if (e.provider, e.id) == (provider, id))
    own = [other for other in entries() if other.provider == provider and other.id != id]
    kin = tuple(other for other in own if other.family == entry.family)
    line = tuple(other for other in own if other not in kin and _line(other) == _line(entry))
    rest = tuple(other for other in own if other not in kin and other not in line)
    away = tuple(other for other in entries() if other.provider != provider and other.family == entry.family)
    return kin, line, rest, away


def _line(entry: Entry) -> str:
    """What one vendor's families have in common: `wan2.6` and `wan3.0` are `wan`."""
    return entry.family.rstrip("0123456789.").partition("-")[0]


def _states(other: Entry, entry: Entry, case: Case, code: str) -> bool:
    """Whether another model says anything about what the shot breaks here."""
    if code == "R2V501":
        known = {rule.of for rule in other.counts if rule.at_most is not None}
        return "all" in known or all(kind in known for kind in ("image", "video") if number(kind, case.asked))
    if code in _TEXTS:
        return getattr(other, _TEXTS[code]) is not None
    if code in _LENGTHS:
        return bool(other.durations)
    return code != "R2V508" or states_media(other, entry, case.seen)


def _cheapest(
    others: Iterable[Entry], case: Case, besides: frozenset[str], most: tuple[int, str] | None
) -> Entry | None:
    """The cheapest that takes a shot; one without a known price only when there is no other, and no price to undercut.

    Among equals the catalog's order decides.  Prices in different currencies are not compared: the first one's currency
    does.
    """
    fitting = [(other, theirs) for other in others if (theirs := _fits(other, case, besides)) is not None]
    priced = [(cost, other) for other, theirs in fitting if (cost := _cost(other, case, theirs)) is not None]
    if most is not None:
        priced = [(cost, other) for cost, other in priced if cost[1] == most[1] and cost[0] <= most[0]]
        fitting = []
    if not priced:
        return fitting[0][0] if fitting else None
    currency = priced[0][0][1]
    return min((p for p in priced if p[0][1] == currency), key=lambda p: p[0][0])[1]


def _fits(other: Entry, case: Case, besides: frozenset[str]) -> Asked | None:
    """What the shot would ask of another model; None when that breaks one of its rules."""
    theirs = asked_for(other, case.shot, case.asked.images, case.asked.video_ms)
    region = region_of(other.provider, theirs.region) or region_of(other.provider, "")
    if region is None or not served(other, region):
        return None
    theirs = theirs._replace(region=region.id)
    wrong = (found.code for found in broken(other, case._replace(asked=theirs)))
    return theirs if all(code in besides for code in wrong) else None


def _cost(other: Entry, case: Case, asked: Asked) -> tuple[int, str] | None:
    """The highest price of all jobs, and its currency; None where nobody knows."""
    rule = other.duration_rule(asked)
    clips = [(rule.covering(length) if rule else None) or length for length in case.durations_ms]
    costs = [price(other, asked, clip) for clip in clips]
    if not costs or not all(cost.known for cost in costs):
        return None
    return sum(cost.high_micros for cost in costs), costs[0].currency
