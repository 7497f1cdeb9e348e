"""A shot against the limits of its model: R2V501 to R2V508 and R2V510, before anything is paid for."""

from collections.abc import Iterator

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.catalog.advice import way_out
from r2v_pipeline.providers.catalog.rules import Broken, Case, broken
from r2v_pipeline.providers.catalog.types import Asked, Entry, Seen
from r2v_pipeline.providers.prompt import Prompt


def check_entry(
    entry: Entry,
    shot: Shot,
    prompt: Prompt,
    asked: Asked,
    seen: tuple[Seen, ...],
    durations_ms: tuple[int, ...],
) -> Iterator[Diagnostic]:
    """What is wrong with one shot for the model that renders it.

    `asked` is what asking.py made of the shot, `durations_ms` the lengths of its jobs (several when it is split).
    Diagnostics that a setting or a file causes name no shot: equal ones of many shots are one mistake.
    """
    case = Case(shot, prompt, asked, seen, durations_ms)
    every = list(broken(entry, case))
    for found in every:
        others = frozenset(other.code for other in every if other.code != found.code)
        yield Diagnostic(found.code, found.severity, found.message, found.span, _help(entry, case, found, others))


def _help(entry: Entry, case: Case, found: Broken, others: frozenset[str]) -> str:
    """The mends, the one that keeps the model first.

    Who has no reference wants the family's text model, whatever else is wrong with the shot.
    """
    other = way_out(entry, case, found.code)
    if not other and found.code == "R2V506":
        other = way_out(entry, case, found.code, others)
    return f"{found.mend}; or {other}" if found.mend and other else found.mend or other
