"""Whether this machine can set every character of the boards that a plan draws; a board that cannot says so itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from r2v_pipeline.plan.types import Plan


def font_note(made: Plan) -> str:
    """One sentence on what cannot be drawn and how to mend it; empty when everything can, or nothing is drawn."""
    drawn = [a.job.request.body for a in made.actions if a.verb == "render" and a.job.request]
    beyond = {char for body in drawn for text in _texts(body) if not text.isascii() for char in text if ord(char) > 127}
    if not beyond:
        return ""
    from r2v_pipeline.media.fonts import missing_characters, remedy

    missing = missing_characters("".join(sorted(beyond)))
    if not missing:
        return ""
    shown = "".join(missing[:8]) + ("…" if len(missing) > 8 else "")
    return f"no font on this machine has {len(missing)} of the characters ({shown}): {remedy(missing)}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
