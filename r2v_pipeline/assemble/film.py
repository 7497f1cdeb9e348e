"""The last step of a build: clips in, the film and its companions out, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.assemble.conform import OWN, House
from r2v_pipeline.assemble.cutting import DrawCard, picture
from r2v_pipeline.assemble.footage import look
from r2v_pipeline.assemble.join import Labels, join
from r2v_pipeline.assemble.sound import write_sound
from r2v_pipeline.assemble.subtitles import srt, vtt
from r2v_pipeline.assemble.timeline import Timeline, Words, as_written, timeline
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.media.ffmpeg import Ffmpeg, find
from r2v_pipeline.model.types import Storyboard

_WORK = ".joining-"
_JPEG_QUALITY = 90
# Shares of the progress bar: encoding odd pieces, decoding the sound, writing the film.
_PICTURE, _SOUND = 0.7, 0.8


class Film(NamedTuple):
    """A finished film.  `files` are the names written into the output folder, the film first.

    `encoded` is how many of its frames had to be encoded again, the others are the clips' own, bit by bit.
    """

    path: Path
    frames: int
    fps: int
    duration_ms: int
    files: tuple[str, ...]
    encoded: int
    diagnostics: tuple[Diagnostic, ...]


def assemble(
    storyboard: Storyboard,
    clips: Mapping[str, Path],
    out: Path,
    *,
    pieces: Path,
    draw_card: DrawCard,
    report: Callable[[float], None] = lambda _: None,
    words: Words = as_written,
    digests: Mapping[str, str] | None = None,
    ffmpeg: Ffmpeg | None = None,
    name: str = "film",
) -> Film:
    """Join the clips (shot id -> file, own footage too) into `out`/film.mp4, with captions and a poster beside it.

    `pieces` keeps what had to be encoded, for the next join.  `digests` are the clips' sha256 where they are known.
    Files of an earlier film are replaced one by one, when all of the new ones are finished and checked; until then, and
    after any error or interrupt, they stay as they are, and no working file is left.

    Raises:
        MediaTrouble: a clip is missing or cannot be used, there is no ffmpeg, or the result is not what was asked for.
        DiskTrouble: no room, no permission.
    """
    footage = {shot: look(path) for shot, path in clips.items()}
    film, diagnostics = timeline(storyboard, {shot: clip.info for shot, clip in footage.items()}, words)
    for problem in diagnostics:
        if problem.severity == "error":
            raise MediaTrouble(problem.message, problem.help)
    if not film.frames:
        raise MediaTrouble("there is nothing to join")
    program = ffmpeg or find()
    house = House(program, pieces, film.width, film.height, film.fps, OWN["house"])
    stills = frozenset(shot for shot, clip in footage.items() if clip.info.still)
    with _Workplace(out) as work:
        made = picture(film, footage, house, draw_card, digests=digests or {}, report=lambda f: report(f * _PICTURE))
        sound = work / "sound.pcm"
        write_sound(film, stills, sound)
        report(_SOUND)
        captions = srt(film.cues)
        soft = captions if storyboard.film.subtitle_soft else ""
        target = work / f"{name}.mp4"
        labels = Labels(storyboard.title, storyboard.language, soft)
        join(program, film, made.parts, sound, labels, target, lambda f: report(_SOUND + f * (1 - _SOUND)))
        files = (target, *_companions(storyboard, film, captions, target), _poster(film, target))
        _publish(files, out, name)
    report(1.0)
    shown = tuple(file.name for file in files)
    return Film(out / shown[0], film.frames, film.fps, film.duration_ms, shown, made.encoded, diagnostics)


class _Workplace:
    """A folder beside the film (the same disk, so that renaming is one step) that is gone afterwards.

    What a killed build left there is swept: only one build works in an output folder at a time.
    """

    def __init__(self, out: Path) -> None:
        self.out = out

    def __enter__(self) -> Path:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            for stale in self.out.glob(f"{_WORK}*"):
                shutil.rmtree(stale, ignore_errors=True)
            self.path = Path(tempfile.mkdtemp(prefix=_WORK, dir=self.out))
        except OSError as error:
            raise DiskTrouble(f"{self.out}: {error.strerror}") from None
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _companions(storyboard: Storyboard, film: Timeline, captions: str, target: Path) -> tuple[Path, ...]:
    """The caption files that were asked for."""
    texts = {"srt": captions, "vtt": vtt(film.cues)}
    made = []
    for kind in storyboard.film.subtitle_files:
        path = target.with_suffix(f".{kind}")
        try:
            path.write_text(texts[kind], encoding="utf-8", newline="\n")
        except OSError as error:
            raise DiskTrouble(f"{path.parent}: {error.strerror}") from None
        made.append(path)
    return tuple(made)


def _poster(film: Timeline, target: Path) -> Path:
    """The middle of the first shot: first and last frames of generated clips are often their worst."""
    from r2v_pipeline.media.pyav import decode_frame

    cut = next((cut for cut in film.cuts if cut.frames), film.cuts[0])
    middle = (cut.begins + cut.frames // 2) * 1000 // film.fps
    path = target.with_name("poster.jpg")
    try:
        decode_frame(target, middle).save(path, quality=_JPEG_QUALITY)
    except OSError as error:
        raise DiskTrouble(f"{path.parent}: {error.strerror}") from None
    return path


def _publish(files: tuple[Path, ...], out: Path, name: str) -> None:
    """Give the finished files their names, the film last, and take away captions that nobody asks for any more."""
    try:
        for file in files:
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
        for file in reversed(files):
            os.replace(file, out / file.name)
        for kind in ("srt", "vtt"):
            old = out / f"{name}.{kind}"
            if old.name not in {file.name for file in files}:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise DiskTrouble(f"{out}: {error.strerror}") from None
