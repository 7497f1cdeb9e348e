"""`r2v explain [CODE…]`: what a diagnostic means, why it matters, how to mend it."""

from __future__ import annotations

import argparse
import shutil
import sys

from r2v_pipeline.cli.stages.front import paint_for
from r2v_pipeline.errors import UsageError
from r2v_pipeline.explain.pages import code_of, codes, page, refusal
from r2v_pipeline.report.explained import list_text, page_text, to_json

# Prose wider than this is hard to read, however wide the terminal is.
_WIDEST = 100


def run(arguments: list[str]) -> int:
    """Prints the pages of the codes given, or the list of all.

    Raises:
        UsageError: for a code that does not exist.
    """
    given = _parser().parse_args(arguments)
    known = codes()
    for word in given.code:
        if code_of(word) not in known:
            raise UsageError(f"there is no code '{word}'", refusal(word))
    pages = [page(code) for code in map(code_of, given.code)] or [page(code) for code in known]
    if given.format == "json":
        from r2v_pipeline.report.safe import safe_json

        text = safe_json(to_json(pages)) + "\n"
    elif given.code:
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        text = "\n".join(page_text(one, paint_for(sys.stdout), width) for one in pages)
    else:
        text = list_text(pages, paint_for(sys.stdout))
    sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v explain", description="What a diagnostic means and how to mend it.")
    parser.add_argument("code", nargs="*", metavar="CODE", help="R2V104, r2v104 or 104; without one: the list of all")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser
