"""What a job asks of a model where the storyboard is silent: every setting gets a value, and that value is sent.

Vendors' defaults are the expensive or the surprising ones (1080p, a rewritten prompt, a watermark): none is relied on.
"""

from collections.abc import Sequence
from typing import Any

from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.catalog.choose import region_of
from r2v_pipeline.providers.catalog.types import Asked, Entry

RESOLUTION = "720p"
RATIO = "16:9"


def asked_for(entry: Entry, shot: Shot, images: int, video_ms: Sequence[int | None]) -> Asked:
    """What a shot asks of a model, with r2v's defaults: 720p and 16:9 where the model has them, with sound.

    `images` and `video_ms` are the shot's numbered references; a first frame is no part of them.  A region that the
    provider does not have stays as it was written.
    """
    region = region_of(entry.provider, shot.render.region)
    return Asked(
        region=region.id if region else shot.render.region,
        images=images,
        video_ms=tuple(video_ms),
        first_frame=bool(shot.first_frame),
        resolution=shot.render.resolution or _default(entry, "resolution", RESOLUTION),
        ratio=shot.render.ratio or _default(entry, "ratio", RATIO),
        audio=_flag(entry, "audio", shot.render.audio),
    )


def settings_sent(entry: Entry, shot: Shot, asked: Asked) -> dict[str, Any]:
    """The value of every setting of a job by the name of its source in a body field; None: left out.

    `size` is the vendor's own text.  `shot_type: auto` is `multi` for several segments, else `single`.
    """
    shot_type = shot.render.shot_type
    if shot_type == "auto":
        shot_type = "multi" if len(shot.segments) > 1 else "single"
    return {
        "resolution": asked.resolution or None,
        "ratio": asked.ratio or None,
        "size": entry.sizes.get((asked.resolution, asked.ratio)),
        "audio": asked.audio,
        "watermark": _flag(entry, "watermark", shot.render.watermark),
        "prompt_extend": _flag(entry, "prompt_extend", shot.render.prompt_extend),
        "shot_type": shot_type if "shot_type" in entry.settings else None,
        "seed": shot.render.seed if "seed" in entry.settings else None,
    }


def _default(entry: Entry, name: str, wanted: str) -> str:
    values = entry.settings.get(name, ())
    return wanted if wanted in values else str(values[0]) if values else ""


def _flag(entry: Entry, name: str, written: bool) -> bool:
    """What is written; where nobody wrote what the model cannot do, the one thing that it does."""
    values = entry.settings.get(name, ())
    return written if written in values or not values else bool(values[0])
