"""`r2v diff FILE [BASE..HEAD]`: two revisions compiled, and what changes in words, renders and money.  Never writes."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from r2v_pipeline.cli.locked import locking
from r2v_pipeline.cli.stages.front import (
    Options,
    add_storyboard_options,
    lock_of,
    options_of,
    paint_for,
    show,
    storyboard_or_only,
)
from r2v_pipeline.cli.stages.sides import Side, Trees, sides, trees
from r2v_pipeline.errors import StateTrouble
from r2v_pipeline.plan.named import Named
from r2v_pipeline.report.diff import Compared, to_json, to_text
from r2v_pipeline.report.diff_words import in_sentence
from r2v_pipeline.report.safe import safe, safe_json
from r2v_pipeline.review.compare import review
from r2v_pipeline.review.types import Review
from r2v_pipeline.source.revision import Revision

SOMETHING_DIFFERS = 10


def run(arguments: list[str]) -> int:
    """0, or with `--exit-code` 10 when something differs; 1 when a side does not compile."""
    given = _parser().parse_intermixed_args(arguments)
    file, range = _named(given.file, given.range)
    file = storyboard_or_only(file, "r2v diff FILE")
    with trees(file, range) as both:
        return _compare(both, file, options_of(given), given.format, given.exit_code)


def _compare(both: Trees, file: str, options: Options, format: str, exit_code: bool) -> int:
    base, head = sides(both, file, options)
    broken = [side for side in (base, head) if side.is_broken]
    if format == "markdown":
        from r2v_pipeline.report.diff_markdown import broken_text, to_markdown

        if broken:
            told = [(side.name, side.diagnostics) for side in broken]
            sys.stdout.write(broken_text(_shown(both, head, base), told))
            return 1
    if broken:
        for side in broken:
            sys.stderr.write(f"{safe(in_sentence(side.name))} does not compile:\n\n")
            show(side.diagnostics)
        return 1
    compared = compare(both, base, head)
    if format == "json":
        text = safe_json(to_json(compared)) + "\n"
    elif format == "markdown":
        text = to_markdown(compared)
    else:
        text = to_text(compared, paint_for(sys.stdout))
    sys.stdout.write(text)
    return SOMETHING_DIFFERS if exit_code and not compared.review.is_empty else 0


def compare(both: Trees, base: Side, head: Side) -> Compared:
    """Two sides without errors, compared; what earlier builds have made is asked of the state on this disk."""
    ledger, trouble = _ledger(both.root, head)
    notes = [trouble] if trouble else []
    for side in (base, head):
        notes += [f"at {side.name} {path} {what}" for path, what in sorted(side.apart.items())]
    if base.path and head.path and base.path != head.path:
        notes.insert(0, f"the file was called {base.path} at {base.name}")
    return Compared(
        _review(base, head, ledger),
        _shown(both, head, base),
        base.name,
        both.base.commit,
        head.name,
        both.head.commit if isinstance(both.head, Revision) else "",
        tuple(notes),
    )


def _review(base: Side, head: Side, ledger: Named | None) -> Review:
    if ledger is None:
        return review(base.version, head.version, lambda _: False)
    view = ledger
    return review(base.version, head.version, lambda key: bool(view.stored(key)), lambda key: bool(view.missing(key)))


def _ledger(root: str, head: Side) -> tuple[Named | None, str]:
    """What earlier builds have made here, with the lock's clips; and why that is not known where it is not."""
    if head.front is None:
        return None, ""
    try:
        ledger = locking.ledger(Path(root), lock_of(head.front))
        ledger.stored("")  # it reads when it is first asked
    except StateTrouble as why:
        return None, f"what earlier builds have made is not known: {why.message}"
    return ledger, ""


def _shown(both: Trees, head: Side, base: Side) -> str:
    return os.path.relpath(os.path.join(both.root, head.path or base.path)).replace(os.sep, "/")


def _named(file: str, range: str) -> tuple[str, str]:
    """A single word may be the file, or the revisions of the project's only storyboard."""
    if file and not range and not file.endswith((".yaml", ".yml")) and not os.path.exists(file):
        return "", file
    return file, range


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "r2v diff", description="What changes between two revisions: words of prompts, references, renders, money."
    )
    parser.add_argument("file", nargs="?", default="", metavar="FILE", help="default: the project's only storyboard")
    parser.add_argument(
        "range",
        nargs="?",
        default="",
        metavar="BASE[..HEAD]",
        help="default: HEAD against the working tree; BASE...HEAD is since HEAD left BASE",
    )
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    parser.add_argument("--exit-code", action="store_true", help="exit with 10 when something differs")
    parser.add_argument("--preview", action="store_true", help="compare the free animatic, whatever the file says")
    add_storyboard_options(parser)
    return parser
