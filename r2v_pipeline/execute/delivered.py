"""What a provider delivered: whether it is a whole clip, and in what it differs from what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.media.magic import HEAD, format_of, is_text
from r2v_pipeline.providers.base import RenderRequest

if TYPE_CHECKING:  # PyAV is imported when a clip is there to be decoded
    from r2v_pipeline.media.pyav import Decoded

_VIDEOS = ("mp4", "mov", "webm")
# What a clip may be longer or shorter than asked, beside one of its pictures.
_SLACK_MS = 100
# Sizes are rounded to what encoders like: `720p` of 4:3 is sold as 960x720, as 1088x832, and the like.
_RATIO_SLACK, _HEIGHT_SLACK, _AREA_SLACK = 0.03, 0.05, 0.15


def check(path: Path) -> Decoded:
    """Looks at every byte of a clip: its first ones, its container, and a decode of the whole that forgives nothing.

    Raises:
        MediaTrouble: it is no whole video.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head:
        raise MediaTrouble("the file is empty")
    if format_of(head) not in _VIDEOS:
        said = f", it begins with {head[:24].decode('utf-8', 'replace').strip()!r}" if is_text(head) else ""
        raise MediaTrouble(f"the file is no video{said}")
    from r2v_pipeline.media.pyav import check_clip

    return check_clip(path)


def differences(asked: RenderRequest, seen: Decoded) -> tuple[str, ...]:
    """In what a whole clip is not what was asked for, in words; what was left to the model is not compared."""
    found = []
    picture_ms = round(1000 * seen.fps[1] / seen.fps[0]) if seen.fps[0] and seen.fps[1] else 0
    if asked.duration_ms and abs(seen.duration_ms - asked.duration_ms) > _SLACK_MS + picture_ms:
        found.append(f"it lasts {seen.duration_ms / 1000:g} s instead of {asked.duration_ms / 1000:g} s")
    size = f"{seen.width}x{seen.height}"
    if not _has_ratio(asked.ratio, seen.width, seen.height):
        found.append(f"its picture is {size} instead of {asked.ratio}")
    elif not _has_size(asked.resolution, seen.width, seen.height):
        found.append(f"its picture is {size} instead of {asked.resolution}")
    if asked.fps and seen.fps[1] and round(seen.fps[0] / seen.fps[1]) != asked.fps:
        found.append(f"it has {seen.fps[0] / seen.fps[1]:g} pictures a second instead of {asked.fps}")
    if asked.audio and not seen.has_audio:
        found.append("it has no sound")
    if not asked.audio and seen.has_audio:
        found.append("it has sound, and none was asked for")
    return tuple(found)


def _has_ratio(ratio: str, width: int, height: int) -> bool:
    across, _, up = ratio.partition(":")
    if not (across.isdecimal() and up.isdecimal() and int(across) and int(up) and height):
        return True
    wanted = int(across) / int(up)
    return abs(width / height - wanted) <= wanted * _RATIO_SLACK


def _has_size(resolution: str, width: int, height: int) -> bool:
    """`720p` is the shorter side, or the area that a 16:9 picture of that height has; vendors differ in it."""
    lines = resolution.lower().removesuffix("p")
    if not lines.isdecimal() or not int(lines):
        return True
    wanted = int(lines)
    area = wanted * wanted * 16 / 9
    return (
        abs(min(width, height) - wanted) <= wanted * _HEIGHT_SLACK or abs(width * height - area) <= area * _AREA_SLACK
    )
