"""The film's sound, rebuilt sample by sample.

Sound is never copied: an AAC stream starts with a priming frame and ends with a padded one, and clip after clip these
add up (43 ms a join, in a player that counts samples), a clip in mono or without sound ends the sound of all that
follow, and ffmpeg calls each of them a success.  Decoded and cut to where the pictures begin and end, sample n of the
film is heard n/48000 s after its first frame, to the last clip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from r2v_pipeline.assemble.timeline import Cut, Timeline
from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.media.house import SAMPLE_BYTES, samples_before

_SILENCE = bytes(SAMPLE_BYTES * 4800)


def write_sound(film: Timeline, stills: frozenset[str], to: Path) -> int:
    """Write the whole film's sound as raw 16 bit stereo at 48 kHz; returns the number of samples.

    `stills` are the shots whose clip is a picture, and so has no sound of its own.

    Raises:
        MediaTrouble: a clip's sound does not decode.
        DiskTrouble: no room.
    """
    try:
        with to.open("wb") as file:
            for cut in film.cuts:
                _silence(file, samples_before(cut.begins, film.fps) - samples_before(cut.at, film.fps))
                count = samples_before(cut.ends, film.fps) - samples_before(cut.begins, film.fps)
                written = 0
                for data in _stretch(_heard(cut, stills, film.fps), count):
                    file.write(data)
                    written += len(data) // SAMPLE_BYTES
                _silence(file, count - written)
            return file.tell() // SAMPLE_BYTES
    except OSError as error:
        raise DiskTrouble(f"{to.parent}: {error.strerror}") from None


def _heard(cut: Cut, stills: frozenset[str], fps: int) -> Iterator[bytes]:
    """What a cut sounds like from its first frame on."""
    from r2v_pipeline.media.pyav_sound import read_pcm

    if cut.sound.file:
        return read_pcm(Path(cut.sound.file), cut.sound.gain_db)
    if cut.sound.mute or cut.shot in stills:
        return iter(())
    return _skip(read_pcm(Path(cut.clip), cut.sound.gain_db), samples_before(cut.first, fps))


def _skip(pieces: Iterable[bytes], samples: int) -> Iterator[bytes]:
    left = samples * SAMPLE_BYTES
    for data in pieces:
        yield data[left:]
        left = max(0, left - len(data))


def _stretch(pieces: Iterable[bytes], samples: int) -> Iterator[bytes]:
    """At most so many samples."""
    left = samples * SAMPLE_BYTES
    for data in pieces:
        yield data[:left]
        left -= len(data)
        if left <= 0:
            return


def _silence(file: BinaryIO, samples: int) -> None:
    left = samples * SAMPLE_BYTES
    while left > 0:
        left -= file.write(_SILENCE[:left])
