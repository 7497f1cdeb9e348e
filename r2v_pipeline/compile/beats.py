"""A shot in plain words for a board that people read."""

from __future__ import annotations

from collections.abc import Mapping

from r2v_pipeline.compile.script import Script, ScriptSegment
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.prompt import Beat, BeatLine


def beats(shot: Shot, script: Script, speakers: Mapping[str, str]) -> tuple[Beat, ...]:
    """One beat a segment; an untimed shot is a single beat of its prompt.

    `script` is the shot as people read it, `speakers` what they call each cast member.
    """
    if not script.segments:
        return (Beat(0, shot.duration_ms, script.prompt, "", (), ""),)
    return tuple([_beat(segment, speakers) for segment in script.segments])


def _beat(segment: ScriptSegment, speakers: Mapping[str, str]) -> Beat:
    written, lines = segment.written, ()
    if segment.lines:
        lines = tuple(
            BeatLine(x.written.by, speakers[x.written.by], x.line, x.written.how, x.written.speech_ms)
            for x in segment.lines
        )
    return Beat(written.start_ms, written.end_ms, segment.action, ", ".join(segment.camera), lines, segment.sound)
