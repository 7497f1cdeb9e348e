"""A difference in a line or two: changed words in brackets with a little of what is around them, and their places."""

from __future__ import annotations

import re
from collections.abc import Sequence

from r2v_pipeline.plan.why import Difference, Part, shown
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe

# A list of names tells by its path alone which one came or went.
_NAME = re.compile(r"(?:references|shots)\.[^.]+")

# Characters of unchanged text that are shown on either side of a change.
_AROUND = 40


def change(difference: Difference, paint: Paint, since: str = "in the last build") -> str:
    """What a value was and is; `since` says when it was not set yet."""
    if difference.parts:
        return words(difference.parts, paint)
    if difference.change != "changed" and _NAME.fullmatch(difference.path):
        return difference.change
    if difference.change == "added":
        return f"{paint.green(safe(shown(difference.after)))}, not set {since}"
    if difference.change == "removed":
        return f"no longer set, was {paint.red(safe(shown(difference.before)))}"
    return f"{paint.red(safe(shown(difference.before)))} -> {paint.green(safe(shown(difference.after)))}"


def words(parts: Sequence[Part], paint: Paint) -> str:
    """A changed text: `…slow push-in at [-dawn-]{+dusk+}, wind in…`."""
    return "".join(_marked(part, index, parts, paint) for index, part in enumerate(parts))


def places(difference: Difference) -> list[str]:
    """Each place once: what was put in first names the very word, what was only taken out the field it stood in."""
    found: dict[str, None] = {}
    for index, part in enumerate(difference.parts):
        paired = (
            part.op == "del" and difference.parts[index + 1 : index + 2] and difference.parts[index + 1].op == "ins"
        )
        if part.span and not paired:
            found[f"from {part.field}  {part.span}" if part.field else f"from {part.span}"] = None
    if not found and difference.span:
        found[f"from {difference.span}"] = None
    return [safe(place) for place in found]


def _marked(part: Part, index: int, parts: Sequence[Part], paint: Paint) -> str:
    """A changed stretch in brackets, an unchanged one only as far as it says where the change is."""
    if part.op == "equal":
        first, last = index == 0, index == len(parts) - 1
        return safe(_around(part.text, before=not first, after=not last))
    space = part.text[: len(part.text) - len(part.text.lstrip())]
    words = safe(part.text[len(space) :])
    return safe(space) + (paint.red(f"[-{words}-]") if part.op == "del" else paint.green(f"{{+{words}+}}"))


def _around(text: str, *, before: bool, after: bool) -> str:
    """The ends of an unchanged stretch that touch a change, cut where a word ends."""
    room = _AROUND * (before + after)
    if len(text) <= room + 3:
        return text
    head = text[:_AROUND].rpartition(" ")[0] or text[:_AROUND] if before else ""
    tail = text[-_AROUND:].partition(" ")[2] or text[-_AROUND:] if after else ""
    return f"{head} … {tail}" if head and tail else f"{head}…{tail}"
