"""Picture, sound, chapters and captions into one MP4, and the proof that it is what was asked for.

ffmpeg reports success on films with missing frames, gaps, or sound that drifts; its exit status says only that it came
to an end.  So the result is read back and compared with the timeline: every frame, its time, its size in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.assemble.timeline import Timeline
from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.media.boxes import probe
from r2v_pipeline.media.ffmpeg import Ffmpeg, file_url, part_of, run, source
from r2v_pipeline.media.house import AUDIO_BITRATE, CHANNELS, MOVIE_TIMESCALE, SAMPLE_RATE, samples_before
from r2v_pipeline.media.samples import read_samples
from r2v_pipeline.media.stitch import Part, stitch

_AAC_FRAME = 1024
_LANGUAGES = {"en": "eng", "zh": "zho"}  # ISO 639-2, what MP4 writes


class Labels(NamedTuple):
    """What a player shows beside the picture.  `captions` is SubRip, empty for none."""

    title: str
    language: str
    captions: str


def join(
    ffmpeg: Ffmpeg,
    film: Timeline,
    parts: Sequence[Part],
    sound: Path,
    labels: Labels,
    target: Path,
    report: Callable[[float], None],
) -> None:
    """Write the film to `target`; its folder is taken for other working files too.

    Raises:
        MediaTrouble: ffmpeg failed, or the film is not what the timeline says; the message tells where they differ.
        DiskTrouble: no room.
    """
    packets = target.with_name("picture.mp4")
    try:
        stitch(parts, film.fps, film.width, film.height, packets)
        node = _graph(film, packets, sound, labels, target)
    except OSError as error:
        raise DiskTrouble(f"{target.parent}: {error.strerror or error}") from None
    run(ffmpeg, node, target, seconds=film.frames / film.fps, report=report)
    packets.unlink()
    wrong = list(_differences(target, film, parts))
    if wrong:
        raise MediaTrouble("the joined film is not what was asked for: " + "; ".join(wrong))


def _graph(film: Timeline, packets: Path, sound: Path, labels: Labels, target: Path) -> Any:
    import ffmpeg

    streams = [
        source(packets, f="mov")["v:0"],
        source(sound, f="s16le", ar=SAMPLE_RATE, ac=CHANNELS)["a:0"],
    ]
    options: dict[str, Any] = {
        "f": "mp4",
        "c:v": "copy",
        "c:a": "aac",
        "b:a": AUDIO_BITRATE,
        "metadata": f"title={labels.title}",
        "bitexact": None,
        "movflags": "+faststart",
        "movie_timescale": MOVIE_TIMESCALE,
    }
    if labels.captions:
        captions = _written(target.with_name("captions.srt"), labels.captions)
        streams.append(source(captions, f="srt")["s:0"])
        options |= {"c:s": "mov_text", "metadata:s:s:0": f"language={_LANGUAGES.get(labels.language, 'und')}"}
    if film.chapters:
        chapters = _written(target.with_name("chapters.txt"), _chapter_file(film))
        # An input without streams: asking for its attachments, if any, makes it part of the command, and ffmpeg takes
        # its chapters.
        streams.append(source(chapters, f="ffmetadata")["t?"])
    return ffmpeg.output(*streams, file_url(part_of(target)), **options)


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _chapter_file(film: Timeline) -> str:
    lines = [";FFMETADATA1"]
    for chapter in film.chapters:
        title = re.sub(r"([=;#\\\n])", r"\\\1", chapter.title)
        lines += [
            "[CHAPTER]",
            f"TIMEBASE=1/{film.fps}",
            f"START={chapter.start}",
            f"END={chapter.end}",
            f"title={title}",
        ]
    return "\n".join(lines) + "\n"


def _differences(path: Path, film: Timeline, parts: Sequence[Part]) -> Iterator[str]:
    """Where a finished film differs from its timeline, in words; nothing when it is right."""
    found, packets = probe(path), read_samples(path)
    if found is None or packets is None:
        yield "it is no MP4"
        return
    if found.frames != film.frames:
        yield f"{found.frames} frames instead of {film.frames}"
    if not (found.cfr and packets.even) or found.fps != (film.fps, 1):
        yield f"its frames are not {film.fps} a second, evenly spaced"
    if not found.whole:
        yield "not every frame is shown from the start on"
    if not found.faststart:
        yield "its index is not at the start"
    copied = [size for part in parts for size in part.samples.sizes[part.first : part.first + part.packets]]
    if list(packets.sizes) != copied:
        yield "its picture is not byte for byte what was to be copied"
    samples = samples_before(film.frames, film.fps)
    heard = found.audio.duration * SAMPLE_RATE // found.audio.timescale if found.audio else 0
    if abs(heard - samples) > _AAC_FRAME:
        yield f"{heard} samples of sound instead of {samples}"
