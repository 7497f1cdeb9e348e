"""A shot as a service of the catalog is asked for it: the body is the entry's own table of fields, filled in.

Pure.  A service that is spoken to by fields needs no code here, only entries; what its client does with the body
(addresses, headers, uploads) is the client's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.base import Beat, Cost, Prompt, Reference, RenderRequest
from r2v_pipeline.providers.catalog.asking import asked_for, settings_sent
from r2v_pipeline.providers.catalog.choose import find
from r2v_pipeline.providers.catalog.prices import price
from r2v_pipeline.providers.catalog.requests import asked_of, counted, entry_of
from r2v_pipeline.providers.catalog.types import Entry, Field

# The numbered references that a field lists.
_KINDS = {"references": ("image", "video"), "images": ("image",), "videos": ("video",)}

# How a list of media says which voice belongs to a reference.
_VOICE = {"snake": "reference_voice", "camel": "referenceVoice"}


class CatalogDialect:
    """Lowers shots for one provider of the catalog.

    Whether the model exists and may be asked is settled before (R2V501 to R2V509): a shot that it refuses never comes
    here.
    """

    draws = False

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def lower(
        self,
        shot: Shot,
        prompt: Prompt,
        beats: tuple[Beat, ...],  # noqa: ARG002 (the seam is the animatic's)
        references: tuple[Reference, ...],
    ) -> tuple[RenderRequest | None, tuple[Diagnostic, ...]]:
        """The request of one job; never None.

        A reference at a negative position is the first frame and none of the numbered ones.  The clip is asked for in
        the shortest length that the model makes and that covers the shot.
        """
        entry = self._entry(shot.render.model, references)
        images, video_ms = counted(references)
        asked = asked_for(entry, shot, images, video_ms)
        rule = entry.duration_rule(asked)
        # Services count in whole seconds; where the catalog knows no lengths, the next whole one covers the shot.
        duration_ms = rule.covering(shot.duration_ms) if rule else -(-shot.duration_ms // 1000) * 1000
        assert duration_ms is not None, "R2V504 is said before"
        values: dict[str, Any] = {
            **settings_sent(entry, shot, asked),
            "model": entry.id,
            "prompt": prompt.text,
            "negative": prompt.negative,
            "duration": duration_ms // 1000,
        }
        sent = references if "voice" in entry.settings else tuple(r._replace(voice="") for r in references)
        body: dict[str, Any] = {}
        for field in entry.fields:
            value = _value(field, values, sent)
            if field.always or value not in (None, "", []):
                _put(body, field.path, value)
        settled = (asked.region, asked.resolution, asked.ratio, asked.audio)
        return RenderRequest(self.provider, entry.id, body, references, duration_ms, shot.used_ms, *settled), ()

    def picture_area(self, request: RenderRequest) -> None:  # noqa: ARG002 (a clip is all picture)
        """Everywhere: a rendered clip has nothing around it."""
        return

    def price(self, request: RenderRequest) -> Cost:
        """What one accepted submit costs by the catalog; unknown where it has no price."""
        entry = entry_of(request)
        assert entry is not None, "what the catalog lowered is in it"
        return price(entry, asked_of(request), request.duration_ms)

    def _entry(self, model: str, references: Sequence[Reference]) -> Entry:
        numbered = any(reference.position >= 0 for reference in references)
        opening = any(reference.position < 0 for reference in references)
        entry = find(model, self.provider, references=numbered, first_frame=opening)
        assert entry is not None, "R2V509 is said before"
        return entry


def _value(field: Field, values: dict[str, Any], references: Sequence[Reference]) -> Any:
    """What a field holds: a constant, references in their order, or a setting in the service's spelling."""
    if field.source == "value":
        return field.value
    if field.source == "media":
        return _media(references, field.form)
    if field.source in _KINDS:
        kinds = _KINDS[field.source]
        return [r.placeholder for r in _ordered(references) if r.position >= 0 and r.kind in kinds]
    if field.source in ("video", "first_frame"):
        first = [r for r in references if (r.position < 0 if field.source == "first_frame" else r.kind == "video")]
        return first[0].placeholder if first else None
    value = values[field.source]
    return value.upper() if field.form == "upper" and value else value


def _media(references: Sequence[Reference], form: str) -> list[dict[str, str]]:
    """Typed references, the first frame before the numbered ones; a voice stands with the member whose it is."""
    made = []
    for reference in _ordered(references):
        kind = "first_frame" if reference.position < 0 else f"reference_{reference.kind}"
        item = {"type": kind, "url": reference.placeholder}
        if reference.voice and reference.position >= 0:
            item[_VOICE[form]] = reference.voice
        made.append(item)
    return made


def _ordered(references: Sequence[Reference]) -> list[Reference]:
    return sorted(references, key=lambda reference: reference.position)


def _put(body: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Writes a value at a path, making the objects above it."""
    for name in path[:-1]:
        body = body.setdefault(name, {})
    body[path[-1]] = value
