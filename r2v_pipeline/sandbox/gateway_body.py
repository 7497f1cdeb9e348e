"""What a request to the AI Gateway's video model may hold, and what it means to the model behind it.

The body is that of @ai-sdk/gateway 4; its meaning is what @ai-sdk/alibaba 2 makes of it before it asks DashScope.  How
strict the real gateway is with a body is not known: here every unknown key is wrong, to find a client's mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.sandbox.looking import Look
from r2v_pipeline.sandbox.schema import Fault
from r2v_pipeline.sandbox.wanted import Wanted, settle

_TEXT, _NUMBER, _BOOL = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
_FILE = {
    "oneOf": [
        {
            "type": "object", "required": ["type", "url"], "additionalProperties": False,
            "properties": {
                "type": {"const": "url"}, "url": {"type": "string", "pattern": "^https?://"}, "mediaType": _TEXT,
                "providerOptions": {"type": "object"},
            },
        },
        {
            "type": "object", "required": ["type", "mediaType", "data"], "additionalProperties": False,
            "properties": {
                "type": {"const": "file"}, "mediaType": _TEXT, "data": {"type": "string", "minLength": 4},
                "providerOptions": {"type": "object"},
            },
        },
    ],
}  # fmt: skip
_MEDIUM = {
    "type": "object", "required": ["type", "url"], "additionalProperties": False,
    "properties": {
        "type": {"enum": ["reference_image", "reference_video", "first_frame"]},
        "url": {"type": "string", "minLength": 1}, "referenceVoice": _TEXT,
    },
}  # fmt: skip
_ALIBABA = {
    "type": "object",
    "properties": {
        "negativePrompt": _TEXT, "audioUrl": _TEXT, "promptExtend": _BOOL, "shotType": {"enum": ["single", "multi"]},
        "watermark": _BOOL, "audio": _BOOL, "ratio": _TEXT, "referenceUrls": {"type": "array", "items": _TEXT},
        "media": {"type": "array", "items": _MEDIUM}, "pollIntervalMs": {"type": "number", "exclusiveMinimum": 0},
        "pollTimeoutMs": {"type": "number", "exclusiveMinimum": 0},
    },
}  # fmt: skip
BODY: dict[str, Any] = {
    "type": "object", "required": ["n"], "additionalProperties": False,
    "properties": {
        "prompt": _TEXT, "n": {"type": "integer", "minimum": 1},
        "aspectRatio": {"type": "string", "pattern": r"^(\d+:\d+|adaptive)$"},
        "resolution": {"type": "string", "pattern": r"^\d+x\d+$"}, "duration": _NUMBER, "fps": _NUMBER, "seed": _NUMBER,
        "generateAudio": _BOOL, "image": _FILE, "inputReferences": {"type": "array", "items": _FILE},
        "frameImages": {
            "type": "array",
            "items": {
                "type": "object", "required": ["image", "frameType"], "additionalProperties": False,
                "properties": {"image": _FILE, "frameType": {"enum": ["first_frame", "last_frame"]}},
            },
        },
        "providerOptions": {
            "type": "object", "additionalProperties": {"type": "object"}, "properties": {"alibaba": _ALIBABA},
        },
        "callbackUrl": {"type": "string", "pattern": "^https://"},
    },
}  # fmt: skip

_RATIO = (
    "Alibaba video models use explicit size/resolution dimensions. "
    "Use the resolution option or providerOptions.alibaba for size control."
)
_NAMED = re.compile(r"\bcharacter\s?(\d+)\b", re.IGNORECASE)


class Meant(NamedTuple):
    """A body as the model behind the gateway gets it, and what the gateway warns of."""

    wanted: Wanted
    warnings: tuple[Mapping[str, str], ...]


def is_legacy(entry: Entry) -> bool:
    """Whether the model behind is asked in sizes and has no ratio of its own: Wan 2.6."""
    return not any(field.path == ("aspectRatio",) for field in entry.fields)


def meaning(entry: Entry, body: Mapping[str, Any], look: Callable[[str], Look]) -> Meant | Fault:
    """What a body that fits BODY asks a model for; the first thing that the model behind would refuse."""
    options = body.get("providerOptions", {}).get("alibaba", {})
    legacy = is_legacy(entry)
    if not body.get("prompt"):
        return Fault("prompt", "required", "Prompt is required")
    asked = _settings(entry, body, options, legacy=legacy)
    if isinstance(asked, Fault):
        return asked
    seconds = body.get("duration", 0)
    if seconds != int(seconds) or seconds < 0:
        return Fault("duration", "type", "it must be a whole number of seconds")
    frame = _frame(body)
    first = look(frame) if frame else None
    looks, voices = _references(body, options, look, legacy=legacy)
    if not legacy:
        opening = next((look(item["url"]) for item in options.get("media", ()) if item["type"] == "first_frame"), None)
        first = opening or first
    texts = (body["prompt"], options.get("negativePrompt", ""))
    wanted = settle(entry, "", asked, int(seconds), texts, looks, first, voices)
    numbers = [int(number) for number in _NAMED.findall(body["prompt"])]
    if legacy and looks and max(numbers, default=0) > len(looks):
        return Fault("prompt", "names", f"character{max(numbers)} has no reference: there are {len(looks)}")
    return Meant(wanted, _warnings(body, options, legacy=legacy))


def _settings(
    entry: Entry, body: Mapping[str, Any], options: Mapping[str, Any], *, legacy: bool
) -> dict[str, Any] | Fault:
    """Resolution, ratio and sound."""
    asked: dict[str, Any] = {"resolution": "", "ratio": "", "audio": True}
    if size := body.get("resolution"):
        known = [key for key, text in entry.sizes.items() if text == size]
        if not known:
            return Fault("resolution", "enum", f"it must be one of {', '.join(sorted(set(entry.sizes.values())))}")
        asked["resolution"], derived = known[0]
        across, down = map(int, size.split("x"))
        # The ratio is derived only where the sides reduce to it exactly: 1088x832 is none.
        one, other = map(int, derived.split(":"))
        exact = across * other == down * one
        asked["ratio"] = derived if legacy or exact else ""
    if not legacy and (ratio := options.get("ratio") or body.get("aspectRatio")):
        if ratio not in entry.settings.get("ratio", ()):
            return Fault("aspectRatio", "enum", f"it must be one of {', '.join(entry.settings.get('ratio', ()))}")
        asked["ratio"] = ratio
    sound = body.get("generateAudio", options.get("audio"))
    if legacy and sound is False:
        if False not in entry.settings.get("audio", ()):
            return Fault("generateAudio", "enum", "this model cannot leave the sound out")
        asked["audio"] = False
    return asked


def _frame(body: Mapping[str, Any]) -> str:
    frames = [f["image"] for f in body.get("frameImages", ()) if f["frameType"] == "first_frame"]
    file = frames[0] if frames else body.get("image")
    return _address(file) if file else ""


def _references(
    body: Mapping[str, Any], options: Mapping[str, Any], look: Callable[[str], Look], *, legacy: bool
) -> tuple[list[Look], list[Look]]:
    """References and voices, as the model behind gets them."""
    files = [] if body.get("frameImages") else body.get("inputReferences", [])
    if legacy:
        urls = [file["url"] for file in files if file["type"] == "url"] or options.get("referenceUrls", [])
        return [look(url) for url in urls], []
    if media := options.get("media"):
        items = [item for item in media if item["type"] != "first_frame"]
        looks = [look(item["url"])._replace(kind=item["type"].removeprefix("reference_")) for item in items]
        return looks, [
            look(item["referenceVoice"])._replace(kind="audio") for item in items if "referenceVoice" in item
        ]
    made = [look(_address(file)) for file in files if not (file["type"] == "file" and _is_video(file))]
    return made, []


def _address(file: Mapping[str, Any]) -> str:
    return str(file["url"]) if file["type"] == "url" else f"data:{file['mediaType']};base64,{file['data']}"


def _is_video(file: Mapping[str, Any]) -> bool:
    return str(file["mediaType"]).startswith("video/")


def _warnings(body: Mapping[str, Any], options: Mapping[str, Any], *, legacy: bool) -> tuple[Mapping[str, str], ...]:
    """What the gateway says that it leaves out."""
    made: list[Mapping[str, str]] = []
    if legacy and "aspectRatio" in body:
        made.append({"type": "unsupported", "feature": "aspectRatio", "details": _RATIO})
    if "fps" in body:
        made.append(
            {"type": "unsupported", "feature": "fps", "details": "Alibaba video models do not support custom FPS."}
        )
    if body["n"] > 1:
        details = "Alibaba video models only support generating 1 video per call."
        made.append({"type": "unsupported", "feature": "n", "details": details})
    if not legacy and "shotType" in options:
        details = "Describe shots in the prompt instead."
        made.append({"type": "unsupported", "feature": "shotType", "details": details})
    if not legacy and ("generateAudio" in body or "audio" in options):
        made.append(
            {"type": "unsupported", "feature": "generateAudio", "details": "This model always generates audio."}
        )
    return tuple(made)
