"""The clips of a split shot's parts as the shot's one clip: the same as a film of them, without words.

A clip is usually longer than its part was written: models make whole seconds, or two lengths only.  Each is cut to its
written length here, on the shot's own clock, so that a border between parts is where the storyboard has it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from r2v_pipeline.assemble.conform import OWN, House
from r2v_pipeline.assemble.cutting import picture
from r2v_pipeline.assemble.footage import look
from r2v_pipeline.assemble.join import Labels, join
from r2v_pipeline.assemble.sound import write_sound
from r2v_pipeline.assemble.timeline import end_to_end
from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.media.ffmpeg import Ffmpeg, find

_WORK = ".splicing-"


def splice(
    parts: Sequence[tuple[Path, int]],
    to: Path,
    going: Callable[[], None] = lambda: None,
    *,
    pieces: Path,
    digests: Mapping[Path, str] | None = None,
    ffmpeg: Ffmpeg | None = None,
) -> None:
    """Write the first so many milliseconds of each clip, one after the other, to `to`.

    Packets are copied where that is exact, as in a film; one that must be encoded is kept in `pieces`.  A clip that
    ends too early holds its last frame.  `going` is called now and then, and what it raises ends the work: no working
    file is left then, and nothing at `to`.  `digests` are the clips' sha256 where they are known.

    Raises:
        MediaTrouble: a clip cannot be used, there is no ffmpeg, or the result is not what was asked for.
        DiskTrouble: no room, no permission.
    """
    footage = [look(path) for path, _ in parts]
    film = end_to_end([(clip.info, ms) for clip, (_, ms) in zip(footage, parts, strict=True)])
    if not film.frames:
        raise MediaTrouble("there is nothing to join")
    named = {cut.shot: clip for cut, clip in zip(film.cuts, footage, strict=True)}
    known = {name: (digests or {}).get(clip.path, "") for name, clip in named.items()}
    program = ffmpeg or find()
    house = House(program, pieces, film.width, film.height, film.fps, OWN["house"])

    def report(_fraction: float) -> None:
        going()

    try:
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=to.parent, ignore_cleanup_errors=True) as folder:
            work = Path(folder)
            made = picture(film, named, house, None, digests=known, report=report)
            sound = work / "sound.pcm"
            write_sound(film, frozenset(), sound)
            going()
            join(program, film, made.parts, sound, Labels("", "", ""), work / "clip.mp4", report)
            os.replace(work / "clip.mp4", to)
    except OSError as error:
        raise DiskTrouble(f"{to.parent}: {error.strerror}") from None
