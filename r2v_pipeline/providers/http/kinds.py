"""What a file is called and declared to be when it is handed to a service: by its content, never by its own name.

A name on somebody's disk may say more than it should, and some services tell pictures from videos by the suffix alone.
"""

from __future__ import annotations

from pathlib import Path

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.media.magic import HEAD, format_of

_TYPES = {
    "jpeg": ("jpg", "image/jpeg"),
    "png": ("png", "image/png"),
    "webp": ("webp", "image/webp"),
    "bmp": ("bmp", "image/bmp"),
    "gif": ("gif", "image/gif"),
    "mp4": ("mp4", "video/mp4"),
    "mov": ("mov", "video/quicktime"),
    "webm": ("webm", "video/webm"),
    "wav": ("wav", "audio/wav"),
    "mp3": ("mp3", "audio/mpeg"),
    "m4a": ("m4a", "audio/mp4"),
    "aac": ("aac", "audio/aac"),
    "flac": ("flac", "audio/flac"),
    "ogg": ("ogg", "audio/ogg"),
}


def named_by_content(path: Path, sha256: str) -> tuple[str, str]:
    """A name made of the digest, and the content type.

    Raises:
        EnvironmentTrouble: it cannot be read, or is no picture, video or sound.
    """
    try:
        with path.open("rb") as stream:
            found = _TYPES.get(format_of(stream.read(HEAD)))
    except OSError as error:
        raise EnvironmentTrouble(f"{path.name} cannot be read: {error.strerror}") from None
    if found is None:
        raise EnvironmentTrouble(f"{path.name} is no picture, video or sound that could be sent")
    return f"{sha256}.{found[0]}", found[1]
