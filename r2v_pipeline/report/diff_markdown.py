"""`r2v diff` for a pull request: one sentence, one table, and the words of each shot folded below it.

Everything from a storyboard stands in a code span or a code block, where no mention, link, image or HTML works: it may
be a stranger's.  A comment that is too long for GitHub is refused whole, so what does not fit is left out shot by shot,
and counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.report import diff_words as say
from r2v_pipeline.report.diagnostics import Paint, count_text
from r2v_pipeline.report.diagnostics import to_text as diagnostics_text
from r2v_pipeline.report.diff import Compared, details
from r2v_pipeline.report.safe import safe, safe_cell
from r2v_pipeline.report.words import counted
from r2v_pipeline.review.shots import same_words
from r2v_pipeline.review.types import Review, ShotChange

# GitHub refuses a comment of 65,536 characters; the table may take half of what is ours.
MOST = 60_000
_MOST_TABLE = 30_000
_MOST_BLOCK = 8_000
_MOST_NOTES = 20
_LONGEST = 300
_WIDTH = 100
_PLAIN = Paint(False)
_BACKTICKS = re.compile("`+")
_SPECIAL = {ord(char): f"\\{char}" for char in "\\`*_[]<>#|~@!$"}


def marker(file: str) -> str:
    """A comment that nobody sees, by which a program finds the comment of this storyboard that it made before."""
    return f"<!-- r2v diff {quote(file, safe='/').replace('--', '%2D%2D')} -->"


def to_markdown(compared: Compared) -> str:
    """At most 60,000 characters, as GitHub counts them."""
    review = compared.review
    heading = f"{safe_cell(compared.file)}: {safe_cell(compared.base)} → {safe_cell(compared.head)}"
    head = [marker(compared.file), f"**{_words(say.sentence(review))}**", "", heading, ""]
    tail = _tail(compared)
    room = MOST - sum(_size(line) for line in (*head, *tail)) - 200
    table = _table(review, min(room, _MOST_TABLE))
    room -= sum(map(_size, table))
    return "\n".join((*head, *table, *_folded(review, room), *tail)).rstrip("\n") + "\n"


def broken_text(file: str, sides: Sequence[tuple[str, tuple[Diagnostic, ...]]]) -> str:
    """What is said where a side does not compile: its diagnostics."""
    lines = [marker(file)]
    for name, found in sides:
        told = diagnostics_text(found, _PLAIN).rstrip("\n").split("\n")
        lines += [
            f"**{_words(name[:1].upper() + name[1:])} does not compile: {count_text(found)}.**",
            "",
            safe_cell(file),
            "",
        ]
        lines += _block(told, MOST // len(sides) - 1000)
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _words(sentence: str) -> str:
    """A sentence of ours; the names in it may be foreign."""
    return safe(sentence).translate(_SPECIAL)


def _size(line: str) -> int:
    """Characters as GitHub counts them, with the line break."""
    return len(line.encode("utf-16-le", "surrogatepass")) // 2 + 1


def _table(review: Review, room: int) -> list[str]:
    if not review.shots:
        return []
    lines = ["| shot | change | model | price | clip |", "| --- | --- | --- | --- | --- |"]
    for number, shot in enumerate(review.shots):
        cells = (shot.shot, say.title(shot), say.made_by(shot), say.prices(shot), say.clip(shot))
        row = f"| {' | '.join(safe_cell(cell[:_LONGEST]) for cell in cells)} |"
        if sum(map(_size, lines)) + _size(row) > room:
            return [*lines, "", f"… and {counted(len(review.shots) - number, 'more shot')}.", ""]
        lines.append(row)
    return [*lines, ""]


def _folded(review: Review, room: int) -> list[str]:
    """The words of each shot, as long as there is room."""
    alike = same_words(review.shots)
    lines: list[str] = []
    waiting = [shot for shot in review.shots if _kinds(shot)]
    for number, shot in enumerate(waiting):
        block = _details(shot, alike.get(shot.shot, ""))
        room -= sum(map(_size, block))
        if room < 0:
            left = counted(len(waiting) - number, "more shot")
            return [*lines, f"… and the words of {left}, which `r2v diff` shows.", ""]
        lines += block
    return lines


def _details(shot: ShotChange, like: str) -> list[str]:
    summary = escape(safe(f"{shot.shot[:_LONGEST]}: {_kinds(shot)}"))
    return [
        f"<details><summary>{summary}</summary>",
        "",
        *_block(details(shot, like, _PLAIN, _WIDTH), _MOST_BLOCK),
        "",
        "</details>",
        "",
    ]


def _kinds(shot: ShotChange) -> str:
    """What differs, in a few words: `prompt, 1 reference, 2 settings`."""
    if shot.change == "added":
        return "new"
    kinds = ["prompt"] if shot.prompt else []
    names = {say.reference(difference, shot)[0] for difference in shot.references}
    kinds += [counted(len(names), "reference")] if names else []
    kinds += [counted(len(shot.settings), "setting")] if shot.settings else []
    return ", ".join([*kinds, *(["in the film"] if shot.in_film else [])])


def _block(lines: Sequence[str], room: int) -> list[str]:
    """Lines in a code block that nothing in them can end."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        room -= _size(line)
        if room < 0:
            kept.append(f"… and {counted(len(lines) - number, 'more line')}")
            break
        kept.append(line.rstrip())
    longest = max((len(run) for line in kept for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *kept, fence]


def _tail(compared: Compared) -> list[str]:
    """What is no shot: the film, templates, the whole price, notes."""
    review = compared.review
    told = [f"the film: {say.film(difference)}" for difference in review.film]
    told += ["the film is joined again"] if review.joined and review.shots else []
    told += map(say.template, review.templates)
    unchanged = review.shot_count - sum(shot.change != "removed" for shot in review.shots)
    told += [f"{counted(unchanged, 'shot')} unchanged"] if unchanged and not review.is_empty else []
    told += [f"note: {note}" for note in compared.notes]
    lines = [f"- {safe_cell(line[: 2 * _LONGEST])}" for line in told[:_MOST_NOTES]]
    lines += [f"- … and {counted(len(told) - _MOST_NOTES, 'more note')}"] if len(told) > _MOST_NOTES else []
    whole = _words(say.whole(review))
    return [*lines, *([""] if lines else []), *([whole, ""] if whole else [])]
