"""A text with its templates expanded, by the cheapest way that gives the right characters.

What only a mistake or a whole template needs is imported when it is met: `check` runs through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from r2v_pipeline.compile.scope import Scope, join, pieces

if TYPE_CHECKING:
    from r2v_pipeline.diagnostics import Diagnostic
    from r2v_pipeline.model.types import Text


def expand(text: Text, scope: Scope) -> tuple[str, Diagnostic | None]:
    """The expanded text, or empty text and the reason, placed on the very name that is wrong."""
    value = text.value
    split = pieces(value)
    if split is None:
        from r2v_pipeline.compile.prints import expand_prints

        printed, trouble = expand_prints(value, scope), None
        if printed is None:
            from r2v_pipeline.compile.jinja import expand_template

            printed, trouble = expand_template(value, scope)
        result = printed
    else:
        result, trouble = join(value, split, scope)
    if trouble is None:
        return result, None
    from r2v_pipeline.diagnostics import error
    from r2v_pipeline.source.locate import within

    span = within(value, text.span, trouble.start, trouble.end)
    return "", error(trouble.code, trouble.message, span, trouble.help)


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
