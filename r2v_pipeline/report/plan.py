"""A plan as text for a person, JSON for a program, and a Markdown table for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from r2v_pipeline.plan.notes import Note, notes
from r2v_pipeline.plan.planner import sums
from r2v_pipeline.plan.types import DOUBT, Action, Plan
from r2v_pipeline.providers.base import Cost
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.catalog.prices import Billed
from r2v_pipeline.providers.catalog.requests import billed as billed_for
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe, safe_cell
from r2v_pipeline.report.words import columns, counted, money, number, price, seconds

VERSION = 1

_SYMBOLS = {"render": "+", "collect": "~", "fetch": "~", "hold": "!", "skip": "!"}
_WORDS = {"hold": "held", "skip": "waits"}

# GitHub refuses a comment of 65,536 characters; a summary that is cut off says by how much.
_MOST_MARKDOWN = 60_000
_MOST_NOTES = 20
_LONGEST_LINE = 500


def to_text(plan: Plan, paint: Paint) -> str:
    """One sentence first, then what happens to which shot and why; what stays as it is, is counted."""
    remarks = [_note(note) for note in notes(plan.compilation)]
    blocks = [[paint.bold(safe(_sentence(plan)))], _rows(plan, paint), _trimmed(plan), remarks]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def to_json(plan: Plan) -> dict[str, Any]:
    """Version 1 of the plan's shape: every job, those of pictures and of the film too (their `shot` may be empty)."""
    known, unknown = _owed(plan)
    actions = [
        {
            "shot": action.job.shot,
            "job": action.job.id,
            "verb": action.verb,
            "reason": action.reason.text,
            "word": action.reason.word,
            "cost": _cost(action.cost),
            "seconds_clip": number(action.billed_ms, 1000),
            "seconds_billed": _most_seconds([action]),
            "seconds_used": number(action.used_ms, 1000),
        }
        for action in plan.actions
    ]
    totals = {
        "verbs": dict(plan.totals.verbs),
        "cost": _cost(plan.totals.cost),
        "costs": [_cost(cost) for cost in known],
        "unknown_prices": unknown,
        "seconds_clip": number(sum(action.billed_ms for action in plan.actions), 1000),
        "seconds_billed": _most_seconds(plan.actions),
        "seconds_used": number(sum(action.used_ms for action in plan.actions if action.billed_ms), 1000),
    }
    return {"version": VERSION, "actions": actions, "totals": totals}


def to_markdown(plan: Plan) -> str:
    """The sentence and one table row a shot that is not simply reused; at most 60,000 characters."""
    listed = [action for action in plan.actions if _is_listed(action)]
    names = _names(plan)
    head = [_markdown_words(_sentence(plan)), ""]
    head += ["| shot | what | length | price | why |", "| --- | --- | --- | --- | --- |"] if listed else []
    rest = [*(words for _, words in (*_counts(plan), *_film(plan))), *_trimmed(plan)]
    rest += [_note(note) for note in notes(plan.compilation)[:_MOST_NOTES]]
    tail = ["", *(f"- {safe_cell(line[:_LONGEST_LINE])}" for line in rest)] if rest else []
    room = _MOST_MARKDOWN - sum(len(line) + 1 for line in (*head, *tail)) - 100
    rows: list[str] = []
    for action in listed:
        place = f" ({action.reason.span})" if action.reason.span else ""
        cells = (names[action.job.id], _word(action), _length(action), _price(action), action.reason.text + place)
        rows.append(f"| {' | '.join(map(safe_cell, cells))} |")
        room -= len(rows[-1]) + 1
        if room < 0:
            rows[-1:] = ["", f"… and {counted(len(listed) - len(rows) + 1, 'more shot')}."]
            break
    return "\n".join((*head, *rows, *tail)) + "\n"


def _sentence(plan: Plan) -> str:
    shots = plan.compilation.storyboard.shots
    by_verb: dict[str, set[str]] = {}
    for action in plan.actions:
        if action.job.kind == "render":
            by_verb.setdefault(action.verb, set()).add(action.job.shot)
    coming = by_verb.get("collect", set()) | by_verb.get("fetch", set())
    held = by_verb.get("hold", set())
    rendering = by_verb.get("render", set())
    joins = any(action.job.kind == "join" and action.verb == "render" for action in plan.actions)
    if rendering:
        parts = [f"{len(rendering)} of {counted(len(shots), 'shot')} {_verb(rendering, 'render')}, {_bill(plan)}."]
    elif coming or held:
        parts = ["No shot renders."]
    elif joins:
        parts = ["No shot renders; the film is joined again."]
    elif any(action.job.kind == "splice" and action.verb == "render" for action in plan.actions):
        parts = ["No shot renders; parts are joined again."]
    else:
        parts = ["Nothing to do."]
    if coming:
        parts.append(f"{len(coming)} {_verb(coming, 'come')} from an earlier build.")
    if held:
        parts.append(f"{len(held)} {'is' if len(held) == 1 else 'are'} in doubt and {_verb(held, 'wait')} for you.")
    return " ".join(parts)


def _verb(subjects: set[str], word: str) -> str:
    return f"{word}s" if len(subjects) == 1 else word


def _owed(plan: Plan) -> tuple[tuple[Cost, ...], int]:
    return sums(action.cost for action in plan.actions if action.verb == "render")


def _bill(plan: Plan) -> str:
    known, unknown = _owed(plan)
    if not known and not unknown:
        names = {a.job.request.provider for a in plan.actions if a.verb == "render" and a.job.request}
        return f"free ({', '.join(sorted(names))})"
    parts = ["about " + " and ".join(map(price, known))] if known else []
    if unknown:
        parts.append(f"{unknown} at an unknown price" if known else "at an unknown price")
    return " and ".join(parts)


def _is_listed(action: Action) -> bool:
    blocked = action.verb == "skip" and action.reason.word == DOUBT
    return action.job.kind == "render" and (blocked or action.verb not in ("reuse", "skip"))


def _names(plan: Plan) -> dict[str, str]:
    """A shot goes by its id; the parts of a split one by their jobs'."""
    parts = Counter(action.job.shot for action in plan.actions if action.job.kind == "render")
    return {a.job.id: a.job.shot if parts[a.job.shot] == 1 else a.job.id for a in plan.actions}


def _rows(plan: Plan, paint: Paint) -> list[str]:
    names = _names(plan)
    rows = []
    for action in plan.actions:
        if _is_listed(action):
            what = " ".join(filter(None, (_model(action), _length(action))))
            # Where a new shot is written, whoever wrote it knows; a change is worth its place.
            place = str(action.reason.span) if action.reason.span and action.reason.word != "new" else ""
            name, why = f"{_SYMBOLS[action.verb]} {safe(names[action.job.id])}", safe(action.reason.text)
            rows.append((name, _word(action), safe(what), _price(action), why, safe(place)))
    rest = [*_counts(plan), *_film(plan)]
    lines = [*columns(rows), *(f"  {symbol} {safe(words)}" for symbol, words in rest)]
    colours = {"+": paint.green, "~": paint.blue, "!": paint.yellow, ">": paint.blue}
    return [f"  {colours.get(line[2], str)(line[2])}{line[3:]}" for line in lines]


def _word(action: Action) -> str:
    return _WORDS.get(action.verb, action.verb)


def _model(action: Action) -> str:
    """What renders: the model, or the provider itself where it only stands in for the model and is free."""
    request = action.job.request
    if request is None:
        return ""
    free = action.verb == "render" and action.cost.known and not action.cost.high_micros
    # Of two jobs that ask for the same thing one is bought, and the other costs nothing at the same model.
    stands_in = free and request.provider not in providers()
    return request.provider if stands_in else request.model or request.provider


def _length(action: Action) -> str:
    request = action.job.request
    if request is None:
        return ""
    cut = request.duration_ms - request.used_ms
    return seconds(request.duration_ms) + (f" ({seconds(cut)} trimmed)" if cut > 0 else "")


def _price(action: Action) -> str:
    """Empty for what is free, so that a column of nothings does not appear; a doubt may have cost up to its price."""
    if action.cost.known and not action.cost.high_micros:
        return ""
    if action.verb == "hold" and action.cost.known:
        return money(action.cost.high_micros, action.cost.currency) + "?"
    return price(action.cost)


def _counts(plan: Plan) -> list[tuple[str, str]]:
    """What needs no line of its own."""
    groups: dict[str, set[str]] = {"same": set(), "footage": set(), "unselected": set()}
    for action in plan.actions:
        if action.job.kind == "render" and action.verb in ("reuse", "skip") and action.reason.word in groups:
            groups[action.reason.word].add(action.job.shot)
    busy = {action.job.shot for action in plan.actions if _is_listed(action)}
    words = (("=", "same", "unchanged"), ("=", "footage", "with own footage"), ("-", "unselected", "not selected"))
    return [
        (symbol, f"{counted(len(shots), 'shot')} {words}")
        for symbol, group, words in words
        if (shots := groups[group] - busy)
    ]


def _film(plan: Plan) -> list[tuple[str, str]]:
    """What is joined; of the parts of a shot only where no row above says so already."""
    known = {shot.id for shot in plan.compilation.storyboard.shots}
    busy = {action.job.shot for action in plan.actions if _is_listed(action)}
    found: list[tuple[str, str]] = []
    for action in plan.actions:
        if action.job.kind == "splice" and action.verb == "render" and action.job.shot not in busy:
            found.append((">", f"the parts of {action.job.shot} are joined again: {action.reason.text}"))
        if action.job.kind == "join" and action.job.shot not in known:
            if action.verb == "render":
                found.append((">", f"the film is joined: {action.reason.text}"))
            elif action.verb == "skip":
                found.append((">", f"the film is not joined: {action.reason.text}"))
            else:
                found.append(("=", "the film is unchanged"))
    return found


def _trimmed(plan: Plan) -> list[str]:
    """Seconds that are paid for and thrown away, and those that are billed beside the clips, when there are any."""
    bought = [action for action in plan.actions if action.verb == "render" and _price(action)]
    billed, used = sum(a.billed_ms for a in bought), sum(a.used_ms for a in bought if a.billed_ms)
    lines = []
    if billed > used:
        lines.append(
            f"{seconds(billed)} are paid for and {seconds(used)} used: {seconds(billed - used)} are trimmed away."
        )
    beside = [b for action in bought if (b := _billed(action)) is not None]
    low, high = (sum(getattr(b, end) for b in beside) - billed for end in ("low", "high"))
    if len(beside) == len(bought) and high > 0:
        lines.append(f"Beside the clips {'' if low == high else 'up to '}{seconds(high)} are billed.")
    return lines


def _billed(action: Action) -> Billed | None:
    """The time that is billed for what an action buys; None where nothing bounds it."""
    request = action.job.request
    return billed_for(request) if request and action.billed_ms else Billed(0, 0)


def _most_seconds(actions: Sequence[Action]) -> int | float | None:
    """The most that may be billed, reference videos and all; None where nothing bounds it."""
    found = [_billed(action) for action in actions]
    known = [billed.high for billed in found if billed is not None]
    return number(sum(known), 1000) if len(known) == len(found) else None


def _note(note: Note) -> str:
    if not note.spans:
        return f"note: {safe(note.text)}"
    more = f" and {len(note.spans) - 1} more" if len(note.spans) > 1 else ""
    return f"note: {safe(note.text)} ({safe(str(note.spans[0]))}{more})"


def _cost(cost: Cost) -> dict[str, Any]:
    low, high = (number(amount, 1_000_000) for amount in (cost.low_micros, cost.high_micros))
    return {"low": low if cost.known else None, "high": high if cost.known else None, "currency": cost.currency}


def _markdown_words(sentence: str) -> str:
    """Only provider names in it are foreign."""
    return safe(sentence).translate({ord(char): f"\\{char}" for char in "\\`*_[]<>#|~@!"})
