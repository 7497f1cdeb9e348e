"""A script as one prompt, and which stretch of it came from which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from r2v_pipeline.compile.late import Late
from r2v_pipeline.compile.readings import Reading
from r2v_pipeline.compile.script import Script, ScriptLine, ScriptSegment, Texts
from r2v_pipeline.compile.wording import (
    BY_LANGUAGE,
    CLOSED,
    QUOTES,
    Speech,
    Words,
    after_action,
    close,
    is_closed,
    sentence,
)
from r2v_pipeline.model.times import clock_text, seconds_text
from r2v_pipeline.model.types import Shot, Text
from r2v_pipeline.providers.catalog import Timing
from r2v_pipeline.providers.prompt import Prompt, PromptPiece


def write_prompt(texts: Texts, reading: Reading, script: Script, timing: Timing, language: str) -> Prompt:
    """The default prompt of a shot, in the reading that its model understands."""
    writer = PromptWriter(texts.shot, reading.names, timing, language)
    text = writer.text(writer.sections(script))
    pieces = Late(_pieces, texts, reading, timing, language)
    return Prompt(text, script.negative, pieces, _closed_style(script.style, language))


def _pieces(texts: Texts, reading: Reading, timing: Timing, language: str) -> list[PromptPiece]:
    return list(PromptWriter(texts.shot, reading.names, timing, language).pieces(texts.script(reading)))


@lru_cache(maxsize=256)
def _closed_style(style: str, language: str) -> str:
    """One text for all shots of a style."""
    return close(style, BY_LANGUAGE[language])


# What stands together in a prompt: a label and its sentences, which are not closed yet.  An empty one is left out.
Section = tuple[str, list[str]]


class Origin(NamedTuple):
    """Where a sentence comes from; `line` is a line of dialogue that was written at its end."""

    field: str
    source: Text | None
    line: ScriptLine | None = None


class PromptWriter:
    """Writes the default prompt of one shot: intro, segments, style, quiet sentences."""

    def __init__(self, shot: Shot, names: Mapping[str, str], timing: Timing, language: str) -> None:
        self.shot = shot
        self.names = names
        self.timing = timing
        self.language = language
        self.words: Words = BY_LANGUAGE[language]

    def sections(self, script: Script) -> list[Section]:
        """The prompt in its parts."""
        made: list[Section] = [("", [script.intro, script.prompt])]
        form, clock = self.timing.labels[self.language], self.timing.clock
        several = len(script.segments) > 1
        for number, segment in enumerate(script.segments, 1):
            written = segment.written
            label = _label(form, clock, number, written.start_ms, written.end_ms) if several else ""
            made.append((label, self._sentences(segment)))
        made.append(("", [script.style, *[self.words.quiet[kind] for kind in quiet(self.shot)]]))
        return made

    def text(self, sections: list[Section]) -> str:
        """The parts as one text: sentences closed, one gap between them, none between a label and its segment."""
        words, bare = self.words, True
        gap, stop = words.gap, words.stop
        parts: list[str] = []
        for label, sentences in sections:
            if label:
                if parts:
                    parts += (gap,) if not bare else (parts.pop().rstrip(), gap)
                parts.append(label)
                bare = True
            for text in sentences:
                if text:
                    if bare:
                        bare = False
                    else:
                        parts.append(gap)
                    last = text[-1]
                    parts.append(text if last in CLOSED or (last in QUOTES and is_closed(text)) else text + stop)
        return "".join(parts).rstrip() if bare else "".join(parts)

    def pieces(self, script: Script) -> Iterator[PromptPiece]:
        """Where each stretch of the text comes from."""
        at, gap, after_label, trailing = 0, len(self.words.gap), False, 0
        for number, (label, sentences) in enumerate(self.sections(script)):
            segment = script.segments[number - 1] if 0 < number <= len(script.segments) else None
            origins = self._origins(segment, number - 1) if segment else _around(self.shot, len(sentences), number)
            if label and segment:
                at += gap * (at > 0) - trailing * after_label
                trailing = len(label) - len(label.rstrip())
                yield PromptPiece(at, at + len(label), "label", segment.written.span)
                at += len(label)
                after_label = True
            for text, origin in zip(sentences, origins, strict=True):
                if text:
                    at += gap * (at > 0 and not after_label)
                    after_label = False
                    text = close(text, self.words)
                    yield from _placed(text, at, origin, number - 1)
                    at += len(text)

    def _sentences(self, segment: ScriptSegment) -> list[str]:
        """Camera, action, lines, sound."""
        camera, action, sound = self.words.camera_gap.join(segment.camera), segment.action, segment.sound
        if sound:
            sound = self.words.sound.replace("{sound}", sound)
        if not segment.lines:
            return [camera, action, sound]
        if self._merges(segment):
            action = after_action(action, self._speech(segment.lines[0], False), self.words, self.language)
            return [camera, action, sound]
        return [camera, action, *self._lines(segment.lines), sound]

    def _lines(self, lines: Sequence[ScriptLine]) -> Iterator[str]:
        """Lines as sentences of their own."""
        before = None
        for line in lines:
            answers = before is not None and before.written.to == line.written.by
            yield sentence(self._speech(line, answers), self.words, self.language)
            before = line

    def _merges(self, segment: ScriptSegment) -> bool:
        """Whether the only line ends the action: its speaker is the first one that the action mentions."""
        return len(segment.lines) == 1 and bool(segment.action) and segment.lines[0].written.by == segment.first

    def _speech(self, line: ScriptLine, answers: bool) -> Speech:
        to = self.names.get(line.written.to, "")
        by = line.written.by
        return Speech(by, self.names[by], to, line.line, line.written.how, line.tone, answers)

    def _origins(self, segment: ScriptSegment, number: int) -> list[Origin]:
        """Where the sentences of a segment come from, in their order."""
        written, field = segment.written, f"segments[{number}]"
        merged = segment.lines[0] if self._merges(segment) else None
        lines = [Origin(f"{field}.say[{at}]", line.written.line) for at, line in enumerate(segment.lines)]
        return [
            Origin(f"{field}.camera", written.camera[0] if written.camera else None),
            Origin(f"{field}.action", written.action, merged),
            *([] if merged else lines),
            Origin(f"{field}.sound", written.sound),
        ]


def _around(shot: Shot, count: int, number: int) -> list[Origin]:
    """Where the sentences before all segments come from, or those after them."""
    if not number:
        return [Origin("intro", shot.intro), Origin("prompt", shot.prompt)]
    return [Origin("style", shot.style), *[Origin("quiet", None)] * (count - 1)]


def _placed(text: str, at: int, origin: Origin, number: int) -> Iterator[PromptPiece]:
    """The pieces of one closed sentence; a line at its end is a piece of its own."""
    span = origin.source.span if origin.source else None
    cut = text.rfind(origin.line.line) if origin.line else -1
    if origin.line is None or cut < 0:
        yield PromptPiece(at, at + len(text), origin.field, span)
        return
    yield PromptPiece(at, at + cut, origin.field, span)
    yield PromptPiece(at + cut, at + len(text), f"segments[{number}].say[0]", origin.line.written.line.span)


@lru_cache(maxsize=1024)
def _label(form: str, clock: bool, number: int, start: int, end: int) -> str:
    """A film has few kinds of labels: the same beats come again and again."""
    text = clock_text if clock else seconds_text
    return form.replace("{i}", str(number)).replace("{a}", text(start)).replace("{b}", text(end))


def quiet(shot: Shot) -> tuple[str, ...]:
    """What the model is told not to invent; dialogue is left out where the shot has lines."""
    if not shot.quiet:
        return ()
    spoken = any(segment.lines for segment in shot.segments)
    return tuple(kind for kind in ("dialogue", "music") if kind in shot.quiet and not (spoken and kind == "dialogue"))
