"""The clips that the fake vendor delivers: real MP4 files, made once a shape and told apart by a box at their end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple


class Shape(NamedTuple):
    """What a clip looks like from outside."""

    width: int
    height: int
    seconds: int
    fps: int
    audio: bool


class Clips:
    """Clips by shape, kept in a folder so that a killed server need not make them again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Shape, bytes] = {}

    def clip(self, shape: Shape, mark: str) -> bytes:
        """The bytes of a clip.  `mark` makes two of the same shape different files, as a vendor's are."""
        if shape not in self._made:
            self._made[shape] = self._load(shape)
        text = mark.encode()
        # Readers skip a `free` box, so the clip plays the same.
        return self._made[shape] + (8 + len(text)).to_bytes(4, "big") + b"free" + text

    def _load(self, shape: Shape) -> bytes:
        name = f"{shape.width}x{shape.height}-{shape.seconds}s-{shape.fps}{'' if shape.audio else '-mute'}.mp4"
        path = self._folder / name
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{os.getpid()}-{name}")
            _draw(part, shape)
            part.replace(path)
        return path.read_bytes()


def _draw(path: Path, shape: Shape) -> None:
    """A grey that brightens from frame to frame, so that no two frames are equal, in silence."""
    from r2v_pipeline.media.pyav import ClipWriter

    size, frames = shape.width * shape.height, shape.seconds * shape.fps
    chroma = bytes([128]) * (size // 4)
    how = {"width": shape.width, "height": shape.height, "fps": shape.fps}
    with ClipWriter(path, **how, audio=shape.audio, preset="ultrafast") as writer:
        for frame in range(frames):
            writer.write_frame(bytes([16 + frame * 200 // frames]) * size, chroma, chroma)
