"""Cast members: data to types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.times import duration_ms
from r2v_pipeline.model.types import FromShot, Media, Member
from r2v_pipeline.source.document import plain_data
from r2v_pipeline.source.files import Unreadable, join
from r2v_pipeline.source.nodes import Map

# Where the relative paths of a text start: id of its SourceText to its project-relative folder.
Folders = Mapping[int, str]

# What the schema refuses as an address of another kind than https, and says so (R2V101).
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def build_member(name: str, data: Map, folders: Folders, span: Span) -> Member:
    """One cast member from validated data."""
    visual = next((v for v in ("image", "video") if isinstance(data.get(v), str)), "")
    taken = _from_shot(data) if "from" in data else None
    if taken:
        visual = "video" if taken.frame is None else "image"
    claimed = data.get("sha256", "")
    media = build_media(data, visual, folders, str(claimed or "")) if visual and not taken else None
    return Member(
        id=name,
        kind=_word(data, "kind") or "person",
        visual=visual,
        media=media,
        from_shot=taken,
        voice=build_media(data, "voice", folders) if isinstance(data.get("voice"), str) else None,
        name=_word(data, "name"),
        look=_word(data, "look"),
        fields=plain_data(data),
        span=span,
    )


def build_media(data: Map, key: str, folders: Folders, claimed: str = "") -> Media:
    """A file or URL as written, relative to the file that writes it."""
    value = data[key]
    span = data.value_span(key)
    if value.startswith("https://"):
        return Media("", value, claimed, span)
    if _ADDRESS.match(value):
        return Media("", "", claimed, span)
    try:
        return Media(join(folders[id(data.source)], value), "", claimed, span)
    except Unreadable as why:
        return Media("", "", claimed, span, str(why))


def _from_shot(data: Map) -> FromShot | None:
    value = data["from"]
    if not isinstance(value, Map) or not isinstance(value.get("shot"), str):
        return None
    frame: Any = value.get("frame")
    if frame not in (None, "first", "last"):
        frame = duration_ms(frame)
    return FromShot(value["shot"], frame, value.value_span("shot"))


def _word(data: Map, key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
