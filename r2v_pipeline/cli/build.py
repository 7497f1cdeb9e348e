"""`r2v build FILE`: the one verb.  It starts, resumes, collects, retries and joins."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from r2v_pipeline.cli import verdicts
from r2v_pipeline.cli.locked.lockwork import Rules
from r2v_pipeline.cli.locked.sharing import add_store_option, store
from r2v_pipeline.cli.making.builder import Builder, Settings
from r2v_pipeline.cli.making.consent import Asked, max_cost
from r2v_pipeline.cli.making.filling import filled
from r2v_pipeline.cli.stages.front import add_storyboard_options, options_of, show, storyboard_or_only
from r2v_pipeline.cli.stages.planning import ready
from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.diagnostics import did_you_mean
from r2v_pipeline.errors import UsageError
from r2v_pipeline.plan.lock import asked as asked_of
from r2v_pipeline.plan.select import select


def run(arguments: list[str]) -> int:
    """The exit code of the build, as in `r2v --help`."""
    started = verdicts.now_ns()
    given = _parser().parse_intermixed_args(arguments)
    if given.fill and (given.preview or given.provider):
        raise UsageError("--fill draws only what is not bought yet; it does not go with --preview or --provider")
    if given.sandbox and given.fill:
        raise UsageError("--sandbox plays paid services; it does not go with --fill")
    if given.reroll and (given.preview or given.fill or given.locked or given.frozen):
        raise UsageError("--reroll buys another take; it does not go with --preview, --fill, --locked or --frozen")
    asked = Asked(max_cost(given.max_cost), given.yes, given.allow_unknown_price)
    options = options_of(given)._replace(fill=given.fill, reroll=tuple(given.reroll))
    made = ready(storyboard_or_only(given.file), options)
    made = filled(*made) if made and given.fill else made
    if made is None:
        return 1
    front, compilation = made
    _rerollable(compilation, options.reroll)
    shared = partial(store, given.store, Path(front.disk.root))
    rules = Rules(given.locked, given.frozen, given.require_approved, shared)
    chosen, found = select(compilation, tuple(given.shot))
    if found:
        show(found)
        return 2
    again = shlex.join(["r2v", "build", *arguments])
    settings = Settings(chosen, given.jobs or _cores(), given.fail_fast, given.events, given.film, asked, again, rules)
    outcome = Builder(front, compilation, settings).run()
    if outcome.unchanged and given.file:
        verdicts.record(["build", *arguments], front.disk.looked, outcome.looked, outcome.unchanged, started)
    return outcome.code


def _rerollable(compilation: Compilation, shots: Iterable[str]) -> None:
    """Raises `UsageError` for a shot that cannot have another take."""
    rendered = [one.shot.id for one in asked_of(compilation)]
    for shot in shots:
        if shot not in rendered:
            raise UsageError(f"--reroll: no shot that is rendered is called '{shot}'", did_you_mean(shot, rendered))


def _cores() -> int:
    """As many animatic workers as this process may use processors."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, count or 1)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 up")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v build", description="Make the film: start, resume, collect, retry and join.")
    parser.add_argument("file", nargs="?", default="", metavar="FILE")
    parser.add_argument(
        "shot", nargs="*", metavar="SHOT", help="only these: id, glob, +needs, dependants+, tag:, cast:"
    )
    parser.add_argument("-o", "--output", dest="film", type=Path, metavar="FILM", help="put the film there as well")
    parser.add_argument("--preview", action="store_true", help="the free animatic, whatever the file says")
    parser.add_argument(
        "--fill", choices=("animatic",), default="", help="the whole film now: what is not bought yet is drawn, free"
    )
    parser.add_argument(
        "--sandbox",
        action="store_true",
        help="try it out for nothing: a server on this machine plays every paid service",
    )
    parser.add_argument(
        "--reroll", action="append", default=[], metavar="SHOT", help="another take of this shot, unchanged"
    )
    parser.add_argument("--locked", action="store_true", help="end before anything is sent where the lock would change")
    parser.add_argument("--frozen", action="store_true", help="end before anything is sent that may be billed")
    parser.add_argument("--require-approved", action="store_true", help="end where nobody has approved a shot as it is")
    add_store_option(parser)
    parser.add_argument("--yes", action="store_true", help="spend what the plan says, without a question")
    parser.add_argument(
        "--max-cost", default="", metavar="M", help="spend at most so much in this build: 12USD, '4.50 EUR'"
    )
    parser.add_argument("--allow-unknown-price", action="store_true", help="also buy what nobody knows the price of")
    parser.add_argument("--jobs", type=_positive, default=0, metavar="N", help="renders at once (default: processors)")
    parser.add_argument("--fail-fast", action="store_true", help="start nothing more after the first failure")
    parser.add_argument("--events", default="", metavar="F", help="write what happens as JSON lines to this file")
    add_storyboard_options(parser)
    return parser
