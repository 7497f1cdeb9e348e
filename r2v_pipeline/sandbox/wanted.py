"""What a valid body asks for, in the catalog's terms; what its limits say to that; what it costs.

A vendor's defaults stand in for what a body leaves out, also where they are the dear ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.providers.animatic.dialect import frame_size
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.media_rules import broken_by_media
from r2v_pipeline.providers.catalog.prices import billed_ms, input_ms, price
from r2v_pipeline.providers.catalog.rules import number, weigh
from r2v_pipeline.providers.catalog.types import Asked, Entry, Seen
from r2v_pipeline.sandbox.looking import Look
from r2v_pipeline.sandbox.schema import Fault, values_at

# Where a body names no resolution: (provider, model) or provider.  DashScope's pages: 1920*1080 or 1080P, "the
# expensive tier"; WaveSpeedAI's: 720p, but for Veo.
_RESOLUTION = {
    "dashscope": "1080p",
    "vercel": "1080p",
    "wavespeed": "720p",
    "google/veo3.1/reference-to-video": "1080p",
}
_SECONDS = 5
_STAND_IN = 100_000  # millionths a second where the catalog knows no price
_HERE = Span(SourceText("", ""), 0, 0)


class Wanted(NamedTuple):
    """A request, understood.  `looks` are the numbered references in their order, `first` the opening picture."""

    entry: Entry
    asked: Asked
    seconds: int
    prompt: str
    negative: str
    looks: tuple[Look, ...]
    first: Look | None
    voices: tuple[Look, ...]

    @property
    def every_look(self) -> tuple[Look, ...]:
        """All files that the vendor has to fetch."""
        return (*self.looks, *self.voices, *((self.first,) if self.first else ()))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the clip."""
        return size_of(self.entry, self.asked.resolution, self.asked.ratio)


class Bill(NamedTuple):
    """What a clip costs.  `guessed`: by a stand-in rate, since none is known."""

    input_ms: int
    ms: int
    micros: int
    currency: str
    guessed: bool


def entry_of(provider: str, model: str) -> Entry | None:
    """The catalog's entry of a model by the provider's own id."""
    return next((entry for entry in entries() if entry.provider == provider and entry.id == model), None)


def understand(entry: Entry, body: Mapping[str, Any], region: str, look: Callable[[str], Look]) -> Wanted:
    """What a body that fits its schema asks for."""
    asked: dict[str, Any] = {"resolution": "", "ratio": "", "audio": True}
    texts, seconds = {"prompt": "", "negative": ""}, 0
    looks: list[Look] = []
    voices: list[Look] = []
    first: Look | None = None
    for field, value in values_at(entry, body):
        if value is None:
            continue
        if field.source in texts:
            texts[field.source] = value
        elif field.source == "duration":
            seconds = int(value)
        elif field.source == "size":
            asked["resolution"], asked["ratio"] = next(key for key, size in entry.sizes.items() if size == value)
        elif field.source in ("resolution", "ratio", "audio"):
            asked[field.source] = value.lower() if field.source == "resolution" else value
        elif field.source == "media":
            first = _media(value, look, looks, voices) or first
        elif field.source == "first_frame":
            first = look(value)
        elif field.source in ("references", "images", "videos", "video"):
            wanted = {"images": "image", "videos": "video", "video": "video"}.get(field.source, "")
            looks += [_as(look(url), wanted) for url in ([value] if isinstance(value, str) else value)]
    return settle(entry, region, asked, seconds, (texts["prompt"], texts["negative"]), looks, first, voices)


def settle(
    entry: Entry, region: str, asked: Mapping[str, Any], seconds: int, texts: tuple[str, str],
    looks: Sequence[Look], first: Look | None, voices: Sequence[Look],
) -> Wanted:  # fmt: skip
    """The same out of its parts, with the vendor's defaults for what is empty."""
    resolution = asked["resolution"] or _RESOLUTION.get(entry.id) or _RESOLUTION[entry.provider]
    if entry.settings.get("resolution") and resolution not in entry.settings["resolution"]:
        resolution = entry.settings["resolution"][0]
    ratio = asked["ratio"] or (_nearest(entry, first) if first else "") or "16:9"
    images = sum(seen.kind == "image" for seen in looks)
    lengths = tuple(seen.duration_ms for seen in looks if seen.kind == "video")
    fact = Asked(region, images, lengths, first is not None, resolution, ratio, asked["audio"])
    rule = entry.duration_rule(fact)
    usual = (rule.covering(_SECONDS * 1000) or rule.longest_ms) // 1000 if rule else _SECONDS
    return Wanted(entry, fact, seconds or usual, *texts, tuple(looks), first, tuple(voices))


def broken(wanted: Wanted) -> list[Fault]:
    """What the catalog's limits refuse, with the conditions that hold here."""
    entry, asked = wanted.entry, wanted.asked
    found = []
    for rule in entry.counts:
        count = number(rule.of, asked) if rule.when.holds(asked) else None
        what = {"image": "reference images", "video": "reference videos", "all": "references"}[rule.of]
        if count is not None and rule.at_most is not None and count > rule.at_most:
            found.append(Fault("references", "maxItems", f"{count} {what}, at most {rule.at_most} are allowed"))
        if count is not None and count < rule.at_least:
            found.append(Fault("references", "minItems", f"{count} {what}, at least {rule.at_least} are needed"))
    if entry.makes == "frame" and wanted.first is None:
        found.append(Fault("first_frame", "required", "it is missing"))
    rule_ = entry.duration_rule(asked)
    if rule_ and rule_.covering(wanted.seconds * 1000) != wanted.seconds * 1000:
        every = [ms // 1000 for ms in rule_.choices_ms]
        allowed = f"one of {every}" if every else f"between {rule_.least_ms // 1000} and {rule_.most_ms // 1000}"
        found.append(Fault("duration", "duration", f"{wanted.seconds} is not {allowed}"))
    return found + _media_faults(wanted)


def cut(wanted: Wanted) -> tuple[str, ...]:
    """Which texts are longer than the model reads: vendors cut them, say nothing, and bill."""
    pairs = (("prompt", wanted.prompt, wanted.entry.prompt), ("negative", wanted.negative, wanted.entry.negative))
    return tuple(
        f"the {what} has {weigh(text, limit)} characters, {limit.at_most} are read"
        for what, text, limit in pairs
        if limit and weigh(text, limit) > limit.at_most
    )


def bill(wanted: Wanted) -> Bill:
    """What a vendor takes for it; where a part is unknown, the most that it can be."""
    entry, asked, own = wanted.entry, wanted.asked, wanted.seconds * 1000
    taken = input_ms(entry, asked, entry.billing.fixed_ms or own)
    whole = billed_ms(entry, asked, own)
    longest = whole.high if whole else own
    cost = price(entry, asked, own)
    input_part = taken.high if taken else 0
    if cost.known:
        return Bill(input_part, longest, cost.high_micros, cost.currency, False)
    return Bill(input_part, longest, longest * _STAND_IN // 1000, "USD", True)


def size_of(entry: Entry, resolution: str, ratio: str) -> tuple[int, int]:
    """The pixels of a clip: the vendor's own table, else a customary size of that resolution and ratio."""
    if text := entry.sizes.get((resolution, ratio)):
        width, _, height = text.replace("x", "*").partition("*")
        return int(width), int(height)
    if resolution in ("480p", "720p", "1080p") and (known := frame_size(resolution, ratio)):
        return known
    short = {"4k": 2160}.get(resolution) or int(resolution.rstrip("p") or 720)
    across, down = map(int, ratio.split(":"))
    long = round(short * max(across, down) / min(across, down) / 2) * 2
    return (long, short) if across >= down else (short, long)


def _nearest(entry: Entry, first: Look) -> str:
    """The ratio that comes nearest to an opening picture's, among those the model has."""
    if first.info is None or not first.info.height:
        return ""
    shape = first.info.width / first.info.height
    ratios = entry.settings.get("ratio", ())
    return str(min(ratios, key=lambda ratio: abs(_shape(ratio) - shape), default=""))


def _shape(ratio: str) -> float:
    across, _, down = ratio.partition(":")
    return int(across) / int(down)


def _media(
    items: Sequence[Mapping[str, str]], look: Callable[[str], Look], looks: list[Look], voices: list[Look]
) -> Look | None:
    first = None
    for item in items:
        seen = look(item["url"])
        if item["type"] == "first_frame":
            first = _as(seen, "image")
        else:
            looks.append(_as(seen, item["type"].removeprefix("reference_")))
        if voice := item.get("reference_voice") or item.get("referenceVoice"):
            voices.append(_as(look(voice), "audio"))
    return first


def _as(seen: Look, kind: str) -> Look:
    """What the body says a reference is, where it says so; whether its content agrees is a matter of limits."""
    return seen._replace(kind=kind) if kind else seen


def _media_faults(wanted: Wanted) -> list[Fault]:
    named = [(f"reference {n}", _visual(look), look) for n, look in enumerate(wanted.looks, 1)]
    named += [(f"voice {n}", "voice", look) for n, look in enumerate(wanted.voices, 1)]
    named += [("first_frame", "image", wanted.first)] if wanted.first else []
    seen = tuple(Seen(name, visual, look.info, _HERE) for name, visual, look in named)
    return [Fault("references", "media", message) for _, message, *_ in broken_by_media(wanted.entry, _HERE, seen)]


def _visual(look: Look) -> str:
    return look.kind if look.kind in ("image", "video") else "image"
