"""Small clips for tests: 160x90, a picture that moves, a white flash and a beep where the test wants them."""

from __future__ import annotations

import hashlib
import random
import struct
import subprocess
from array import array
from pathlib import Path

import av

from r2v_pipeline.media import ffmpeg
from r2v_pipeline.media.house import SAMPLE_RATE
from r2v_pipeline.media.pyav import ClipWriter
from r2v_pipeline.media.pyav_sound import read_pcm

WIDTH, HEIGHT = 160, 90
FLASH_LUMA = 200
LOUD = 4000
BEEP_MS = 100
ONE = 1 << 16  # in a display matrix


def make_clip(
    path: Path,
    frames: int = 60,
    *,
    fps: int = 30,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    preset: str = "house",
    audio: bool = True,
    flash_ms: int | None = 1000,
    seed: int = 1,
) -> Path:
    """A clip whose every frame differs; one frame is white at `flash_ms`, where a beep of 0.1 s begins."""
    width, height = size
    noise = bytes(16 + (b * 100 >> 8) for b in random.Random(seed).randbytes(width * height))
    flash = None if flash_ms is None else flash_ms * fps // 1000
    with ClipWriter(path, width=width, height=height, fps=fps, audio=audio, preset=preset) as clip:
        for number in range(frames):
            turn = number * 7 % len(noise)
            luma = b"\xeb" * len(noise) if number == flash else noise[turn:] + noise[:turn]
            quarter = len(noise) // 4
            blue = 128 if number == flash else 60 + number % 100
            clip.write_frame(luma, bytes([blue]) * quarter, b"\x80" * quarter)
            clip.write_audio(_sound(number, fps, flash_ms))
    return path


def _sound(frame: int, fps: int, flash_ms: int | None) -> bytes:
    start, end = frame * SAMPLE_RATE // fps, (frame + 1) * SAMPLE_RATE // fps
    beep = range(0) if flash_ms is None else range(flash_ms * 48, (flash_ms + BEEP_MS) * 48)
    # A square wave: its first sample is as loud as the others, so the start is sharp.
    samples = ((8000 if n // 24 % 2 else -8000) if n in beep else 0 for n in range(start, end))
    return array("h", [value for sample in samples for value in (sample, sample)]).tobytes()


def convert(source: Path, target: Path, *options: str, before: tuple[str, ...] = ()) -> Path:
    """A variant of a clip, by the ffmpeg that the package would use."""
    program = ffmpeg.find().path
    url = ffmpeg.file_url
    argv = [program, "-v", "error", "-nostdin", "-y", *before, "-i", url(source), *options, url(target)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, timeout=120)
    return target


def turn(source: Path, target: Path, degrees: int) -> Path:
    """The same clip with a display matrix, as a camera held sideways writes it; ffmpeg before 6.0 cannot."""
    data = bytearray(source.read_bytes())
    at = data.index(b"tkhd") + 44
    a, b = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    data[at : at + 20] = struct.pack(">5i", a * ONE, b * ONE, 0, -b * ONE, a * ONE)
    target.write_bytes(data)
    return target


def frame_hashes(path: Path) -> list[str]:
    """One digest a decoded frame: what "bit-identical" means."""
    with av.open(str(path)) as container:
        return [hashlib.md5(b"".join(_rows(p) for p in f.planes)).hexdigest() for f in container.decode(video=0)]


def flashes(path: Path) -> list[int]:
    """The numbers of the white frames."""
    with av.open(str(path)) as container:
        greys = [frame.reformat(8, 8, "gray") for frame in container.decode(video=0)]
    return [number for number, grey in enumerate(greys) if min(_rows(grey.planes[0])) > FLASH_LUMA]


def _rows(plane: av.video.plane.VideoPlane) -> bytes:
    """A plane without what lies behind its rows."""
    data = bytes(plane)
    return b"".join(data[at : at + plane.width] for at in range(0, plane.height * plane.line_size, plane.line_size))


def beeps(path: Path) -> list[int]:
    """The samples (48 kHz) at which beeps begin."""
    data = array("h", b"".join(read_pcm(path)))[::2]
    found: list[int] = []
    for number, value in enumerate(data):
        if abs(value) > LOUD and (not found or number > found[-1] + BEEP_MS * 48 * 2):
            found.append(number)
    return found
