"""A shot in plain words for a board that people read."""

from __future__ import annotations

from collections.abc import Mapping

from r2v_pipeline.compile.readings import Reading
from r2v_pipeline.compile.script import Texts
from r2v_pipeline.compile.strip import PART
from r2v_pipeline.providers.prompt import Beat, BeatLine

_new = tuple.__new__


def beats(texts: Texts, reading: Reading, speakers: Mapping[str, str]) -> tuple[Beat, ...]:
    """One beat a segment; an untimed shot is a single beat of its prompt.

    `reading` is that of people, `speakers` what they call each cast member.
    """
    shot, described = texts.shot, texts.described(reading)
    if not shot.segments:
        return (Beat(0, shot.duration_ms, described.prompt, "", (), ""),)
    rows = zip(shot.segments, described.actions, described.cameras, described.sounds, strict=True)
    return tuple(
        [
            _new(
                Beat,
                (
                    segment.start_ms,
                    segment.end_ms,
                    action,
                    camera.replace(PART, ", "),
                    _lines(texts, number, speakers) if segment.lines else (),
                    sound,
                ),
            )
            for number, (segment, action, camera, sound) in enumerate(rows)
        ]
    )


def _lines(texts: Texts, number: int, speakers: Mapping[str, str]) -> tuple[BeatLine, ...]:
    lines = zip(texts.shot.segments[number].lines, texts.spoken(number), strict=True)
    return tuple([BeatLine(x.by, speakers[x.by], said, x.how, x.speech_ms) for x, said in lines])
