"""A shot in plain words for a board that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from r2v_pipeline.compile.script import Script, ScriptLine
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.prompt import Beat, BeatLine


def beats(shot: Shot, script: Script, speakers: Mapping[str, str]) -> tuple[Beat, ...]:
    """One beat a segment; an untimed shot is a single beat of its prompt.

    `script` is the shot as people read it, `speakers` what they call each cast member.
    """
    if not script.segments:
        return (Beat(0, shot.duration_ms, script.prompt, "", (), ""),)
    return tuple(
        [
            Beat(
                written.start_ms,
                written.end_ms,
                action,
                ", ".join(camera),
                _lines(lines, speakers) if lines else (),
                sound,
            )
            for written, action, camera, sound, lines, _ in script.segments
        ]
    )


def _lines(lines: Sequence[ScriptLine], speakers: Mapping[str, str]) -> tuple[BeatLine, ...]:
    return tuple(BeatLine(x.by, speakers[x.by], said, x.how, x.speech_ms) for x, said, _ in lines)
