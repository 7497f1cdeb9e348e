"""Every prompt of a storyboard, no provider asked yet: all that `check` needs, and the first half of a compile."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from r2v_pipeline.compile.shot import ShotCompiler, Written
from r2v_pipeline.diagnostics import Diagnostic, Label, has_errors, warning
from r2v_pipeline.model.checks import cycles
from r2v_pipeline.model.types import Shot, Storyboard
from r2v_pipeline.source.files import Files

_MOST_NAMES = 8


class Expanded(NamedTuple):
    """A storyboard with every prompt written and no provider asked yet: all that `check` needs."""

    storyboard: Storyboard
    shots: tuple[Written, ...]
    compiler: ShotCompiler


def expand_storyboard(
    storyboard: Storyboard, files: Files, *, prompts: bool = True, further: Callable[[], tuple[str, ...]] = tuple
) -> tuple[Expanded, tuple[Diagnostic, ...]]:
    """Writes every prompt.  Reports all texts that cannot be expanded, lines that do not fit, unused members, rings.

    With `prompts` False the texts are expanded and checked, and prompts are written only where a project's own
    template writes them (it may be wrong): half the time, for a check that needs no more.  Of a shot in which
    something is wrong already only the texts are looked at.  `further` gives the names of providers that are neither
    r2v's nor the catalog's, and is asked only where a shot names none of those.
    """
    compiler = ShotCompiler(storyboard, files, further)
    reached: dict[Diagnostic, list[Shot]] = {}
    written: list[Written] = []
    for shot in storyboard.shots:
        hurt = shot.id in storyboard.hurt
        result, problems = compiler.names_only(shot) if hurt else compiler.compile(shot, prompts=prompts)
        for problem in problems:
            reached.setdefault(problem, []).append(shot)
        written.append(result)
    found = [_with_reach(problem, shots) for problem, shots in reached.items()]
    if not storyboard.hurt and not has_errors(found):  # else a member may be unused only because its text is broken
        found.extend(_unused(storyboard, written))
    if any(w.needs for w in written):
        found.extend(cycles({w.shot.id: list(w.needs) for w in written}, storyboard))
    if storyboard.max_cost and not storyboard.hurt and not has_errors(found):
        from r2v_pipeline.compile.costing import check_max_cost

        found.extend(check_max_cost(storyboard, written))
    return Expanded(storyboard, tuple(written), compiler), tuple(found)


def _with_reach(problem: Diagnostic, shots: list[Shot]) -> Diagnostic:
    """One cause is told once; where it is a setting that shots share, with the shots that it reaches."""
    names = list(dict.fromkeys(shot.id for shot in shots))
    if len(names) > 1:
        shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" * (len(names) > _MOST_NAMES))
        reach = f"(reaches {len(names)} shots: {shown})"
        return problem._replace(help=f"{problem.help} {reach}" if problem.help else reach)
    place, shot = problem.span, shots[0].span
    if place and not problem.labels and (place.source is not shot.source or place.start < shot.start):
        return problem._replace(labels=(Label(shot, "reaches this shot"),))
    return problem


def _unused(storyboard: Storyboard, written: list[Written]) -> list[Diagnostic]:
    named: set[str] = set().union(*(w.named for w in written))
    return [
        warning("R2V202", f"no shot uses the cast member '{m.id}'", m.span, "mention it in a text, or take it out")
        for m in storyboard.cast.values()
        if m.id not in named
    ]


def film_words(storyboard: Storyboard, written: Iterable[Written]) -> Iterator[Diagnostic]:
    """R2V305: prompts that ask for what the film does."""
    innocent = {w.shot.id for w in written if not w.texts.may_ask}
    asking = [shot for shot in storyboard.shots if not shot.clip and shot.id not in innocent]
    if asking:
        from r2v_pipeline.compile.filmwords import check_film_words

        yield from check_film_words(asking)
