"""What a media file is: kind, format, size, length.  For references, own footage and music, before anything is sent.

Told from the first bytes, never from the name: an `.env` called `mia.png` is not a picture.  Pictures are read by
Pillow up to their header, MP4 by boxes.py; only other containers load PyAV.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.media.boxes import Probe, probe
from r2v_pipeline.media.magic import HEAD, format_of

_IMAGES = ("png", "jpeg", "webp", "gif", "bmp")
_SOUNDS = ("wav", "mp3", "flac", "ogg", "aac", "m4a")


class MediaInfo(NamedTuple):
    """`kind` is `image`, `video` or `audio`.  Size in pixels as stored, `fps` a fraction, both 0 where meaningless.

    `alpha`: a picture with transparency.
    """

    kind: str
    format: str
    width: int
    height: int
    fps: tuple[int, int]
    duration_ms: int
    has_audio: bool
    bytes: int
    alpha: bool = False


def sniff(path: Path) -> str:
    """The format of a file by its first bytes; empty for what is no picture, video or sound.

    Raises:
        MediaTrouble: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise MediaTrouble(f"{path.name}: {error.strerror}") from None
    return format_of(head)


def probe_any(path: Path) -> MediaInfo:
    """What a reference is.

    Raises:
        MediaTrouble: unreadable, no media, or damaged where it matters.
    """
    form = sniff(path)
    if not form:
        raise MediaTrouble(f"{path.name}: neither picture, video nor sound")
    size = path.stat().st_size
    if form in _IMAGES:
        width, height, alpha = _picture(path)
        return MediaInfo("image", form, width, height, (0, 1), 0, False, size, alpha)
    boxes = probe(path) if form in ("mp4", "mov") else None
    return _from_boxes(form, boxes, size) if boxes else _from_container(path, form, size)


def _from_boxes(form: str, found: Probe, size: int) -> MediaInfo:
    sound = found.audio is not None
    return MediaInfo("video", form, found.width, found.height, found.fps, found.duration_ms, sound, size)


def _from_container(path: Path, form: str, size: int) -> MediaInfo:
    from r2v_pipeline.media.pyav import describe

    told = describe(path)
    # Cover art in a sound file is a video track to FFmpeg.
    video = bool(told.width) and form not in _SOUNDS
    if not video and not told.has_audio:
        raise MediaTrouble(f"{path.name}: neither picture nor sound in it")
    if not video:
        return MediaInfo("audio", form, 0, 0, (0, 1), told.duration_ms, True, size)
    return MediaInfo("video", form, told.width, told.height, told.fps, told.duration_ms, told.has_audio, size)


def _picture(path: Path) -> tuple[int, int, bool]:
    """Width, height, and whether it may be transparent, from the header."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Pillow warns where a picture is large enough to be an attack; so large a reference is a mistake.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return *image.size, image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise MediaTrouble(f"{path.name}: a picture of too many pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise MediaTrouble(f"{path.name}: a damaged picture") from None
