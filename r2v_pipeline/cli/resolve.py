"""`r2v resolve SHOT`: say what became of a request whose answer was lost.  Spends nothing by itself."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.cli.asking.desks import client_of, services
from r2v_pipeline.cli.stages.front import SANDBOX, storyboard_or_only, within
from r2v_pipeline.cli.stages.naming import add_sandbox_option
from r2v_pipeline.errors import DecisionNeeded, UsageError
from r2v_pipeline.execute import resolving, session, states
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.execute.standing import standings
from r2v_pipeline.plan.amounts import price
from r2v_pipeline.plan.reasons import utc
from r2v_pipeline.providers.base import Failed
from r2v_pipeline.providers.http.place import Where
from r2v_pipeline.report.safe import safe
from r2v_pipeline.source.files import project_root


def run(arguments: list[str]) -> int:
    """0 when it is settled; 2 when nothing of that name waits for a person, 6 while a build runs."""
    given = _parser().parse_args(arguments)
    file = storyboard_or_only(given.file, "-f FILE")
    root = project_root(file)
    path = os.path.relpath(os.path.abspath(file), root).replace(os.sep, "/")
    with session.hold(Path(root), within=within(given.sandbox)) as held:
        waiting = resolving.waiting(held.journal, path)
        if not waiting and not given.sandbox and _waits(held.state / SANDBOX):
            raise UsageError(f"'{given.shot}' does not wait for you", "something does in the sandbox: add --sandbox")
        attempt = _chosen(waiting, given.shot, given.attempt)
        if given.never_ran:
            done = resolving.never_ran(held.journal, attempt)
        elif given.resubmit:
            done = resolving.resubmit(held.journal, attempt)
        else:
            with services(Path(root), held.state, sandbox=given.sandbox) as where:
                handle = asyncio.run(_handle(attempt, given.found, where))
            done = resolving.found(held.journal, attempt, handle)
    sys.stdout.write(safe(done) + "\n")
    return 0


def _waits(state: Path) -> bool:
    return any(each.state == states.SUBMITTING for each in standings(state).values())


def _chosen(waiting: list[Attempt], name: str, number: int | None) -> Attempt:
    """The attempt that is meant: a shot may have several, when it was changed after one was lost."""
    meant = [a for a in waiting if name in (a.job, a.shot) and number in (None, a.id)]
    if not meant:
        names = ", ".join(sorted({a.job for a in waiting}))
        which = f"attempt {number} of '{name}'" if number else f"'{name}'"
        raise UsageError(f"{which} does not wait for you", f"what does: {names}" if names else "nothing does")
    if len(meant) > 1:
        rows = "; ".join(
            f"--attempt {a.id}: {a.job}, {a.provider} {a.model}, {utc(a.created_at)}, {price(a.estimate)}"
            for a in meant
        )
        raise UsageError(f"{len(meant)} requests of '{name}' wait for you", f"say which: {rows}")
    return meant[0]


async def _handle(attempt: Attempt, id: str, where: Where) -> Mapping[str, Any]:
    """The job at the provider that an id names, if there is one.

    Raises:
        UsageError: the provider knows no such job.
        DecisionNeeded: the key that is set is of another account.
    """
    client = client_of(attempt, where)
    try:
        if client.terms.account != attempt.account:
            raise DecisionNeeded(
                f"'{attempt.job}' was sent from another account of {attempt.provider} than the key that is set",
                "set the key of that account",
            )
        handle = client.handle(id, attempt.model)
        answer = await client.poll(handle)
        if isinstance(answer, Failed) and answer.lost:
            raise UsageError(f"{attempt.provider} knows no job '{id}'", answer.message)
        return handle
    finally:
        await client.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v resolve", description="Say what became of a request whose answer was lost.")
    parser.add_argument("shot", metavar="SHOT", help="its id, or that of a part (`harbor.2`)")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--found", default="", metavar="ID", help="it is this job at the provider: fetch its clip")
    way.add_argument("--never-ran", action="store_true", help="it is not there: nothing is owed, render it")
    way.add_argument("--resubmit", action="store_true", help="buy it again, even if it is billed twice")
    parser.add_argument("-f", "--file", default="", metavar="FILE", help="default: the project's only storyboard")
    add_sandbox_option(parser)
    parser.add_argument("--attempt", type=int, default=None, metavar="N", help="where several requests wait")
    return parser
