"""Why a job's key is not the one of the last build: its ingredients then and now, compared one by one.

Pure, and shared by `plan` (a short phrase in each row) and `why` (everything, with its place in the file).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from r2v_pipeline.canonical import canonical
from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.diagnostics import Span
from r2v_pipeline.plan.compare import leaves, same_json
from r2v_pipeline.plan.places import in_prompt, in_value
from r2v_pipeline.plan.types import Recorded
from r2v_pipeline.plan.worddiff import is_text, word_diff

_REFERENCE = re.compile(r"references\.([^.]+)(?:\..+)?")
_NAMED = re.compile(r"(reference|shot)s\.([^.]+)")
_CLIP = re.compile(r"shots\.([^.]+)\.clip")
_ORDERS = {"order": "shots", "references": "references"}
_OUTER = re.compile(r"^(?:body|render)\.")
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_KEY = re.compile(r"\b[0-9a-f]{64}\b")
_LONGEST = 40


class Part(NamedTuple):
    """A stretch of a changed text: `op` is `equal`, `del` or `ins`; a change knows its field and its place."""

    op: str
    text: str
    field: str
    span: Span | None


class Difference(NamedTuple):
    """One ingredient that is not as it was.

    `change` is `changed`, `added` or `removed` (the missing side is None).  `parts` is empty unless both sides are
    prose.  `span` is the first changed word where it stands in the file literally, else the value that holds it.
    """

    path: str
    change: str
    before: Any
    after: Any
    parts: tuple[Part, ...]
    span: Span | None


def differences(old: Recorded | None, job: Job) -> tuple[Difference, ...]:
    """What differs from the last build, the prompt first; nothing without a last build.

    A body may hold the prompt's words at any depth; a difference that has none of its own is left out.
    """
    if old is None or made_otherwise(old, job):
        return ()
    items = {item.path: item for item in job.ingredients}
    found: list[Difference] = []
    said: set[tuple[str, str]] = set()
    for root, path, change, before, after in leaves(old.ingredients, {name: i.value for name, i in items.items()}):
        span = (items[root].span if root in items else None) or job.span
        difference = Difference(path, change, before, after, (), span)
        if change == "changed" and _prose(path, before, after):
            difference = _compared(difference, job)
            words = {(part.op, part.text) for part in difference.parts if part.op != "equal"}
            if path == "prompt":
                said = words
            elif path.startswith("body.") and words <= said:
                continue
        found.append(difference)
    return tuple(found)


def same(old: Recorded | None, job: Job) -> tuple[str, ...]:
    """The groups of ingredients that are as they were, in the job's order: `model`, `seed`, `2 references`."""
    if old is None or made_otherwise(old, job):
        return ()
    now = {item.path: item.value for item in job.ingredients}
    equal = dict.fromkeys(map(_group, now), True)
    for path in (*now, *old.ingredients):
        if path not in now or path not in old.ingredients or not same_json(old.ingredients[path], now[path]):
            equal[_group(path)] = False
    groups = [group for group, unchanged in equal.items() if unchanged and group != "references"]
    references = sum(group.startswith("references.") for group in groups)
    named = [group for group in groups if not group.startswith("references.")]
    return (*named, *([f"{references} reference{'s'[: references > 1]}"] if references else []))


def made_otherwise(old: Recorded, job: Job) -> bool:
    """Whether the last build made this clip of parts where it is one piece now, or the other way round.

    Then nothing that the one is made of is like anything of the other.
    """
    return ("parts.1" in old.ingredients) != (job.kind == "splice")


def phrase(difference: Difference, job: Job) -> str:
    """One difference in a few words, for a row of a plan."""
    path, change, before, after = difference[:4]
    if difference.parts:
        return f"{path} changed: {_first_words(difference.parts)}"
    if is_take(difference):
        return f"take {after}"
    if change == "changed":
        if isinstance(after, str) and (after.startswith("r2v-file:") or path.endswith("sha256")):
            return f"{_source_of(path, after, job)} has other bytes"
        if clip := _CLIP.fullmatch(path):
            return f"{clip[1]} has another clip"
        if path in _ORDERS:
            return f"the order of the {_ORDERS[path]} changed"
        exact = _scalar(before) and _scalar(after)
        return f"{path} {shown(before)} -> {shown(after)}" if exact else f"{path} changed"
    if named := _NAMED.fullmatch(path):
        return f"{named[1]} {named[2]} {change}"
    if change == "removed":
        return f"{path} no longer set"
    return f"{path} set to {shown(after)}" if _scalar(after) else f"{path} added"


def summary(found: tuple[Difference, ...], job: Job) -> tuple[str, Span | None]:
    """All differences in one short phrase, the first and how many more, with the place of the first.

    What can be told exactly goes before what can only be named.
    """
    exact_first = sorted(found, key=lambda d: not (d.parts or (_scalar(d.before) and _scalar(d.after))))
    phrases = list(dict.fromkeys(phrase(difference, job) for difference in exact_first))
    if not phrases:
        return "its request changed", job.span
    rest = len(phrases) - 1
    more = f"; {rest} more difference{'s' if rest > 1 else ''}" if rest else ""
    return phrases[0] + more, exact_first[0].span


def is_take(difference: Difference) -> bool:
    """Whether only another roll of the dice was asked for here; the body may repeat the number."""
    return difference.path in ("take", "body.take") and difference.after is not None


def changed_inputs(found: Iterable[Difference], keys: frozenset[str]) -> frozenset[str]:
    """Those of `keys` that the differences name, when they name nothing else: then only what it needs has changed."""
    used: set[str] = set()
    for difference in found:
        named = keys.intersection(_KEY.findall(difference.after)) if isinstance(difference.after, str) else frozenset()
        if not named or difference.change != "changed":
            return frozenset()
        used |= named
    return frozenset(used)


def shown(value: Any) -> str:
    """A setting as a person writes it; digests and long texts shortened."""
    if isinstance(value, str):
        return _short(_DIGEST.sub(r"\1…", value)) or '""'
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return _short(_DIGEST.sub(r"\1…", canonical(value).decode()))


def _prose(path: str, before: Any, after: Any) -> bool:
    """Two texts that a person wrote; a prompt is one even when it is a single word."""
    both = isinstance(before, str) and isinstance(after, str)
    return both and (path in ("prompt", "negative") or is_text(before) or is_text(after))


def _compared(difference: Difference, job: Job) -> Difference:
    """The same difference of two texts, with its changed words and their places."""
    after, base = difference.after, difference.span
    in_the_prompt = job.prompt is not None and job.prompt.text == after
    parts: list[Part] = []
    for op, text, at in word_diff(difference.before, after):
        field, span = "", None
        if op != "equal":
            looked_for = text if op == "ins" else ""
            if in_the_prompt:
                field, span = in_prompt(job, at, looked_for)
            elif base:
                span = in_value(base, after, at, looked_for)
        parts.append(Part(op, text, field, span))
    places = [part.span for part in parts if part.op == "ins" and part.span]
    places += [part.span for part in parts if part.span]
    return difference._replace(parts=tuple(parts), span=places[0] if places else base)


def _first_words(parts: tuple[Part, ...]) -> str:
    """The first changed words of a text: `"dawn" -> "dusk"`."""
    at = next(i for i, part in enumerate(parts) if part.op != "equal")
    first, after = parts[at], parts[at + 1] if at + 1 < len(parts) else None
    paired = first.op == "del" and after is not None and after.op == "ins"
    places = sum(part.op != "equal" and (i == 0 or parts[i - 1].op == "equal") for i, part in enumerate(parts))
    more = f" and {places - 1} more place{'s' if places > 2 else ''}" if places > 1 else ""
    quoted = f'"{_short(first.text.strip())}"'
    if paired and after is not None:
        return f'{quoted} -> "{_short(after.text.strip())}"{more}'
    return f"{quoted} {'added' if first.op == 'ins' else 'removed'}{more}"


def _source_of(path: str, digest: Any, job: Job) -> str:
    references = job.request.references if job.request else ()
    named = _REFERENCE.fullmatch(path)
    for reference in references:
        if (named and reference.id == named[1]) or (not named and str(digest).endswith(reference.sha256 or "-")):
            return reference.source
    return path.rpartition(".")[0] or path


def _group(path: str) -> str:
    reference = _REFERENCE.fullmatch(path)
    return f"references.{reference[1]}" if reference else _OUTER.sub("", path).partition(".")[0]


def _scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, bool))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
