"""`r2v models`: which models there are, what they take, what they cost.  From the catalog alone: no key, no network,
unless `--refresh` compares it with what the services list."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.cli.stages.front import Options, dialects, paint_for, read, show
from r2v_pipeline.compile.build import compile_storyboard
from r2v_pipeline.diagnostics import did_you_mean, has_errors
from r2v_pipeline.errors import UsageError
from r2v_pipeline.plan.planner import sums
from r2v_pipeline.providers.catalog import known_models
from r2v_pipeline.providers.catalog.choose import region_of, served
from r2v_pipeline.providers.catalog.load import entries, providers
from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.report.model_page import to_text as page
from r2v_pipeline.report.models import Offer, to_json, to_text
from r2v_pipeline.report.safe import safe_json


def run(arguments: list[str]) -> int:
    """Exit code 1 when the storyboard of `--for` is wrong, or no model can make it."""
    given = _parser().parse_args(arguments)
    if given.refresh:
        return _refresh(given)
    found, whole = _matching(given.name, given.provider, given.family)
    if given.film:
        return _for_film(given.film, found, given.format)
    if given.format == "json":
        _write_json([_offer(entry) for entry in (found[:1] if whole else found)])
    elif whole:
        one, *_ = found
        elsewhere = [e for e in entries() if e.provider != one.provider and set(e.names) & set(one.names)]
        sys.stdout.write(page(one, providers()[one.provider], elsewhere, paint_for(sys.stdout), _width()))
    else:
        offers = [_offer(entry) for entry in found]
        sys.stdout.write(to_text(offers, providers(), paint_for(sys.stdout), _width()))
    return 0


def _refresh(given: argparse.Namespace) -> int:
    """What the services' own lists say, and how the catalog differs."""
    from r2v_pipeline.cli.refresh import run as refresh

    if given.name or given.family or given.film:
        raise UsageError("--refresh goes with --provider and --format alone")
    _known("--provider", given.provider, tuple(providers()))
    return refresh(given.provider, given.format)


def _matching(name: str, provider: str, family: str) -> tuple[list[Entry], bool]:
    """The entries that are meant, grouped by provider, and whether a name means the first of them alone.

    Raises:
        UsageError: for a provider, a family or a name that the catalog does not have.
    """
    every = entries()
    _known("--provider", provider, tuple(providers()))
    _known("--family", family, tuple(dict.fromkeys(entry.family for entry in every)))
    every = tuple(sorted(every, key=_group))
    left = [e for e in every if provider in ("", e.provider) and family in ("", e.family)]
    if not name:
        return left, False
    for rule in (lambda e: e.id == name, lambda e: name in e.names):
        if chosen := [e for e in left if rule(e)]:
            return chosen, True
    if chosen := [e for e in left if e.family == name]:
        return chosen, False
    if name in known_models():
        raise UsageError(f"there is no '{name}' among these models", f"'r2v models {name}' shows where it is")
    raise UsageError(f"no model is called '{name}'", did_you_mean(name, known_models(), "models"))


def _group(entry: Entry) -> tuple[int, int]:
    """The block of the table that an entry stands in."""
    return list(providers()).index(entry.provider), ("reference", "frame", "text").index(entry.makes)


def _known(option: str, word: str, words: tuple[str, ...]) -> None:
    if word and word not in words:
        raise UsageError(f"{option}: the catalog has no '{word}'", did_you_mean(word, words, "it has"))


def _offer(entry: Entry) -> Offer:
    """The entry where its provider is asked unless a region is written, else where it is served."""
    usual = region_of(entry.provider, "")
    if usual is None:
        return Offer(entry)
    return Offer(entry, usual.id if served(entry, usual) else entry.regions[0])


def _for_film(file: str, among: list[Entry], form: str) -> int:
    """The models whose limits every shot of a storyboard keeps, each provider's cheapest first."""
    front = read(file, Options(), prompts=False)
    wrong = [d for d in front.diagnostics if d.severity == "error" and not d.code.startswith("R2V5")]
    if wrong:
        show(wrong)
        return 1
    fitting = [offer for offer in (_priced(file, entry) for entry in among) if offer]
    if form == "json":
        _write_json(fitting)
    elif fitting:
        fitting.sort(key=lambda offer: (*_group(offer.entry), *_dearness(offer)))
        sys.stdout.write(to_text(fitting, providers(), paint_for(sys.stdout), _width()))
    refused = len(among) - len(fitting)
    if refused and form == "text":
        why = f"'r2v check {file} --provider P --model M' says why"
        sys.stdout.write(f"{refused} of {len(among)} models cannot make every shot: {why}.\n")
    return 0 if fitting else 1


def _priced(file: str, entry: Entry) -> Offer | None:
    """What the whole film costs with a model; None when the model cannot make it."""
    front = read(file, Options(provider=entry.provider, model=entry.id))
    if front.expanded is None:
        return None
    spoken_to = dialects(front.expanded)
    # Prices do not depend on what is in the files, so that no file is read: its name stands for its bytes.
    compilation, found = compile_storyboard(front.expanded, spoken_to, lambda path: path)
    if compilation is None or has_errors(found):
        return None
    requests = {job.key: job.request for job in compilation.jobs if job.request}
    known, unknown = sums(spoken_to[request.provider].price(request) for request in requests.values())
    region = next((request.region for request in requests.values()), "")
    return Offer(entry, region or _offer(entry).region, known, unknown)


def _dearness(offer: Offer) -> tuple[bool, int]:
    return offer.unknown > 0, max((cost.high_micros for cost in offer.film or ()), default=0)


def _write_json(offers: list[Offer]) -> None:
    sys.stdout.buffer.write((safe_json(to_json(offers)) + "\n").encode("utf-8"))


def _width() -> int:
    from shutil import get_terminal_size

    return max(80, min(get_terminal_size((100, 24)).columns, 110))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v models", description="Which models there are, what they take and cost.")
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="show this one whole, or this family")
    parser.add_argument("--provider", default="", metavar="P", help="only the models of this provider")
    parser.add_argument("--family", default="", metavar="F", help="only the models of this family")
    parser.add_argument(
        "--for", dest="film", default="", metavar="FILE", help="only those that can make this storyboard, with prices"
    )
    parser.add_argument("--refresh", action="store_true", help="compare the catalog with what the services list today")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser
