"""A script as one prompt, with provenance: which stretch came from which field."""

from __future__ import annotations

from r2v_pipeline.compile.script import Part, Script, ScriptLine, ScriptSegment
from r2v_pipeline.compile.wording import BY_LANGUAGE, Speech, Words, after_action, close, sentence
from r2v_pipeline.model.times import clock_text, seconds_text
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.catalog import Timing
from r2v_pipeline.providers.prompt import Prompt, PromptPiece


class PromptWriter:
    """Writes the default prompt of one shot: intro, segments, style, quiet sentences."""

    def __init__(self, shot: Shot, names: dict[str, str], timing: Timing, language: str) -> None:
        self.shot = shot
        self.names = names
        self.timing = timing
        self.language = language
        self.words: Words = BY_LANGUAGE[language]
        self.text = ""
        self.pieces: list[PromptPiece] = []

    def write(self, script: Script) -> Prompt:
        self._add(script.intro)
        self._add(script.prompt)
        for number, segment in enumerate(script.segments):
            if len(script.segments) > 1:
                self._label(number, segment)
            self._segment(segment)
        self._add(script.style)
        for kind in quiet(self.shot):
            self._raw(self.words.quiet[kind], "quiet")
        negative = script.negative.text if script.negative else ""
        return Prompt(self.text, negative, tuple(self.pieces))

    def _segment(self, segment: ScriptSegment) -> None:
        if segment.camera:
            text = self.words.camera_gap.join(part.text for part in segment.camera)
            self._add(segment.camera[0]._replace(text=text))
        lines = list(segment.lines)
        merged = self._merged(segment)
        if segment.action:
            self._add(segment.action._replace(text=merged) if merged else segment.action)
            if merged:
                self._note_line(lines.pop())
        before = None
        for line in lines:
            answers = before is not None and before.written.to == line.written.by
            self._add(line.line._replace(text=sentence(self._speech(line, answers), self.words, self.language)))
            before = line
        if segment.sound and segment.sound.text:
            self._add(segment.sound._replace(text=self.words.sound.replace("{sound}", segment.sound.text)))

    def _merged(self, segment: ScriptSegment) -> str:
        """The action with its only line at its end, when its speaker is the first one the action mentions."""
        if not segment.action or not segment.action.text or len(segment.lines) != 1:
            return ""
        line = segment.lines[0]
        if line.written.by != segment.first:
            return ""
        return after_action(segment.action.text, self._speech(line, False), self.words, self.language)

    def _note_line(self, line: ScriptLine) -> None:
        """Provenance for a line that was written at the end of its action."""
        last = self.pieces[-1]
        at = self.text.rfind(line.line.text)
        if at >= last.start and line.line.source:
            self.pieces[-1] = last._replace(end=at)
            self.pieces.append(PromptPiece(at, len(self.text), line.line.field, line.line.source.span))

    def _speech(self, line: ScriptLine, answers: bool) -> Speech:
        to = self.names.get(line.written.to, "")
        by = line.written.by
        return Speech(by, self.names[by], to, line.line.text, line.written.how, line.tone, answers)

    def _label(self, number: int, segment: ScriptSegment) -> None:
        label = self.timing.labels[self.language]
        form = clock_text if self.timing.clock else seconds_text
        start, end = segment.written.start_ms, segment.written.end_ms
        text = label.replace("{i}", str(number + 1)).replace("{a}", form(start)).replace("{b}", form(end))
        if not text:
            return
        if self.text:
            self.text += self.words.gap
        self.pieces.append(PromptPiece(len(self.text), len(self.text) + len(text), "label", segment.written.span))
        self.text += text

    def _add(self, part: Part | None) -> None:
        if part and part.text:
            self._raw(part.text, part.field, part)

    def _raw(self, text: str, field: str, part: Part | None = None) -> None:
        """Appends one part; whatever stands before it is a closed part or a label."""
        if self.text and not self._after_label():
            self.text += self.words.gap
        start = len(self.text)
        self.text += close(text, self.words)
        span = part.source.span if part and part.source else None
        self.pieces.append(PromptPiece(start, len(self.text), field, span))

    def _after_label(self) -> bool:
        return bool(self.pieces) and self.pieces[-1].field == "label" and self.pieces[-1].end == len(self.text)


def quiet(shot: Shot) -> tuple[str, ...]:
    """What the model is told not to invent; dialogue is left out where the shot has lines."""
    spoken = any(segment.lines for segment in shot.segments)
    return tuple(kind for kind in ("dialogue", "music") if kind in shot.quiet and not (spoken and kind == "dialogue"))
