"""`r2v graph FILE`: the jobs and what they wait for.  Never writes."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.cli.stages.front import add_storyboard_options, options_of, storyboard_or_only
from r2v_pipeline.cli.stages.planning import look
from r2v_pipeline.report.graph import to_dot, to_json, to_mermaid
from r2v_pipeline.report.safe import safe_json


def run(arguments: list[str]) -> int:
    """0, or 1 when the storyboard is wrong."""
    given = _parser().parse_intermixed_args(arguments)
    planned = look(storyboard_or_only(given.file), options_of(given), tuple(given.shot))
    if isinstance(planned, int):
        return planned
    if given.format == "json":
        text = safe_json(to_json(planned.plan)) + "\n"
    else:
        text = (to_dot if given.format == "dot" else to_mermaid)(planned.plan)
    sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v graph", description="The jobs of a storyboard and what they wait for.")
    parser.add_argument("file", nargs="?", default="", metavar="FILE")
    parser.add_argument(
        "shot", nargs="*", metavar="SHOT", help="only these: id, glob, +needs, dependants+, tag:, cast:"
    )
    parser.add_argument("--format", choices=("mermaid", "dot", "json"), default="mermaid")
    parser.add_argument("--preview", action="store_true", help="the free animatic, whatever the file says")
    add_storyboard_options(parser)
    return parser
