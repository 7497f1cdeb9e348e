"""A text with its templates expanded, by the cheapest way that gives the right characters."""

from __future__ import annotations

from r2v_pipeline.compile.scope import Scope, join, pieces
from r2v_pipeline.diagnostics import Diagnostic, error
from r2v_pipeline.model.types import Text
from r2v_pipeline.source.locate import within


def expand(text: Text, scope: Scope) -> tuple[str, Diagnostic | None]:
    """The expanded text, or empty text and the reason, placed on the very name that is wrong."""
    value = text.value
    split = pieces(value)
    if split is None:
        from r2v_pipeline.compile.jinja import expand_template

        result, trouble = expand_template(value, scope)
    else:
        result, trouble = join(value, split, scope)
    if trouble is None:
        return result, None
    span = within(value, text.span, trouble.start, trouble.end)
    return "", error(trouble.code, trouble.message, span, trouble.help)
