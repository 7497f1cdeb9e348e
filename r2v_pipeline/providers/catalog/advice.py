"""Another model that a shot could go to as it is: the cheapest of the same provider, else of the family elsewhere."""

from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.catalog.asking import asked_for
from r2v_pipeline.providers.catalog.choose import region_of, served
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.prices import price
from r2v_pipeline.providers.catalog.rules import Case, broken
from r2v_pipeline.providers.catalog.types import Asked, Entry, Seen
from r2v_pipeline.providers.prompt import Prompt

_NO_PROMPT = Prompt("", "", ())


def way_out(
    entry: Entry,
    shot: Shot,
    asked: Asked,
    seen: tuple[Seen, ...],
    durations_ms: tuple[int, ...],
    prompt: Prompt = _NO_PROMPT,
    *,
    family_first: bool = False,
    besides: frozenset[str] = frozenset(),
) -> str:
    """`model 'x' takes it`, with the provider where it is another one; empty when no model of the catalog does.

    `family_first`: a member of the family at the same provider goes before a cheaper model that is none.  `besides` are
    codes that the other model may have as well.
    """
    case = Case(shot, prompt, asked, seen, durations_ms)
    own = _own(entry)
    kin = [other for other in own if other.family == entry.family] if family_first else []
    for others in (kin, own, _elsewhere(entry)):
        found = _cheapest(others, case, besides)
        if found is not None:
            where = "" if found.provider == entry.provider else f" of provider '{found.provider}'"
            return f"model '{found.id}'{where} takes it"
    return ""


def _own(entry: Entry) -> list[Entry]:
    return [other for other in entries() if other.provider == entry.provider and other.id != entry.id]


def _elsewhere(entry: Entry) -> list[Entry]:
    return [other for other in entries() if other.provider != entry.provider and other.family == entry.family]


def _cheapest(others: list[Entry], case: Case, besides: frozenset[str]) -> Entry | None:
    """The cheapest that takes a shot; one without a known price only when there is no other.

    Among equals the catalog's order decides.  Prices in different currencies are not compared: the first one's currency
    does.
    """
    fitting = [(other, theirs) for other in others if (theirs := _fits(other, case, besides)) is not None]
    priced = [(cost, other) for other, theirs in fitting if (cost := _cost(other, case, theirs)) is not None]
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
    """The highest price of all jobs, and its currency."""
    rule = other.duration_rule(asked)
    clips = [(rule.covering(length) if rule else None) or length for length in case.durations_ms]
    costs = [price(other, asked, clip) for clip in clips]
    return (
        (sum(cost.high_micros for cost in costs), costs[0].currency) if all(c.known for c in costs) and costs else None
    )
