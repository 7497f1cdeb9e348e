"""The format of a file by its first bytes, never by its name: an `.env` called `mia.png` is not a picture.

`check` looks at every reference through here, so this module imports nothing.
"""

from __future__ import annotations

HEAD = 64

LFS_POINTER = b"version https://git-lfs.github.com/spec/"

_BEGINS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x1a\x45\xdf\xa3", "webm"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"\xff\xf2", "mp3"),
    (b"\xff\xfa", "mp3"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"\xff\xf1", "aac"),
    (b"\xff\xf9", "aac"),
)
_RIFF = {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav"}
_BRANDS = {b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a"}
# What else may come first in a QuickTime file, of cameras mostly.
_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def format_of(head: bytes) -> str:
    """`png`, `mp4`, `wav` …; empty for what is no picture, video or sound.  `head` are a file's first `HEAD` bytes."""
    for begin, name in _BEGINS:
        if head.startswith(begin):
            return name
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4")
    if head[4:8] in _ATOMS:
        return "mov"
    return "bmp" if head[:2] == b"BM" and head[6:10] == bytes(4) else ""


def is_text(head: bytes) -> bool:
    """Whether a file is written in lines, as settings, keys and playlists are and no recording is."""
    if b"\0" in head or (b"\n" not in head and len(head) < HEAD):
        return False
    try:
        return bool(head.decode("utf-8"))
    except UnicodeDecodeError as why:
        return why.start >= len(head) - 3  # the end of the head goes through a character
