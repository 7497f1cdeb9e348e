"""Every prompt of a storyboard, no provider asked yet: all that `check` needs, and the first half of a compile."""

from typing import NamedTuple

from r2v_pipeline.compile.shot import ShotCompiler, Written
from r2v_pipeline.diagnostics import Diagnostic, has_errors, warning
from r2v_pipeline.model.checks import cycles
from r2v_pipeline.model.types import Storyboard
from r2v_pipeline.source.files import Files


class Expanded(NamedTuple):
    """A storyboard with every prompt written and no provider asked yet: all that `check` needs."""

    storyboard: Storyboard
    shots: tuple[Written, ...]
    compiler: ShotCompiler


def expand_storyboard(
    storyboard: Storyboard, files: Files, *, prompts: bool = True
) -> tuple[Expanded, tuple[Diagnostic, ...]]:
    """Writes every prompt.  Reports all texts that cannot be expanded, lines that do not fit, unused members, rings.

    With `prompts` False the texts are expanded and checked, and prompts are written only where a project's own
    template writes them (it may be wrong): half the time, for a check that needs no more.  Of a shot in which
    something is wrong already only the texts are looked at.
    """
    compiler = ShotCompiler(storyboard, files)
    found: list[Diagnostic] = []
    written: list[Written] = []
    for shot in storyboard.shots:
        if shot.id in storyboard.hurt:
            result, problems = compiler.names_only(shot)
        else:
            result, problems = compiler.compile(shot, prompts=prompts)
        found.extend(problems)
        if result:
            written.append(result)
    if not storyboard.hurt and not has_errors(found):  # else a member may be unused only because its text is broken
        found.extend(_unused(storyboard, written))
    if len(written) == len(storyboard.shots) and any(w.needs for w in written):
        found.extend(cycles({w.shot.id: list(w.needs) for w in written}, storyboard))
    return Expanded(storyboard, tuple(written), compiler), tuple(found)


def _unused(storyboard: Storyboard, written: list[Written]) -> list[Diagnostic]:
    named: set[str] = set().union(*(w.named for w in written))
    return [
        warning("R2V202", f"no shot uses the cast member '{m.id}'", m.span, "mention it in a text, or take it out")
        for m in storyboard.cast.values()
        if m.id not in named
    ]
