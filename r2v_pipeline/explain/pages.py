"""Finding and reading the explain pages.

A page is Markdown of one form: `# CODE: title`, a paragraph `Severity: …`, then the sections of `SECTIONS`.  What
shows a page (terminal, JSON, SARIF) takes it from here; nothing else opens these files.
"""

from __future__ import annotations

import os
from typing import NamedTuple

SECTIONS = ("What it is", "Why it matters", "Example", "How to mend")

# First digit of a code -> the stage that says it, in the order in which a build meets them.
STAGES = {
    "0": "the file",
    "1": "the form",
    "2": "names and files",
    "3": "times and dialogue",
    "4": "templates",
    "5": "models and providers",
    "6": "state of a build",
    "7": "a provider's answer",
    "8": "clips and the film",
}

_PREFIX = "R2V"
_FOLDER = os.path.dirname(os.path.abspath(__file__))


class Page(NamedTuple):
    """One page: `severity` is `error`, `warning` or both in words, `text` the whole Markdown."""

    code: str
    title: str
    severity: str
    text: str

    @property
    def stage(self) -> str:
        return STAGES[self.code[len(_PREFIX)]]

    def section(self, heading: str) -> str:
        """The Markdown below one of `SECTIONS`, without its heading."""
        after = self.text.partition(f"\n## {heading}\n")[2]
        return after.partition("\n## ")[0].strip()


def codes() -> tuple[str, ...]:
    """Every code that has a page, sorted."""
    return tuple(sorted(name[:-3] for name in os.listdir(_FOLDER) if name.startswith(_PREFIX) and name.endswith(".md")))


def page(code: str) -> Page:
    """The page of one of `codes()`."""
    with open(os.path.join(_FOLDER, f"{code}.md"), encoding="utf-8") as file:
        text = file.read()
    head, _, rest = text.partition("\n\n")
    severity = rest.partition("\n\n")[0].removeprefix("Severity: ").removesuffix(".")
    return Page(code, head.partition(": ")[2], severity, text)


def title(code: str) -> str:
    """What a code is called; empty for one without a page, which a provider from elsewhere may say."""
    return page(code).title if code in codes() else ""


def code_of(word: str) -> str:
    """A code as people type it (`R2V104`, `r2v104`, `104`), in its own spelling; it need not exist."""
    word = word.strip().upper()
    return word if word.startswith(_PREFIX) else _PREFIX + word


def refusal(word: str) -> str:
    """A help line for a code that does not exist: the near miss, else where the list is."""
    from r2v_pipeline.diagnostics import nearest

    near = nearest(code_of(word), codes())
    return f"did you mean {near}?" if near else "'r2v explain' lists them all"
