"""Whether the film is joined again: when a clip is made or fetched now, or the film on disk is not the one wanted."""

from __future__ import annotations

from collections.abc import Mapping

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.plan.reasons import named
from r2v_pipeline.plan.types import DOUBT, Action, LedgerView, Reason
from r2v_pipeline.plan.why import changed_inputs, differences, summary
from r2v_pipeline.providers.base import FREE

_CHANGING = ("render", "collect", "fetch")
_MOST_NAMES = 12


def film_action(film: Job, actions: Mapping[str, Action], ledger: LedgerView, output: str) -> Action:
    """The join of all clips: skipped as long as one is neither there nor coming."""
    needs = [actions[need] for need in film.needs]
    lacking = [need for need in needs if need.verb == "hold" or (need.verb == "skip" and need.reason.word != "footage")]
    if lacking:
        verb, reason = "skip", _incomplete(lacking)
    elif ledger.film_intact(output, film.key) and not any(need.verb in _CHANGING for need in needs):
        verb, reason = "reuse", Reason("same", "unchanged")
    else:
        verb, reason = "render", _joined_again(film, needs, ledger, output)
    return Action(film, verb, reason, FREE, 0, 0)


def _incomplete(lacking: list[Action]) -> Reason:
    shots = list(dict.fromkeys(action.job.shot for action in lacking))
    shown = ", ".join(shots[:_MOST_NAMES]) + (f" and {len(shots) - _MOST_NAMES} more" * (len(shots) > _MOST_NAMES))
    text = f"{'1 shot has' if len(shots) == 1 else f'{len(shots)} shots have'} no clip yet: {shown}"
    doubt = any(action.reason.word == DOUBT for action in lacking)
    return Reason(DOUBT if doubt else "unselected", text)


def _joined_again(film: Job, needs: list[Action], ledger: LedgerView, output: str) -> Reason:
    old = ledger.last(output, film.id)
    if old is None:
        return Reason("new", "first film")
    changing = [need.job.shot for need in needs if need.verb in _CHANGING]
    if changing:
        return Reason("input", named(changing, "change"))
    if old.key == film.key:
        return Reason("film", "the film is gone or was changed by hand")
    found = differences(old, film)
    inputs = changed_inputs(found, frozenset(need.job.key for need in needs))
    if inputs:  # an earlier clip is wanted again (a prompt was put back): nothing renders, yet the film differs
        return Reason("input", named((need.job.shot for need in needs if need.job.key in inputs), "change"))
    text, span = summary(found, film)
    return Reason("film", text, span)
