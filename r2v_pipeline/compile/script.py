"""One shot with every text expanded: what the built-in wording, a custom template, the checks and a board all read."""

from collections.abc import Mapping
from typing import NamedTuple

from r2v_pipeline.compile.expand import expand, tidy
from r2v_pipeline.compile.scope import Scope, pieces
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.times import seconds_value
from r2v_pipeline.model.types import Line, Segment, Shot, Text


class Part(NamedTuple):
    """An expanded text and where it was written; `field` names it (`intro`, `segments[1].action`)."""

    text: str
    field: str
    source: Text | None


class ScriptLine(NamedTuple):
    """An expanded line of dialogue."""

    written: Line
    line: Part
    tone: str


class ScriptSegment(NamedTuple):
    """An expanded segment; `first` is the first cast member that its action mentions, or empty."""

    written: Segment
    action: Part | None
    camera: tuple[Part, ...]
    lines: tuple[ScriptLine, ...]
    sound: Part | None
    first: str


class Script(NamedTuple):
    """An expanded shot."""

    intro: Part | None
    prompt: Part | None
    segments: tuple[ScriptSegment, ...]
    style: Part | None
    negative: Part | None


class Expander:
    """Expands one shot; `found` collects what could not be."""

    def __init__(
        self, shot: Shot, scope: Scope, spoken: Scope, language: str, *, dry: Mapping[str, str] | None = None
    ) -> None:
        """With `dry` only what can be wrong is expanded, and the script holds nothing but the lines' words.

        It maps each name that is right in any text to the cast member it means, or to nothing.
        """
        self.dry = dry
        self.shot = shot
        self.scope = scope
        self.spoken = spoken
        # The same words, but to be named here attaches no reference.
        self.aside = Scope(scope.roots, scope.members, scope.names, spoken.mention)
        self.language = language
        self.found: list[Diagnostic] = []

    def run(self) -> Script:
        shot = self.shot
        return Script(
            intro=self._part(shot.intro, "intro"),
            prompt=self._part(shot.prompt, "prompt"),
            segments=tuple(self._segment(number, segment) for number, segment in enumerate(shot.segments)),
            style=self._part(shot.style, "style"),
            negative=self._part(shot.negative, "negative", self.aside),
        )

    def _part(self, text: Text | None, field: str, scope: Scope | None = None) -> Part | None:
        if text is None:
            return None
        value = text.value
        if self.dry is not None and ("{" not in value or self._only_known(value, scope or self.scope)):
            return None
        return self._expanded(text, field, scope or self.scope)

    def _expanded(self, text: Text, field: str, scope: Scope) -> Part:
        value = text.value
        if "{" in value:
            value, problem = expand(text, scope)
            if problem:
                self.found.append(problem)
        return Part(tidy(value, self.language), field, text)

    def _only_known(self, value: str, scope: Scope) -> bool:
        """Whether a text has only names that cannot be wrong; they are mentioned, and nothing is expanded."""
        split = pieces(value)
        if split is None or self.dry is None:
            return False
        for name in split[1::2]:
            member = self.dry.get(name)
            if member is None:
                return False
            if member:
                scope.mention(member, True)
        return True

    def _segment(self, number: int, segment: Segment) -> ScriptSegment:
        field = f"segments[{number}]"
        scope, spoken = self.scope, self.spoken
        texts = [t for t in (segment.action, *segment.camera, segment.sound) if t and "{" in t.value]
        # Nearly no text names `segment`, and its values cost time to make.
        if any("segment" in text.value for text in (*texts, *(line.line for line in segment.lines))):
            scope, spoken = (self._with_segment(s, number, segment) for s in (scope, spoken))
        if self.dry is not None and not segment.lines:
            for text in texts:
                self._part(text, field, scope)
            return ScriptSegment(segment, None, (), (), None, "")
        camera = (self._part(text, f"{field}.camera", scope) for text in segment.camera)
        return ScriptSegment(
            written=segment,
            action=self._part(segment.action, f"{field}.action", scope),
            camera=tuple(part for part in camera if part),
            lines=tuple(self._line(line, f"{field}.say[{at}]", scope, spoken) for at, line in enumerate(segment.lines)),
            sound=self._part(segment.sound, f"{field}.sound", scope),
            first=first_mention(segment.action, scope) if segment.lines and segment.action else "",
        )

    def _line(self, line: Line, field: str, scope: Scope, spoken: Scope) -> ScriptLine:
        words = self._expanded(line.line, field, spoken)
        tone = self._part(line.tone, f"{field}.tone", scope)
        return ScriptLine(line, words, tone.text if tone else "")

    def _with_segment(self, scope: Scope, number: int, segment: Segment) -> Scope:
        values = {
            "number": number + 1,
            "count": len(self.shot.segments),
            "start": seconds_value(segment.start_ms),
            "end": seconds_value(segment.end_ms),
            "duration": seconds_value(segment.end_ms - segment.start_ms),
        }
        return scope._replace(roots={**scope.roots, "segment": values})


def first_mention(action: Text, scope: Scope) -> str:
    """The first cast member that an action mentions by a bare name, or empty."""
    split = pieces(action.value)
    if split is not None:
        members = (scope.member(name) for name in split[1::2] if "." not in name)
        return next((found[0].id for found in members if found), "")
    order: list[str] = []

    def note(name: str, bare: bool) -> None:
        if bare:
            order.append(name)

    expand(action, scope._replace(mention=note))
    return order[0] if order else ""
