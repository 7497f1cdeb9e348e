"""Which entry of the catalog a storyboard's `model` means under a provider, and which region it means.

A provider's own id, a name that several providers know a model by, or a family's name: one YAML works everywhere.
"""

from collections.abc import Iterable
from functools import lru_cache

from r2v_pipeline.providers.catalog.load import entries_like, providers
from r2v_pipeline.providers.catalog.types import Entry, Region


@lru_cache(maxsize=1024)
def find(model: str, provider: str, *, references: bool, first_frame: bool) -> Entry | None:
    """The entry that a shot is rendered by; None for no model, and for one that the provider does not have.

    Under a provider that is no part of the catalog it is the model's home entry: the vendor's own service.
    `references` and `first_frame` say what the shot has: they decide what a family's name means.
    """
    if not model:
        return None
    like = entries_like(model)
    every = in_order(like)
    if provider not in providers():
        meant = _called(model, every) or [e for e in every if model in _family_names(e)]
        provider = meant[0].provider if meant else provider
    own = [entry for entry in every if entry.provider == provider]
    called = _called(model, own) or _same(model, every, own)
    if called:
        return called[0]
    members = [entry for entry in own if model in _family_names(entry)]
    return min(members, key=lambda e: _distance(e, references, first_frame), default=None)


def in_order(found: Iterable[Entry]) -> list[Entry]:
    """Entries as the catalog orders them: the vendor's own service first, then as their files list them."""
    order = list(providers())
    return sorted(found, key=lambda entry: order.index(entry.provider))


@lru_cache(maxsize=1024)
def region_of(provider: str, region: str) -> Region | None:
    """A provider's region by its id or a name; the default for no region; None for one that it does not have."""
    known = providers().get(provider)
    if known is None:
        return None
    wanted = region or known.default_region
    return next((r for r in known.regions if wanted == r.id or wanted in r.names), None)


def served(entry: Entry, region: Region) -> bool:
    """Whether a model can be asked in a region; an entry that names no regions can be asked in all."""
    return not entry.regions or region.id in entry.regions


def takes_references(entry: Entry) -> bool:
    """Whether a model accepts any reference at all."""
    return all(rule.at_most != 0 for rule in entry.counts if rule.of == "all" and not rule.when.facts)


def _called(model: str, among: Iterable[Entry]) -> list[Entry]:
    """Those with the id; without one, those with the name."""
    among = list(among)
    return [e for e in among if e.id == model] or [e for e in among if model in e.names]


def _same(model: str, every: Iterable[Entry], own: Iterable[Entry]) -> list[Entry]:
    """A provider's entries that share a name with what an id means elsewhere."""
    names = {name for entry in every if entry.id == model for name in entry.names}
    return [entry for entry in own if names & set(entry.names)]


def _family_names(entry: Entry) -> tuple[str, ...]:
    from r2v_pipeline.providers.catalog.dialects import family_of

    family = family_of(entry.family)
    return family.names if family else ()


def _distance(entry: Entry, references: bool, first_frame: bool) -> int:
    """How far a family's member is from what a shot has: 0 fits; equals keep the order of the file."""
    if references:
        return 0 if entry.makes == "reference" else 1 if takes_references(entry) else 2
    if first_frame:
        return ["frame", "reference", "text"].index(entry.makes) if "first_frame" in entry.settings else 3
    return ["text", "frame", "reference"].index(entry.makes)
