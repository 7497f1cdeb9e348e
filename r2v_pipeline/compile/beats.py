"""A shot in plain words for a board that people read."""

from __future__ import annotations

from r2v_pipeline.compile.script import Script, ScriptSegment
from r2v_pipeline.compile.shot import ShotCompiler
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.prompt import Beat, BeatLine


def beats(compiler: ShotCompiler, shot: Shot) -> tuple[Beat, ...]:
    """One beat a segment; an untimed shot is a single beat of its prompt."""
    script: Script = compiler.in_plain_words(shot)
    if not script.segments:
        text = script.prompt.text if script.prompt else ""
        return (Beat(0, shot.duration_ms, text, "", (), ""),)
    return tuple(_beat(segment, compiler.plain) for segment in script.segments)


def _beat(segment: ScriptSegment, speakers: dict[str, str]) -> Beat:
    lines = tuple(
        BeatLine(x.written.by, speakers[x.written.by], x.line.text, x.written.how, x.written.speech_ms)
        for x in segment.lines
    )
    camera = ", ".join(part.text for part in segment.camera)
    action, sound = segment.action, segment.sound
    start, end = segment.written.start_ms, segment.written.end_ms
    return Beat(start, end, action.text if action else "", camera, lines, sound.text if sound else "")
