"""Templates of a project: files under `templates/` that write a shot's prompt.

A template sees the shot as data, its texts already expanded, and the same names as any text.  `{% include %}` and
`{% import %}` reach other files under `templates/` and nothing else.
"""

from __future__ import annotations

from typing import Any

from r2v_pipeline.compile.expand import tidy
from r2v_pipeline.compile.scope import Scope, Trouble
from r2v_pipeline.compile.script import Script, ScriptSegment
from r2v_pipeline.diagnostics import Diagnostic, Label, SourceText, Span, did_you_mean, error
from r2v_pipeline.model.times import clock_text, seconds_text
from r2v_pipeline.model.types import Setting, Shot
from r2v_pipeline.providers.prompt import Prompt, PromptPiece
from r2v_pipeline.source.document import display
from r2v_pipeline.source.files import Files, Missing, Unreadable, join

FOLDER = "templates"


class Templates:
    """The template files that a storyboard can use, each read once.

    They lie in the project's `templates/`.  A storyboard deeper in the project may have a `templates/` of its own: the
    nearest folder upward that has the file wins, so a film can be moved with what it needs.
    """

    def __init__(self, files: Files, folder: str) -> None:
        """`folder` is the storyboard's own, project-relative."""
        parts = folder.split("/") if folder else []
        self.files = files
        self.places = ["/".join([*parts[:depth], FOLDER]) for depth in range(len(parts), -1, -1)]
        self.read: dict[str, SourceText] = {}

    def source(self, name: str) -> SourceText:
        """A template's text by its name, with or without the leading `templates/`.

        Raises:
            Unreadable: when it is not there, not UTF-8, or outside.
        """
        path = self._find(join("", name.removeprefix(FOLDER + "/")))
        if path not in self.read:
            try:
                text = self.files.text(path).decode("utf-8-sig")
            except UnicodeDecodeError:
                raise Unreadable("is not UTF-8") from None
            self.read[path] = SourceText(display(self.files.root, path), text)
        return self.read[path]

    def _find(self, name: str) -> str:
        for place in self.places:
            try:
                self.files.check(f"{place}/{name}")
            except Missing:
                continue
            return f"{place}/{name}"
        raise Missing("does not exist")

    def load(self, name: str) -> str | None:
        """For Jinja's loader: the text, or None."""
        try:
            return self.source(name).text
        except Unreadable:
            return None

    def names(self) -> list[str]:
        """What a mistyped name may have meant."""
        return [path.removeprefix(place + "/") for place in self.places for path in self.files.walk(place)]


def write_prompt(
    setting: Setting, templates: Templates, shot: Shot, script: Script, scope: Scope, language: str
) -> tuple[Prompt | None, Diagnostic | None]:
    """The prompt as a project's own template writes it."""
    from r2v_pipeline.compile.jinja import expand_file

    try:
        source = templates.source(setting.value)
    except Unreadable as why:
        near = did_you_mean(setting.value, templates.names(), "templates") if isinstance(why, Missing) else ""
        return None, error("R2V404", f"the template '{setting.value}' {why}", setting.span, near)
    seen = scope._replace(roots={**scope.roots, "shot": {**scope.roots["shot"], **_shot(shot, script)}})
    text, problem = expand_file(setting.value, source.text, seen, templates.load)
    if problem:
        source = templates.source(problem.file) if problem.file else source
        return None, _in_file(problem.trouble, source, shot)
    negative = script.negative.text if script.negative else ""
    prompt = tidy(text, language)
    return Prompt(prompt, negative, _provenance(prompt, script, setting)), None


def _in_file(trouble: Trouble, source: SourceText, shot: Shot) -> Diagnostic:
    labels = (Label(shot.span, f"used by shot '{shot.id}'"),)
    return error(trouble.code, trouble.message, Span(source, trouble.start, trouble.end), trouble.help, labels)


def _shot(shot: Shot, script: Script) -> dict[str, Any]:
    """What `shot` offers a template beside its id and settings."""
    return {
        "intro": script.intro.text if script.intro else "",
        "prompt": script.prompt.text if script.prompt else "",
        "style": script.style.text if script.style else "",
        "segments": [_segment(number, segment) for number, segment in enumerate(script.segments)],
        "quiet": list(shot.quiet),
    }


def _segment(number: int, segment: ScriptSegment) -> dict[str, Any]:
    start, end = segment.written.start_ms, segment.written.end_ms
    return {
        "number": number + 1,
        "start": seconds_text(start),
        "end": seconds_text(end),
        "start_clock": clock_text(start),
        "end_clock": clock_text(end),
        "action": segment.action.text if segment.action else "",
        "camera": ", ".join(part.text for part in segment.camera),
        "sound": segment.sound.text if segment.sound else "",
        "lines": [
            {
                "by": line.written.by,
                "to": line.written.to,
                "line": line.line.text,
                "how": line.written.how,
                "tone": line.tone,
            }
            for line in segment.lines
        ],
    }


def _provenance(prompt: str, script: Script, setting: Setting) -> tuple[PromptPiece, ...]:
    """Where the storyboard's own texts stand in a template's output; the rest is the template's."""
    parts = [script.intro, script.prompt, script.style]
    for segment in script.segments:
        parts += [segment.action, *segment.camera, *(line.line for line in segment.lines), segment.sound]
    pieces: list[PromptPiece] = []
    for part in parts:
        at = prompt.find(part.text) if part and part.text else -1
        if part and part.source and at >= 0:
            pieces.append(PromptPiece(at, at + len(part.text), part.field, part.source.span))
    pieces.append(PromptPiece(0, len(prompt), "template", setting.span))
    return tuple(pieces)
