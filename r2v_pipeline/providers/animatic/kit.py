"""What every board of one shot is drawn with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from PIL import Image

from r2v_pipeline.media.typeset import Typesetter
from r2v_pipeline.providers.animatic.layout import Zones
from r2v_pipeline.providers.animatic.look import Words


class Kit(NamedTuple):
    """The tools and measures of one shot.  `pictures` has None where a reference is a web address."""

    body: Mapping[str, Any]
    zones: Zones
    setter: Typesetter
    words: Words
    pictures: Sequence[Image.Image | None]
    segments: int

    def px(self, size: float) -> int:
        """A measure of the 720p board in pixels of this one."""
        return max(1, round(size * self.zones.unit))

    def type(self, size: float) -> int:
        """A type size; never so small that the encoder eats it."""
        return max(11, round(size * self.zones.unit))
