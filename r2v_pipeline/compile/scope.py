"""Expansion of `{{ dotted.names }}`, without Jinja where nothing more is asked for.

Nearly every text of a storyboard is prose with a few names in it.  Compiling each as a Jinja template costs half a
millisecond and importing Jinja more than a small check; so text whose only template syntax is `{{ a.b }}` is expanded
here, to the same characters, and everything else goes to compile/jinja/whole.py.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import did_you_mean
from r2v_pipeline.model.types import Member

NAME = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\}\}")
RESERVED = frozenset(("true", "false", "none", "True", "False", "None", "loop", "self", "super", "range", "dict"))

_NOTHING = object()

# Told of each member that is named, and whether by its bare name: a field of it is no mention.
Mention = Callable[[str, bool], None]


class Trouble(NamedTuple):
    """Why a text cannot be expanded, at which characters of it."""

    code: str
    message: str
    start: int
    end: int
    help: str


class Scope(NamedTuple):
    """What names mean in one expansion.

    `roots` are plain values (vars, shot, segment, film); `members` the cast; `names` the words for each member;
    """

    roots: Mapping[str, Any]
    members: Mapping[str, Member]
    names: Mapping[str, str]
    mention: Mention

    def member(self, root: str) -> tuple[Member, bool] | None:
        """The cast member that a name means, and whether it was written with a capital."""
        if root in self.members:
            return self.members[root], False
        small = root[:1].lower() + root[1:]
        if small in self.members and small != root:
            return self.members[small], True
        return None

    def word(self, member: Member, large: bool) -> str:
        """What a bare `{{ mia }}` gives here."""
        self.mention(member.id, True)
        name = self.names[member.id]
        return name[:1].upper() + name[1:] if large else name

    def candidates(self) -> list[str]:
        return [*self.members, *self.roots]


@lru_cache(maxsize=4096)
def pieces(text: str) -> tuple[str, ...] | None:
    """A text as literal, dotted name, literal, dotted name, …, literal; None when it needs the whole template language.

    A text is asked for several times (its mentions, its words for the model, its words for people), hence the cache.
    """
    found = tuple(NAME.split(text))
    if len(found) != 2 * text.count("{{") + 1 or "{%" in text or "{#" in text:
        return None
    if any(name.partition(".")[0] in RESERVED for name in found[1::2]):
        return None
    return found


def join(text: str, split: tuple[str, ...], scope: Scope) -> tuple[str, Trouble | None]:
    """The pieces of a text as text, or why one of its names has no value."""
    out = list(split)
    for number in range(1, len(split), 2):
        value, trouble = value_of(split[number], scope)
        if trouble:
            at = next(m.start(1) for i, m in enumerate(NAME.finditer(text)) if i == number // 2)
            return "", trouble._replace(start=trouble.start + at, end=trouble.end + at)
        out[number] = value
    return "".join(out), None


def value_of(path: str, scope: Scope) -> tuple[str, Trouble | None]:
    """One dotted name as text; a trouble counts its characters from the name's own start."""
    root, dot, fields = path.partition(".")
    found = scope.member(root)
    if found and not dot:
        return scope.word(*found), None
    rest = fields.split(".") if dot else []
    if found:
        scope.mention(found[0].id, False)
    value: Any = found[0].fields if found else scope.roots.get(root, _NOTHING)
    if value is _NOTHING:
        return "", unknown(root, scope)
    at = len(root) + 1
    for step in rest:
        if not isinstance(value, Mapping) or step not in value:
            return "", _missing(path, step, value, at)
        value, at = value[step], at + len(step) + 1
    if isinstance(value, (Mapping, list)):
        kind = "a map" if isinstance(value, Mapping) else "a list"
        return "", Trouble("R2V402", f"'{path}' is {kind}, not text", 0, len(path), "name one of its entries")
    return str(value), None


def unknown(root: str, scope: Scope) -> Trouble:
    """That nothing has a name, as a trouble over all of it."""
    known = scope.candidates()
    if root[:1].isupper():  # `{{ Mya }}` meant `{{ Mia }}`
        known = [name[:1].upper() + name[1:] if name in scope.members else name for name in known]
    near = did_you_mean(root, known, "in scope here")
    return Trouble("R2V401", f"nothing is called '{root}' here", 0, len(root), near)


def _missing(path: str, step: str, value: Any, at: int) -> Trouble:
    owner = path[: path.index(step) - 1] if step in path else path
    has = sorted(value) if isinstance(value, Mapping) else []
    near = did_you_mean(step, has, f"{owner} has") if has else f"{owner} is text and has no fields"
    return Trouble("R2V401", f"'{owner}' has no '{step}'", at, at + len(step), near)
