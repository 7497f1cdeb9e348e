"""`r2v plan --compare`: the same storyboard at every model of the catalog.  No key, no network, nothing written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from r2v_pipeline.cli.stages.front import Front, Options, paint_for, read, show, storyboard_or_only
from r2v_pipeline.compile.build import compile_storyboard
from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.compile.shot import ShotCompiler, Written
from r2v_pipeline.compile.written import Expanded
from r2v_pipeline.diagnostics import Diagnostic, did_you_mean
from r2v_pipeline.errors import UsageError
from r2v_pipeline.model.types import Shot, Storyboard
from r2v_pipeline.plan.rivals import Refusal, Rival, in_order, priced
from r2v_pipeline.plan.select import select
from r2v_pipeline.providers.catalog import known_models
from r2v_pipeline.providers.catalog.choose import find, region_of, served
from r2v_pipeline.providers.catalog.load import entries, providers
from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.providers.lowering import CatalogDialect
from r2v_pipeline.report.rivals import to_json, to_markdown, to_text
from r2v_pipeline.report.safe import safe_json

# What a model has against a storyboard, and what the author says that it may cost.
_LIMITS, _CLAIM = "R2V5", "R2V303"


def run(given: argparse.Namespace, options: Options) -> int:
    """Exit code 1 where something is wrong that no other model mends, or no model can make it."""
    if options.preview or options.sandbox or given.exit_code:
        raise UsageError("--compare goes with none of --preview, --sandbox and --exit-code")
    _known(options)
    front = read(storyboard_or_only(given.file), options._replace(provider="", model=""), prompts=True)
    wrong = [found for found in front.diagnostics if found.severity == "error" and not _models_own(found)]
    if wrong or front.storyboard is None:
        show(wrong or front.diagnostics)
        return 1
    chosen, found = _chosen(front.storyboard, tuple(given.shot))
    if found:
        show(found)
        return 2
    field = _Field(front, front.storyboard, chosen)
    rivals = in_order(field.rivals(options.provider, options.model))
    if given.format == "json":
        text = safe_json(to_json(rivals, len(field.counted))) + "\n"
    elif given.format == "markdown":
        text = to_markdown(rivals, len(field.counted))
    else:
        text = to_text(rivals, len(field.counted), paint_for(sys.stdout))
    sys.stdout.write(text)
    return 0 if any(rival.fits for rival in rivals) else 1


def _known(options: Options) -> None:
    if options.provider and options.provider not in providers():
        raise UsageError(f"--compare: the catalog has no '{options.provider}'", "it has " + ", ".join(providers()))
    if options.model and options.model not in known_models():
        near = did_you_mean(options.model, known_models(), "models")
        raise UsageError(f"no model is called '{options.model}'", near)


def _models_own(found: Diagnostic) -> bool:
    """Whether another model may mend it; that none is named is mended by any, and what all costs is what is asked."""
    unnamed = found.code == "R2V102" and found.help.startswith("add 'model:'")
    return found.code.startswith(_LIMITS) or found.code == _CLAIM or unnamed


def _chosen(board: Storyboard, terms: tuple[str, ...]) -> tuple[frozenset[str] | None, tuple[Diagnostic, ...]]:
    """The shots that are meant; None for all."""
    return select(Compilation(board, ()), terms) if terms else (None, ())


class _Field:
    """Everybody who could make a storyboard.  `counted` are the shots that are asked about and have to be bought."""

    def __init__(self, front: Front, board: Storyboard, chosen: frozenset[str] | None) -> None:
        self._board = board
        self._compiler = ShotCompiler(board, front.disk)
        self.counted = [s for s in board.shots if s.clip is None and (chosen is None or s.id in chosen)]
        self._ids = frozenset(shot.id for shot in self.counted)
        written = {(shot.render.provider[0], shot.render.model) for shot in self.counted}
        self._written = written.pop() if len(written) == 1 else ("", "")

    def rivals(self, provider: str, model: str) -> Iterator[Rival]:
        """Families of which several members are needed, then each model; narrowed to a provider, or to what a model's
        name means at each."""
        for where in providers():
            own = [entry for entry in entries() if entry.provider == where and provider in ("", where)]
            for family in dict.fromkeys(entry.family for entry in own):
                members = [entry for entry in own if entry.family == family]
                if len(members) > 1 and model in ("", family):
                    together = self._rival(where, family, members)
                    if len(together.models) > 1:
                        yield together.rival
            for entry in own:
                if model in ("", entry.id, entry.family, *entry.names):
                    yield self._rival(where, entry.id, [entry]).rival

    def _rival(self, provider: str, model: str, entries: Sequence[Entry]) -> _Made:
        region = self._region(provider, entries[0])
        shots = [_sent_to(shot, provider, model, region) for shot in self._board.shots]
        results = [self._compiler.compile(shot) for shot in shots]
        needed = self._needed([written for written, _ in results])
        makes = entries[0].makes if len(entries) == 1 else "family"
        rival = Rival(provider, model, makes, region, self._is_written(provider, model))
        refusals = tuple(
            Refusal(found.code, written.shot.id, found.message)
            for written, problems in results
            if written.shot.id in needed
            for found in problems
            if found.severity == "error"
        )
        if refusals:
            return _Made(rival._replace(refusals=refusals), frozenset())
        kept = [written for written, _ in results if written.shot.id in needed]
        return self._priced(rival, kept)

    def _priced(self, rival: Rival, kept: list[Written]) -> _Made:
        board = self._board._replace(shots=tuple(written.shot for written in kept))
        dialect = CatalogDialect(rival.provider)
        # Prices do not depend on what is in the files, so that no file is read: its name stands for its bytes.
        made, found = compile_storyboard(
            Expanded(board, tuple(kept), self._compiler), {rival.provider: dialect}, lambda path: path
        )
        if made is None:
            wrong = next(problem for problem in found if problem.severity == "error")
            refused = Refusal(wrong.code, self.counted[0].id, wrong.message)
            return _Made(rival._replace(refusals=(refused,)), frozenset())
        jobs = [job for job in made.jobs if job.request and job.shot in self._ids]
        requests = {job.key: job.request for job in jobs if job.request}  # equal jobs are bought once
        priced_all = [(request, dialect.price(request)) for request in requests.values()]
        return _Made(priced(rival, priced_all), frozenset(request.model for request in requests.values()))

    def _needed(self, every: list[Written]) -> frozenset[str]:
        """The shots that are asked about, and those whose pictures they use."""
        needs = {written.shot.id: written.needs for written in every}
        found: set[str] = set()
        trail = list(self._ids)
        while trail:
            if (here := trail.pop()) not in found:
                found.add(here)
                trail += needs.get(here, ())
        return frozenset(found)

    def _is_written(self, provider: str, model: str) -> bool:
        asked, called = self._written
        if provider != asked or not called:
            return False
        meant = find(called, provider, references=True, first_frame=False)
        return model == called or (meant is not None and meant.id == model)

    def _region(self, provider: str, entry: Entry) -> str:
        """Where a model is asked: as the storyboard says if it is there, else as usual, else where it is served."""
        said = next((shot.render.region for shot in self.counted if shot.render.region), "")
        for region in (region_of(provider, said), region_of(provider, "")):
            if region is not None and served(entry, region):
                return region.id
        return entry.regions[0] if entry.regions else ""


class _Made(NamedTuple):
    """A rival, and the models that its shots really go to."""

    rival: Rival
    models: frozenset[str]


def _sent_to(shot: Shot, provider: str, model: str, region: str) -> Shot:
    """The shot with another destination; all other settings stay."""
    settings = {name: value for name, value in shot.render.settings.items() if name != "region"}
    render = shot.render._replace(provider=(provider,), model=model, region=region, settings=settings)
    return shot._replace(render=render)
