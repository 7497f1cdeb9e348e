"""R2V508: a reference file that a model refuses, told before anything is uploaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.times import seconds_text
from r2v_pipeline.providers.catalog.types import Entry, MediaLimit, Seen
from r2v_pipeline.providers.catalog.wording import joined

if TYPE_CHECKING:
    from r2v_pipeline.media.reference import MediaInfo

Found = tuple[str, str, Span, str]
_CODE = "R2V508"
_MEBIBYTE = 1 << 20
_KINDS = {"voice": "audio"}


def broken_by_media(entry: Entry, shot: Span, seen: tuple[Seen, ...]) -> Iterator[Found]:
    """Code, message, place and mend for each file that the model would refuse; `shot` is for what all do together."""
    for reference in seen:
        info = reference.info
        if info is None:
            continue
        wanted = _KINDS.get(reference.visual, reference.visual)
        if info.kind != wanted:
            yield _CODE, *_of_another_kind(reference, info.kind)
            continue
        limit = entry.media.get(reference.visual)
        if limit is not None:
            for message, mend in refused(limit, info):
                told = f"'{entry.id}' refuses the {reference.visual} of '{reference.id}': {message}"
                yield _CODE, told, reference.span, mend
    yield from _together(entry, shot, seen)


def _of_another_kind(reference: Seen, kind: str) -> tuple[str, Span, str]:
    """Message, place and mend for a file that is not what its key says."""
    shot, _, opening = reference.id.partition(".")
    if opening:
        message = f"the first frame of '{shot}' is {_article(kind)}, and only a picture can open a clip"
        return message, reference.span, "'from: {shot: s03, frame: last}' takes a picture out of another shot"
    if reference.visual == "voice":
        return f"the voice of '{shot}' is {_article(kind)}", reference.span, "name a sound file"
    message = f"'{shot}' is written as {_article(reference.visual)}, its file is {_article(kind)}"
    return message, reference.span, f"write it as '{kind}:'" if kind != "audio" else ""


def _article(kind: str) -> str:
    return {"image": "an image", "audio": "a sound"}.get(kind, f"a {kind}")


def refused(limit: MediaLimit, info: MediaInfo) -> Iterator[tuple[str, str]]:
    """What is wrong with a file of the right kind, and its mend."""
    if limit.formats and info.format not in limit.formats:
        known = joined(limit.formats, "and")
        yield f"it is {info.format}, it takes {known}", f"convert it to {limit.formats[0]}"
    if limit.bytes and info.bytes > limit.bytes:
        most = limit.bytes // _MEBIBYTE
        yield f"it has {_mebibytes(info.bytes)} MB, it takes at most {most} MB", "make the file smaller"
    if info.width and info.height:
        yield from _pixels(limit, info.width, info.height)
    if info.alpha and not limit.alpha:
        yield "it has transparent parts", "save it without an alpha channel, such as a JPEG"
    least, most = limit.length_ms
    if least and info.duration_ms < least:
        yield (
            f"it lasts {seconds_text(info.duration_ms)} s, at least {seconds_text(least)} s are wanted",
            "use a longer one",
        )
    if most and info.duration_ms > most:
        told = f"it lasts {seconds_text(info.duration_ms)} s, it takes at most {seconds_text(most)} s"
        yield told, f"cut it to {seconds_text(most)} s"


def _pixels(limit: MediaLimit, width: int, height: int) -> Iterator[tuple[str, str]]:
    size, (least, most) = f"it is {width}x{height}", limit.side
    if least and min(width, height) < least:
        yield f"{size}, each side has to have at least {least} pixels", "use a larger one"
    if most and max(width, height) > most:
        yield f"{size}, no side may have more than {most} pixels", f"scale it to {most} pixels"
    if limit.short_side and min(width, height) < limit.short_side:
        yield f"{size}, the shorter side has to have at least {limit.short_side} pixels", "use a larger one"
    if limit.aspect and max(width, height) > limit.aspect * min(width, height):
        yield f"{size}, one side may be at most {limit.aspect:g} times the other", "crop it"


def _mebibytes(count: int) -> str:
    """Rounded up in the last place, so that what is over a limit never reads as the limit."""
    tenths = -(-count * 10 // _MEBIBYTE)
    return f"{tenths // 10}.{tenths % 10}"


def _together(entry: Entry, shot: Span, seen: tuple[Seen, ...]) -> Iterator[Found]:
    """All files of a kind against what they may last together."""
    for kind, limit in entry.media.items():
        known = [s for s in seen if s.visual == kind and s.info is not None]
        total = sum(s.info.duration_ms for s in known if s.info is not None)
        if limit.total_ms and len(known) > 1 and total > limit.total_ms:
            names = joined([f"'{s.id}'" for s in known], "and")
            message = (
                f"the {kind}s {names} last {seconds_text(total)} s, '{entry.id}' takes {seconds_text(limit.total_ms)} s"
            )
            yield _CODE, message, shot, "cut them, or drop one"
