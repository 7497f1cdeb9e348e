"""A clip file as assemble sees it: enough to lay it on the timeline, and to decide whether it can be copied."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.assemble.timeline import ClipInfo
from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.media.boxes import Probe, probe
from r2v_pipeline.media.reference import MediaInfo, probe_any
from r2v_pipeline.media.samples import read_samples

_QUARTER_TURNS = (90, 270)


class Footage(NamedTuple):
    """A clip.  `boxes` is None for what is no plain MP4 or MOV with a picture track: such a clip is never copied."""

    path: Path
    info: ClipInfo
    boxes: Probe | None


def look(path: Path) -> Footage:
    """Read what a clip is; a picture (an end card) is a clip that lasts as long as it must.

    Raises:
        MediaTrouble: no video and no picture, or a file cut off (ffmpeg would play what is there and report success).
    """
    try:
        boxes = probe(path)
    except OSError as error:
        raise MediaTrouble(f"{path.name}: {error.strerror}") from None
    if boxes and boxes.width and boxes.height and boxes.frames:
        if read_samples(path) is None:
            raise MediaTrouble(f"{path.name}: cut off, or damaged: it promises more than it holds")
        return Footage(path, _from_boxes(path, boxes), boxes)
    told = probe_any(path)
    if told.kind == "audio":
        raise MediaTrouble(f"{path.name}: a clip without a picture")
    return Footage(path, _from_media(path, told), None)


def _from_boxes(path: Path, boxes: Probe) -> ClipInfo:
    """Upright, with square pixels: what a player shows."""
    width, height = round(boxes.width * boxes.sar[0] / boxes.sar[1]), boxes.height
    if boxes.rotation in _QUARTER_TURNS:
        width, height = height, width
    return ClipInfo(str(path), width, height, boxes.fps, boxes.duration_ms)


def _from_media(path: Path, told: MediaInfo) -> ClipInfo:
    return ClipInfo(str(path), told.width, told.height, told.fps, told.duration_ms, told.kind == "image")
