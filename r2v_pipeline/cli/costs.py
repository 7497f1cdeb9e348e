"""`r2v costs`: what was spent, reserved and possibly spent, against what was expected.  Never writes."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from r2v_pipeline.cli.moments import since
from r2v_pipeline.cli.stages.front import paint_for, within
from r2v_pipeline.cli.stages.naming import UNPAID, add_sandbox_option, named
from r2v_pipeline.execute import state_dir
from r2v_pipeline.execute.spending import spendings
from r2v_pipeline.report.costs import GROUPS, to_json, to_text
from r2v_pipeline.report.safe import safe_json
from r2v_pipeline.source.files import project_root


def run(arguments: list[str]) -> int:
    """0 whatever was spent.  The storyboard need not be right, nor be there any more."""
    given = _parser().parse_args(arguments)
    begin = since("--since", given.since, time.time()) if given.since else float("-inf")
    if given.file:
        board = named(given.file, sandbox=given.sandbox)
        rows = [row for row in spendings(board.state) if row.storyboard == board.path]
    else:
        root = Path(project_root(os.path.join(os.getcwd(), "x")))
        rows = list(spendings(state_dir.locate(root, within=within(given.sandbox))))
    rows = [row for row in rows if row.at >= begin]
    if given.format == "json":
        sys.stdout.write(safe_json(to_json(rows, given.by)) + "\n")
    else:
        sys.stdout.write((UNPAID if given.sandbox else "") + to_text(rows, given.by, paint_for(sys.stdout)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v costs", description="What was spent, on what, against what was expected.")
    parser.add_argument("file", nargs="?", default="", metavar="FILE", help="only this storyboard's; default: all")
    parser.add_argument("--by", choices=tuple(GROUPS), default="shot", help="what a line stands for")
    parser.add_argument("--since", default="", metavar="D", help="a day (2026-01-31) or an age (30d)")
    add_sandbox_option(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser
