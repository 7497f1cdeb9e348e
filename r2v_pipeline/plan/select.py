"""Which shots a command means: `s03`, `s0*`, `tag:night`, `cast:mia`, and `+` for what they need or what needs them.

Several terms are a union.  A `+` in front adds what the shots need, one behind what depends on them, both both.
Nothing may match nothing: a build of no shots after a typing mistake would look like a success.
"""

from __future__ import annotations

import re
from fnmatch import translate

from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.diagnostics import Diagnostic, did_you_mean, error
from r2v_pipeline.model.checks import uses
from r2v_pipeline.model.types import Shot

_TERM = re.compile(r"(\+?)(?:([^:+]*):)?([^+]*)(\+?)", re.DOTALL)
_EXPRESSION = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_KINDS = {"": "shot", "tag": "tag", "cast": "cast member"}


def select(compilation: Compilation, terms: tuple[str, ...]) -> tuple[frozenset[str] | None, tuple[Diagnostic, ...]]:
    """The ids of the shots that any of the terms means; None, which is every shot, without terms.

    Terms that are wrong are all reported (R2V201), and what the others mean is returned beside them.
    """
    if not terms:
        return None, ()
    chosen: frozenset[str] = frozenset()
    trouble: list[Diagnostic] = []
    for term in dict.fromkeys(terms):
        shots, wrong = _one(compilation, term)
        chosen |= shots
        trouble += wrong
    return chosen, tuple(trouble)


def _one(compilation: Compilation, term: str) -> tuple[frozenset[str], tuple[Diagnostic, ...]]:
    parsed = _TERM.fullmatch(term)
    before, kind, name, after = parsed.groups(default="") if parsed else ("", "", "", "")
    if not name:
        wrong = error("R2V201", f"'{term}' selects nothing", None, "write a shot id, a glob, tag:NAME or cast:ID")
        return frozenset(), (wrong,)
    if kind not in _KINDS:
        help = did_you_mean(kind, ("tag", "cast"), "known selectors")
        return frozenset(), (error("R2V201", f"'{term}' selects by '{kind}', which is not known", None, help),)
    groups = _groups(compilation, kind)
    matches = re.compile(translate(name)).match
    names = [name] if name in groups else [known for known in groups if matches(known)]
    if not names:
        return frozenset(), (_unmatched(compilation, kind, name, groups),)
    shots = frozenset(shot for found in names for shot in groups[found])
    if not shots:
        return frozenset(), (error("R2V201", f"no shot uses the cast member '{name}'", None),)
    return _widened(compilation, shots, before, after), ()


def _groups(compilation: Compilation, kind: str) -> dict[str, list[str]]:
    """Every name of a kind, with the shots that it stands for."""
    shots = compilation.storyboard.shots
    if kind == "":
        return {shot.id: [shot.id] for shot in shots}
    if kind == "tag":
        tagged: dict[str, list[str]] = {}
        for shot in shots:
            for tag in shot.tags:
                tagged.setdefault(tag, []).append(shot.id)
        return tagged
    members: dict[str, list[str]] = {member: [] for member in compilation.storyboard.cast}
    uses = {shot.id: _written_members(shot) for shot in shots}
    for job in compilation.jobs:
        if job.request and job.shot in uses:
            uses[job.shot].update(reference.id for reference in job.request.references)
    for shot_id, used in uses.items():
        for member in used & members.keys():
            members[member].append(shot_id)
    return members


def _written_members(shot: Shot) -> set[str]:
    """Who a shot's own fields name, with a picture or without; not known names are harmless here."""
    names = {name for name, _ in uses(shot)}
    texts = [shot.intro, shot.prompt, shot.style]
    for segment in shot.segments:
        texts += [segment.action, *segment.camera, segment.sound]
    for text in texts:
        if text and "{" in text.value:
            for expression in _EXPRESSION.findall(text.value):
                names.update(word[0].lower() + word[1:] for word in _NAME.findall(expression))
    return names


def _unmatched(compilation: Compilation, kind: str, name: str, groups: dict[str, list[str]]) -> Diagnostic:
    what = _KINDS[kind]
    known = list(groups)
    if any(char in name for char in "*?["):
        return error("R2V201", f"no {what} matches '{name}'", None, did_you_mean("", known, f"{what}s"))
    help = did_you_mean(name, known, f"{what}s")
    if kind == "" and not help.startswith("did you mean"):
        other = next((word for word in ("tag", "cast") if name in _groups(compilation, word)), "")
        help = f"did you mean '{other}:{name}'?" if other else help
    return error("R2V201", f"no {what} is called '{name}'", None, help)


def _widened(compilation: Compilation, shots: frozenset[str], before: str, after: str) -> frozenset[str]:
    if not before and not after:
        return shots
    from r2v_pipeline.plan.graph import ancestors, descendants, job_graph

    graph = job_graph(compilation)
    known = {shot.id for shot in compilation.storyboard.shots}
    widened = shots
    for wanted, reach in ((before, ancestors), (after, descendants)):
        seen = more = shots if wanted else frozenset()
        while more:  # the parts of a split shot have needs of their own, but a shot is taken whole
            own = frozenset(job.id for job in compilation.jobs if job.shot in more)
            reached = reach(graph, own)
            found = frozenset(job.shot for job in compilation.jobs if job.id in reached and job.shot in known)
            more = found - seen
            seen |= more
        widened |= seen
    return widened
