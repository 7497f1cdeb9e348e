"""Templates of a project: files under `templates/` that write a shot's prompt.

A template sees the shot as data, its texts already expanded, and the same names as any text.  `{% include %}` and
`{% import %}` reach other files under `templates/` and nothing else.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from r2v_pipeline.compile.expand import tidy
from r2v_pipeline.compile.scope import Scope, Trouble
from r2v_pipeline.compile.script import Script, ScriptSegment, parts_of
from r2v_pipeline.diagnostics import Diagnostic, Label, SourceText, Span, did_you_mean, error
from r2v_pipeline.model.times import clock_text, seconds_text
from r2v_pipeline.model.types import Setting, Shot
from r2v_pipeline.providers.prompt import Prompt, PromptPiece
from r2v_pipeline.source.document import display
from r2v_pipeline.source.files import Files, Missing, Unreadable, join
from r2v_pipeline.source.secrets import find

FOLDER = "templates"

# Files to look at for the one that a mistyped name may have meant.
MOST_NAMES = 500


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
            Unreadable: when it is not there, not UTF-8, outside, or holds a key.
        """
        path = self._find(join("", name.removeprefix(FOLDER + "/")))
        if path not in self.read:
            try:
                text = self.files.text(path).decode("utf-8-sig")
            except UnicodeDecodeError:
                raise Unreadable("is not UTF-8") from None
            if secrets := find(text):
                raise Unreadable(f"holds what looks like {secrets[0].what}: take it out")
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
        return [path.removeprefix(f"{at}/") for at in self.places for path in islice(self.files.walk(at), MOST_NAMES)]


def absence(setting: Setting, templates: Templates) -> Diagnostic | None:
    """Why there is no such template; None where there is one."""
    try:
        templates.source(setting.value)
    except Unreadable as why:
        near = did_you_mean(setting.value, templates.names(), "templates") if isinstance(why, Missing) else ""
        return error("R2V404", f"the template '{setting.value}' {why}", setting.span, near)
    return None


def write_prompt(
    setting: Setting, templates: Templates, shot: Shot, script: Script, scope: Scope, language: str
) -> tuple[Prompt | None, Diagnostic | None]:
    """The prompt as a project's own template writes it."""
    from r2v_pipeline.compile.jinja.whole import expand_file

    if absent := absence(setting, templates):
        return None, absent
    source = templates.source(setting.value)
    seen = scope._replace(roots={**scope.roots, "shot": {**scope.roots["shot"], **_shot(shot, script)}})
    text, problem = expand_file(setting.value, source.text, seen, templates.load)
    if problem:
        source = templates.source(problem.file) if problem.file else source
        return None, _in_file(problem.trouble, source, shot, templates)
    prompt = tidy(text, language)
    if not prompt:
        return None, error("R2V402", "the template writes nothing for this shot", setting.span)
    style = script.style if script.style in prompt else ""
    return Prompt(prompt, script.negative, _provenance(prompt, shot, script, setting), style), None


def _in_file(trouble: Trouble, source: SourceText, shot: Shot, templates: Templates) -> Diagnostic:
    labels = (Label(shot.span, f"used by shot '{shot.id}'"),)
    help = trouble.help
    if trouble.code == "R2V404":
        help = did_you_mean(source.text[trouble.start : trouble.end], templates.names(), "templates")
    return error(trouble.code, trouble.message, Span(source, trouble.start, trouble.end), help, labels)


def _shot(shot: Shot, script: Script) -> dict[str, Any]:
    """What `shot` offers a template beside its id and settings."""
    return {
        "intro": script.intro,
        "prompt": script.prompt,
        "style": script.style,
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
        "action": segment.action,
        "camera": ", ".join(segment.camera),
        "sound": segment.sound,
        "lines": [
            {
                "by": line.written.by,
                "to": line.written.to,
                "line": line.line,
                "how": line.written.how,
                "tone": line.tone,
            }
            for line in segment.lines
        ],
    }


def _provenance(prompt: str, shot: Shot, script: Script, setting: Setting) -> tuple[PromptPiece, ...]:
    """Where the storyboard's own texts stand in a template's output; the rest is the template's."""
    pieces: list[PromptPiece] = []
    for text, field, source in parts_of(shot, script):
        at = prompt.find(text) if text else -1
        if at >= 0:
            pieces.append(PromptPiece(at, at + len(text), field, source.span))
    pieces.append(PromptPiece(0, len(prompt), "template", setting.span))
    return tuple(pieces)
