"""From a request back to the catalog: the entry it was made from, and what it asks of the model, as prices see it."""

from collections.abc import Sequence

from r2v_pipeline.providers.catalog.choose import find
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.catalog.prices import Billed, billed_ms
from r2v_pipeline.providers.catalog.types import Asked, Entry
from r2v_pipeline.providers.request import Reference, RenderRequest


def entry_of(request: RenderRequest) -> Entry | None:
    """The entry that a request was made from; None where its provider is not one of the catalog."""
    if request.provider not in providers():
        return None
    return find(request.model, request.provider, references=False, first_frame=False)


def asked_of(request: RenderRequest) -> Asked:
    """What a request asks of its model."""
    images, video_ms = counted(request.references)
    opening = any(reference.position < 0 for reference in request.references)
    return Asked(request.region, images, video_ms, opening, request.resolution, request.ratio, request.audio)


def counted(references: Sequence[Reference]) -> tuple[int, tuple[int | None, ...]]:
    """How many images there are, and how long each video is; a first frame is not counted."""
    numbered = [reference for reference in references if reference.position >= 0]
    images = sum(reference.kind == "image" for reference in numbered)
    return images, tuple(reference.duration_ms for reference in numbered if reference.kind == "video")


def billed(request: RenderRequest) -> Billed | None:
    """The time that is billed for a request, its references and all; None where nothing bounds it.

    Outside the catalog nobody says what is billed beside the clip.
    """
    entry = entry_of(request)
    if entry is None:
        return Billed(request.duration_ms, request.duration_ms)
    return billed_ms(entry, asked_of(request), request.duration_ms)
