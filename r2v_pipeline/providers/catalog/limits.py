"""A shot against the limits of its model: R2V501 to R2V508 and R2V510, before anything is paid for."""

from collections.abc import Iterator

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.catalog.advice import way_out
from r2v_pipeline.providers.catalog.rules import Broken, Case, broken
from r2v_pipeline.providers.catalog.types import Asked, Entry, Seen
from r2v_pipeline.providers.prompt import Prompt

# What a shot says of itself; what another setting would mend is proposed beside it.
_LAST_RESORT = {
    "R2V506": "name a cast member that has an image or a video",
    "R2V507": "drop it, or choose a model that has it",
}


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
    for found in broken(entry, case):
        yield Diagnostic(found.code, found.severity, found.message, found.span, _help(entry, case, found))


def _help(entry: Entry, case: Case, found: Broken) -> str:
    """The mends, the one that keeps the model first."""
    family_first = found.code == "R2V506"
    other = way_out(entry, case.shot, case.asked, case.seen, case.durations_ms, case.prompt, family_first=family_first)
    mend = found.mend or ("" if other else _LAST_RESORT.get(found.code, ""))
    return f"{mend}; or {other}" if mend and other else mend or other
