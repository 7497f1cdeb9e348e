"""`r2v plan FILE`: what would be rendered, why, and for how much.  Never writes."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.cli.stages.front import add_storyboard_options, options_of, paint_for, storyboard_or_only
from r2v_pipeline.cli.stages.naming import UNPAID, add_sandbox_option
from r2v_pipeline.cli.stages.planning import look
from r2v_pipeline.report.plan import to_json, to_markdown, to_text
from r2v_pipeline.report.safe import safe_json

SOMETHING_TO_DO = 10


def run(arguments: list[str]) -> int:
    """0, or with `--exit-code` 10 when there is something to do."""
    given = _parser().parse_intermixed_args(arguments)
    if given.compare:
        from r2v_pipeline.cli.rivals import run as compare

        return compare(given, options_of(given))
    planned = look(storyboard_or_only(given.file), options_of(given), tuple(given.shot))
    if isinstance(planned, int):
        return planned
    if given.format == "json":
        text = safe_json(to_json(planned.plan)) + "\n"
    elif given.format == "markdown":
        text = to_markdown(planned.plan)
    else:
        text = (UNPAID if given.sandbox else "") + to_text(planned.plan, paint_for(sys.stdout))
    sys.stdout.write(text)
    work = any(action.verb not in ("reuse", "skip") for action in planned.plan.actions)
    return SOMETHING_TO_DO if work and given.exit_code else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v plan", description="What would be rendered, why, and for how much.")
    parser.add_argument("file", nargs="?", default="", metavar="FILE")
    parser.add_argument(
        "shot", nargs="*", metavar="SHOT", help="only these: id, glob, +needs, dependants+, tag:, cast:"
    )
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    parser.add_argument("--exit-code", action="store_true", help="exit with 10 when there is something to do")
    parser.add_argument("--compare", action="store_true", help="what all of it would cost at every model")
    parser.add_argument("--preview", action="store_true", help="plan the free animatic, whatever the file says")
    add_sandbox_option(parser)
    add_storyboard_options(parser)
    return parser
