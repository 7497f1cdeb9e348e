"""A text with its templates expanded, by the cheapest way that gives the right characters.

What only a mistake or a whole template needs is imported when it is met: `check` runs through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from r2v_pipeline.compile.scope import NAME, Scope, join, pieces, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from r2v_pipeline.compile.scope import Trouble
    from r2v_pipeline.diagnostics import Diagnostic
    from r2v_pipeline.model.types import Text

# Of one text so many wrong names are told: whoever wrote more has another problem.
_MOST = 50


def expand(text: Text, scope: Scope) -> tuple[str, tuple[Diagnostic, ...]]:
    """The expanded text, or empty text and the reasons, each placed on the very name that is wrong."""
    result, trouble = _expanded(text.value, scope)
    if trouble is None:
        return result, ()
    from r2v_pipeline.diagnostics import error
    from r2v_pipeline.source.locate import within

    found: list[Diagnostic] = []
    for one in _troubles(text.value, trouble, scope):
        span = within(text.value, text.span, one.start, one.end)
        found.append(error(one.code, one.message, span, one.help))
    return "", tuple(found)


def _expanded(value: str, scope: Scope) -> tuple[str, Trouble | None]:
    split = pieces(value)
    if split is not None:
        return join(value, split, scope)
    from r2v_pipeline.compile.prints import expand_prints

    printed = expand_prints(value, scope)
    if printed is not None:
        return printed, None
    from r2v_pipeline.compile.jinja.whole import expand_template

    return expand_template(value, scope)


def _troubles(value: str, first: Trouble, scope: Scope) -> Iterator[Trouble]:
    """The first trouble of a text, and those of the names behind it: what prints a name changes none of the others.

    What a statement of a template sets or leaves out is not known before it runs, so with one the first is all.
    """
    trouble: Trouble | None = first
    alone, at = "{%" in value or "{#" in value, 0
    for _ in range(_MOST):
        if trouble is None:
            return
        trouble = trouble._replace(start=at + trouble.start, end=at + trouble.end)
        yield trouble if alone else _of_the_name(value, trouble, scope)
        behind = value.find("}}", trouble.end)
        if alone or behind < 0 or trouble.code != "R2V401":
            return
        at = behind + 2
        if pieces(value[at:]) is None and _in_haste():
            return
        _, trouble = _expanded(value[at:], scope)


def _in_haste() -> bool:
    """Whether templates have little time left: what is not looked at then is better not told than told to be slow."""
    from r2v_pipeline.compile.jinja.whole import in_haste

    return in_haste()


def _of_the_name(value: str, trouble: Trouble, scope: Scope) -> Trouble:
    """What is wrong with a dotted name that stands for itself: known better than the template language tells."""
    for found in NAME.finditer(value):
        if found.start(1) <= trouble.start < found.end(1):
            _, own = value_of(found[1], scope)
            return own._replace(start=own.start + found.start(1), end=own.end + found.start(1)) if own else trouble
    return trouble


def is_tidy(text: str) -> bool:
    """Whether a text of a storyboard is one line with single spaces already, as nearly all are.

    Asked dozens of times a shot, so the cheap looks come first; of the control characters a text has only these two.
    """
    if "  " in text or "\n" in text or "\t" in text or text[:1] == " " or text[-1:] == " ":
        return False
    return text.isascii() or text.isprintable()


def tidy(text: str, language: str) -> str:
    """One line, single spaces; in Chinese no space between two characters that are written without one."""
    line = " ".join(text.split())
    if language != "zh" or " " not in line:
        return line
    out: list[str] = []
    for number, char in enumerate(line):
        if char == " " and _wide(line[number - 1]) and _wide(line[number + 1]):
            continue
        out.append(char)
    return "".join(out)


def _wide(char: str) -> bool:
    return "\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\uff00" <= char <= "\uff60"
