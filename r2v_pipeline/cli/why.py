"""`r2v why SHOT`: what differs from the last build, to the word and its line.  Never writes."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.cli.stages.front import add_storyboard_options, options_of, paint_for, storyboard_or_only
from r2v_pipeline.cli.stages.naming import add_sandbox_option
from r2v_pipeline.cli.stages.planning import look
from r2v_pipeline.compile.jobs import CLIPS
from r2v_pipeline.plan.select import select
from r2v_pipeline.report.safe import safe_json
from r2v_pipeline.report.why import explain, to_json, to_text


def run(arguments: list[str]) -> int:
    """0 whether or not anything differs."""
    given = _parser().parse_intermixed_args(arguments)
    planned = look(storyboard_or_only(given.file, "-f FILE"), options_of(given), tuple(given.shot))
    if isinstance(planned, int):
        return planned
    chosen, _ = select(planned.plan.compilation, tuple(given.shot))
    wanted = [a for a in planned.plan.actions if a.job.kind in CLIPS and (chosen is None or a.job.shot in chosen)]
    if chosen is None:
        wanted = [a for a in wanted if a.verb != "reuse"]
    whys = [explain(action, planned.ledger.last(planned.plan.output, action.job.id)) for action in wanted]
    if given.format == "json":
        sys.stdout.write(safe_json(to_json(whys)) + "\n")
    else:
        sys.stdout.write(to_text(whys, paint_for(sys.stdout)) or "every shot is up to date\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v why", description="Why shots would be rendered again, to the word.")
    parser.add_argument("shot", nargs="*", metavar="SHOT", help="default: every shot that would render")
    parser.add_argument("-f", "--file", default="", metavar="FILE", help="default: the project's only storyboard")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--preview", action="store_true", help="against the free animatic's last build")
    add_sandbox_option(parser)
    add_storyboard_options(parser)
    return parser
