"""`r2v plan --compare`: one storyboard at every model, as a table, JSON, or Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from r2v_pipeline.plan.rivals import Refusal, Rival
from r2v_pipeline.providers.base import Cost
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe, safe_cell
from r2v_pipeline.report.words import columns, counted, money, number, price, seconds

VERSION = 1

_HEAD = ("", "provider", "model", "clips", "billed", "the film")
_MOST_SHOTS = 3
_SETTING = "R2V507"
_MAKES = {"text": "from words alone", "frame": "from a first frame"}


def to_text(rivals: Sequence[Rival], shots: int, paint: Paint) -> str:
    """Who can make the film, the cheapest first; then who cannot, and why."""
    fitting = [rival for rival in rivals if rival.fits]
    lines = [paint.bold(_sentence(fitting, shots))]
    if fitting:
        rows = columns([_HEAD, *map(_cells, fitting)], indent="")
        lines += ["", *(row if n else paint.bold(row) for n, row in enumerate(rows))]
        lines += ["", *_legend(fitting)]
    nearly = [rival for rival in rivals if _nearly(rival)]
    if nearly:
        named = [tuple(map(safe, (_name(rival), _why(rival)))) for rival in nearly]
        head = f"{counted(len(nearly), 'model')} could, without settings that they do not have:"
        lines += ["", paint.bold(head), *columns(named)]
    out = [rival for rival in rivals if not rival.fits and not _nearly(rival)]
    if out:
        lines += ["", paint.bold(f"{counted(len(out), 'model')} cannot make it:"), *_ruled_out(out)]
    return "\n".join(lines) + "\n"


def _nearly(rival: Rival) -> bool:
    """Whether only settings stand against a model, which can be left out."""
    return not rival.fits and all(refusal.code == _SETTING for refusal in rival.refusals)


def to_markdown(rivals: Sequence[Rival], shots: int) -> str:
    """The same as tables."""
    fitting = [rival for rival in rivals if rival.fits]
    lines = [_sentence(fitting, shots)]
    if fitting:
        lines += ["", "| provider | model | clips | billed | the film |", "| --- | --- | --- | --- | --- |"]
        for rival in fitting:
            mark, *cells = _cells(rival)
            cells[1] += " (as written)" if mark else ""
            lines.append(f"| {' | '.join(map(safe_cell, cells))} |")
        lines += ["", *(f"- {line}" for line in _legend(fitting, star=False))]
    out = [rival for rival in rivals if not rival.fits]
    if out:
        lines += ["", "| cannot make it | why |", "| --- | --- |"]
        lines += [f"| {safe_cell(_name(rival))} | {safe_cell(_why(rival))} |" for rival in out]
    return "\n".join(lines) + "\n"


def to_json(rivals: Sequence[Rival], shots: int) -> dict[str, Any]:
    """Version 1: every rival, those that can make the film first."""
    return {"version": VERSION, "shots": shots, "models": [_json(rival) for rival in rivals]}


def _sentence(fitting: Sequence[Rival], shots: int) -> str:
    who = f"{counted(len(fitting), 'model')} can make all of it" if fitting else "no model can make all of it"
    return f"{counted(shots, 'shot')}; {who}."


def _cells(rival: Rival) -> tuple[str, ...]:
    where = f"{rival.provider} {rival.region}".strip()
    return "*" if rival.written else "", safe(where), safe(rival.model), str(rival.jobs), _billed(rival), _costs(rival)


def _billed(rival: Rival) -> str:
    """`34 s`, `30-36.5 s`; nothing where nobody can say."""
    if rival.billed is None:
        return "?"
    low, high = number(rival.billed.low, 1000), number(rival.billed.high, 1000)
    return seconds(rival.billed.high) if low == high else f"{low}-{high} s"


def _costs(rival: Rival) -> str:
    known = " and ".join(map(price, rival.costs))
    if rival.unknown:
        return f"{known} and {rival.unknown} at an unknown price" if known else "price unknown"
    return known or "free"


def _legend(fitting: Sequence[Rival], *, star: bool = True) -> list[str]:
    lines = ["All of it is counted, what was bought already too; prices are the catalog's, without discounts."]
    if star and any(rival.written for rival in fitting):
        lines.append("* is what the storyboard asks for.")
    saving = _saving(fitting)
    return [*lines, saving] if saving else lines


def _saving(fitting: Sequence[Rival]) -> str:
    """How much less the cheapest costs than what is written, where both are exact enough to say so."""
    written = next((rival for rival in fitting if rival.written), None)
    best = fitting[0]
    if written is None or best.written or written.unknown or best.unknown:
        return ""
    if len(written.costs) != 1 or len(best.costs) != 1 or written.costs[0].currency != best.costs[0].currency:
        return ""
    saved = written.costs[0].low_micros - best.costs[0].high_micros
    if saved <= 0:
        return ""
    return f"{safe(best.model)} of {safe(best.provider)} costs at least {money(saved, best.costs[0].currency)} less."


def _ruled_out(out: Sequence[Rival]) -> list[str]:
    """One line a model; those that make clips from something else altogether are counted."""
    told = [rival for rival in out if rival.written or rival.makes not in _MAKES]
    rows = [(_name(rival), _why(rival)) for rival in told]
    lines = columns([tuple(map(safe, row)) for row in rows])
    for makes, words in _MAKES.items():
        others = [rival for rival in out if rival.makes == makes and not rival.written]
        if others:
            codes = sorted({refusal.code for rival in others for refusal in rival.refusals})
            lines.append(f"  and {counted(len(others), 'model')} that make clips {words}: {', '.join(codes)}")
    return lines


def _name(rival: Rival) -> str:
    return f"{rival.provider} {rival.model}"


def _why(rival: Rival) -> str:
    """One refusal with its shots, and how many others there are: a setting is left out more easily than a shot."""
    first = min(rival.refusals, key=lambda refusal: refusal.code == _SETTING)
    shots = list(dict.fromkeys(r.shot for r in rival.refusals if _cause(r, rival) == _cause(first, rival)))
    more = f" +{len(shots) - _MOST_SHOTS}" if len(shots) > _MOST_SHOTS else ""
    others = len({_cause(refusal, rival) for refusal in rival.refusals}) - 1
    rest = f" ({others} more)" if others else ""
    return f"{first.code} {', '.join(shots[:_MOST_SHOTS])}{more}: {_cause(first, rival)}{rest}"


def _cause(refusal: Refusal, rival: Rival) -> str:
    """A message without the model's name before it, which stands in the row already."""
    return refusal.message.removeprefix(f"'{rival.model}' ")


def _json(rival: Rival) -> dict[str, Any]:
    told: dict[str, Any] = {
        "provider": rival.provider, "model": rival.model, "makes": rival.makes, "region": rival.region,
        "written": rival.written, "fits": rival.fits,
    }  # fmt: skip
    if not rival.fits:
        return {**told, "refused": [refusal._asdict() for refusal in rival.refusals]}
    billed = rival.billed
    span = {"low": number(billed.low, 1000), "high": number(billed.high, 1000)} if billed else None
    return {
        **told, "jobs": rival.jobs, "costs": [_cost(cost) for cost in rival.costs], "unknown_prices": rival.unknown,
        "seconds_billed": span, "seconds_used": number(rival.used_ms, 1000),
    }  # fmt: skip


def _cost(cost: Cost) -> dict[str, Any]:
    low, high = (number(amount, 1_000_000) for amount in (cost.low_micros, cost.high_micros))
    return {"low": low, "high": high, "currency": cost.currency}
