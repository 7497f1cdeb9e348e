"""What `check` found, in the format that was asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from r2v_pipeline.cli.stages.front import paint_for
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.report.safe import safe_json


def report(found: list[Diagnostic], format: str, *, every: bool, unsaid: int, clean: str) -> str:
    """The whole of standard output.

    `unsaid` is how many `--select` and `--ignore` left out: nobody may take what is left for all there is.  `clean`
    has a line for each storyboard without errors, which only people read.
    """
    if format == "json":
        from r2v_pipeline.report.diagnostics import to_json

        return safe_json(to_json(found) | ({"unsaid": unsaid} if unsaid else {})) + "\n"
    if format == "sarif":
        from r2v_pipeline.report.sarif import to_sarif

        return safe_json(to_sarif(found, in_repository(), unsaid)) + "\n"
    if format == "github":
        from r2v_pipeline.report.github import to_github

        text = to_github(found, in_repository())
    else:
        from r2v_pipeline.report.diagnostics import to_text

        text = to_text(found, paint_for(sys.stdout), every=every)
    if unsaid:
        text += f"{unsaid:,} not told, because of --select or --ignore; a build heeds every error all the same\n"
    return text + clean


def in_repository() -> Callable[[str], str]:
    """From a file's name as it is shown, seen from here, to its path in the Git repository around here.

    GitHub and code scanning look a file up from the top of the checkout, wherever in it r2v was started.
    """
    here = os.getcwd()
    top = here
    while not os.path.exists(os.path.join(top, ".git")) and os.path.dirname(top) != top:
        top = os.path.dirname(top)
    prefix = os.path.relpath(here, top) if os.path.exists(os.path.join(top, ".git")) else ""

    def path(name: str) -> str:
        inside = os.path.normpath(os.path.join(prefix, name)).replace(os.sep, "/")
        return name if inside.startswith("../") else inside

    return path
