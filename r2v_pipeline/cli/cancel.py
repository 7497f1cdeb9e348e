"""`r2v cancel [SHOT…]`: ask providers to stop what they still render, and say what that means for the bill."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from r2v_pipeline.cli.asking.desks import client_of, services
from r2v_pipeline.cli.stages.front import Options, read, within
from r2v_pipeline.cli.stages.naming import Named, add_sandbox_option, named
from r2v_pipeline.diagnostics import did_you_mean
from r2v_pipeline.errors import R2VError, UsageError
from r2v_pipeline.execute import session, states
from r2v_pipeline.execute.cancel import GOING_ON, Cancelled, belonging, cancel
from r2v_pipeline.execute.clips import shots_asked_for
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.providers.http.place import Where
from r2v_pipeline.report.cancel import to_json, to_text
from r2v_pipeline.report.safe import safe_json

SOME_LEFT = 4


def run(arguments: list[str]) -> int:
    """0 when nothing that was meant goes on, else 4."""
    given = _parser().parse_intermixed_args(arguments)
    board = named(given.file, sandbox=given.sandbox)
    _known(board, given.shot)
    done: list[Cancelled] = []
    others: list[Attempt] = []
    if board.state.is_dir():
        with session.hold(board.root, within=within(given.sandbox)) as held:
            meant = [a for a in belonging(held.journal, board.path) if _means(given.shot, a)]
            others = [attempt for attempt in meant if attempt.state != states.RUNNING]
            running = [a for a in meant if a.state == states.RUNNING]
            if running:
                with services(board.root, board.state, sandbox=given.sandbox) as where:
                    done = asyncio.run(_all(held.journal, running, where))
    if given.format == "json":
        sys.stdout.write(safe_json(to_json(done, others)) + "\n")
    else:
        sys.stdout.write(to_text(done, others))
    return SOME_LEFT if any(each.outcome in GOING_ON for each in done) else 0


async def _all(journal: Journal, attempts: Sequence[Attempt], where: Where) -> list[Cancelled]:
    """One after the other: what is stopped first is least likely to finish meanwhile."""
    clients = {attempt.id: client_of(attempt, where) for attempt in attempts}
    try:
        return [await cancel(journal, clients[attempt.id], attempt) for attempt in attempts]
    finally:
        for client in clients.values():
            with suppress(R2VError, OSError):
                await client.close()


def _means(terms: list[str], attempt: Attempt) -> bool:
    return not terms or any(fnmatchcase(name, term) for term in terms for name in (attempt.shot, attempt.job))


def _known(board: Named, terms: list[str]) -> None:
    """Raises for a name that no shot has now or had when it was built: a slip must not look like "all is stopped"."""
    if not terms:
        return
    front = read(board.file, Options())
    shots = {*shots_asked_for(board.state, board.path)}
    shots |= {shot.id for shot in front.expanded.storyboard.shots} if front.expanded else set()
    for term in terms:
        if not any(fnmatchcase(shot, term) or term.startswith(f"{shot}.") for shot in shots):
            raise UsageError(f"no shot is called '{term}'", did_you_mean(term, sorted(shots), "shots"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v cancel", description="Ask providers to stop what they still render.")
    parser.add_argument("shot", nargs="*", metavar="SHOT", help="an id or a glob; default: all that runs")
    parser.add_argument("-f", "--file", default="", metavar="FILE", help="default: the project's only storyboard")
    add_sandbox_option(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser
