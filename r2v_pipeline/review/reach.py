"""Which shots a changed template reaches: those that it writes, alone or through a template that includes it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from r2v_pipeline.compile.templates import Templates
from r2v_pipeline.model.types import Storyboard
from r2v_pipeline.review.types import Reached, Version
from r2v_pipeline.source.files import Files, Unreadable

_USES = re.compile(r"\{%[-+]?\s*(?:include|extends|import|from)\s+(.+?)%\}", re.DOTALL)
_NAME = re.compile(r"""["']([^"']+)["']""")

Texts = Mapping[str, str]


def reached(before: Version | None, after: Version | None, reworded: Collection[str]) -> tuple[Reached, ...]:
    """Every template that is not as it was; `reworded` are the shots whose prompt is another, or that are new."""
    old, now = (version.templates if version else {} for version in (before, after))
    texts_before, texts_after = _texts(old), _texts(now)
    found = []
    for file in sorted({*texts_before, *texts_after}):
        was, text = texts_before.get(file), texts_after.get(file)
        if was == text:
            continue
        used_by = tuple(shot for shot, used in (old if text is None else now).items() if file in used)
        change = "added" if was is None else "removed" if text is None else "changed"
        found.append(Reached(file, change, used_by, tuple(shot for shot in used_by if shot in reworded)))
    return tuple(found)


def _texts(of_shots: Mapping[str, Texts]) -> Texts:
    return {file: text for used in of_shots.values() for file, text in used.items()}


def templates(board: Storyboard, files: Files) -> dict[str, Texts]:
    """The texts of the templates that each shot is written by, by the name of their file; most shots have none."""
    if all(shot.template is None for shot in board.shots):
        return {}
    sources = Templates(files, board.path.rpartition("/")[0])
    known: dict[str, Texts] = {}
    found = {}
    for shot in board.shots:
        if shot.template is not None:
            name = str(shot.template.value)
            if name not in known:
                known[name] = _closure(name, sources)
            found[shot.id] = known[name]
    return found


def _closure(name: str, templates: Templates) -> Texts:
    """A template and those that it names, and they name, in quotes; a name that is computed cannot be followed."""
    found: dict[str, str] = {}
    waiting, seen = [name], {name}
    while waiting:
        try:
            source = templates.source(waiting.pop())
        except Unreadable:
            continue
        found[source.name] = source.text
        for words in _USES.findall(source.text):
            for inner in _NAME.findall(words):
                if inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)
    return found
