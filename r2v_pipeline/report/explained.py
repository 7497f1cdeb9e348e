"""`r2v explain`: the page of a code, and the list of all codes, for a terminal and for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

from r2v_pipeline.explain.pages import Page
from r2v_pipeline.report.diagnostics import Paint

VERSION = 1

_ITEM = re.compile(r"(- |\d+\. )")


def page_text(page: Page, paint: Paint, width: int) -> str:
    """A page for reading: headings stand out, prose is wrapped to `width` columns, examples are left as they are."""
    lines: list[str] = []
    for block in _blocks(page.text):
        if block.startswith("```"):
            lines += [f"    {line}".rstrip() for line in block.splitlines()[1:-1]]
        elif block.startswith("#"):
            lines.append(paint.bold(block.lstrip("# ")))
        else:
            lines += _prose(block, width)
        lines.append("")
    return "\n".join(lines)


def _blocks(markdown: str) -> Iterator[str]:
    """Headings, paragraphs, lists and fenced blocks, one at a time."""
    block: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line.strip() or fenced:
            block.append(line)
        elif block:
            yield "\n".join(block)
            block = []
    if block:
        yield "\n".join(block)


def _prose(block: str, width: int) -> list[str]:
    """A paragraph, or the items of a list with their lines hanging."""
    items: list[str] = []
    for line in block.splitlines():
        if not items or _ITEM.match(line):
            items.append(line)
        else:
            items[-1] += " " + line.strip()
    lines: list[str] = []
    for item in items:
        sign = _ITEM.match(item)
        hanging = " " * len(sign[0]) if sign else ""
        lines += wrap(item, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return lines


def list_text(pages: Sequence[Page], paint: Paint) -> str:
    """Every code with its severity and title, by the stage that says it."""
    wide = max(len(page.severity) for page in pages)
    parts = []
    for stage, group in groupby(pages, key=lambda page: page.stage):
        rows = [f"  {page.code}  {page.severity:<{wide}}  {page.title}" for page in group]
        parts.append("\n".join([paint.bold(stage[0].upper() + stage[1:]), *rows, ""]))
    return "\n".join([*parts, "`r2v explain CODE` has the whole page", ""])


def to_json(pages: Sequence[Page]) -> dict[str, Any]:
    """The pages as Markdown, with what the list says of them."""
    return {
        "version": VERSION,
        "codes": [
            {"code": p.code, "severity": p.severity, "stage": p.stage, "title": p.title, "page": p.text} for p in pages
        ],
    }
