"""A model's request body as JSON Schema, out of the catalog's own table of its fields.

The server checks bodies with it and its OpenAPI documents publish it, so the two cannot disagree.  Fields that a vendor
documents and r2v never sends are in EXTRAS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from r2v_pipeline.providers.catalog.types import Entry, Field

_TEXT = {"type": "string"}
_URL = {"type": "string", "minLength": 1}
_BOOL = {"type": "boolean"}
_INT = {"type": "integer"}

# What a vendor documents beside what r2v sends: (provider, a word of the model's id, dotted path, schema).
#   dashscope: https://www.alibabacloud.com/help/en/model-studio, API references of the Wan models; the two of
#     `input` that the Python SDK 1.x and 2.x add to every submit, which the service tolerates.
#   wavespeed: the models' own pages.
EXTRAS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("dashscope", "", "input.extend_prompt", _BOOL),
    ("dashscope", "", "input.function", {"const": "video-synthesis"}),
    ("dashscope", "wan2.6-r2v", "input.reference_video_urls", {"type": "array", "items": _URL, "maxItems": 3}),
    ("dashscope", "-t2v", "input.audio_url", _URL),
    ("dashscope", "-i2v", "input.audio_url", _URL),
    ("wavespeed", "", "enable_sync_mode", _BOOL),
    ("wavespeed", "alibaba/wan-2.6/", "audio", _URL),
    ("wavespeed", "alibaba/wan-2.7/reference", "image", _URL),
    ("wavespeed", "kwaivgi/", "keep_original_sound", _BOOL),
    ("wavespeed", "vidu/", "movement_amplitude", {"enum": ["auto", "small", "medium", "large"]}),
    ("wavespeed", "seedance-v1-lite", "camera_fixed", _BOOL),
    ("wavespeed", "seedance-2", "reference_audios", {"type": "array", "items": _URL, "maxItems": 3}),
)

# Sources whose field the vendor cannot do without.
_REQUIRED = ("model", "prompt", "references", "media", "first_frame")


_SCHEMAS: dict[tuple[str, str], dict[str, Any]] = {}


class Fault(NamedTuple):
    """One thing that is wrong with a body: where, as a dotted path, by which rule of JSON Schema, and in words."""

    path: str
    rule: str
    text: str


def body_schema(entry: Entry) -> dict[str, Any]:
    """The schema of one model's request body at its own provider; unknown fields are wrong."""
    name = (entry.provider, entry.id)
    if name not in _SCHEMAS:
        _SCHEMAS[name] = _schema(entry)
    return _SCHEMAS[name]


def _schema(entry: Entry) -> dict[str, Any]:
    schema: dict[str, Any] = _object()
    for field in entry.fields:
        _put(schema, field.path, _of(entry, field), required=_needed(entry, field))
    for provider, word, path, extra in EXTRAS:
        if provider == entry.provider and word in entry.id:
            _put(schema, tuple(path.split(".")), extra, required=False)
    if entry.provider == "wavespeed" and entry.settings.get("seed"):
        schema["properties"]["seed"]["minimum"] = -1  # every page: -1 is a random one
    return schema


def faults(schema: Mapping[str, Any], body: Any) -> list[Fault]:
    """All that a schema finds wrong, in the order of the body."""
    from jsonschema import Draft202012Validator

    found = [_fault(error) for error in Draft202012Validator(schema).iter_errors(body)]
    return sorted(found, key=lambda fault: (fault.rule != "required", fault.path))


def _fault(error: Any) -> Fault:
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return Fault(f"{path}.{missing}".lstrip("."), "required", "it is missing")
    if error.validator == "additionalProperties":
        extra = next(name for name in error.instance if name not in error.schema.get("properties", {}))
        return Fault(f"{path}.{extra}".lstrip("."), "additionalProperties", "there is no such field")
    words: dict[str, Callable[[Any], str]] = {
        "enum": lambda wanted: f"it must be one of {', '.join(map(str, wanted))}",
        "const": lambda wanted: f"it must be {wanted}",
        "type": lambda wanted: f"it must be of type {wanted}",
        "minimum": lambda wanted: f"it must be at least {wanted}",
        "maximum": lambda wanted: f"it must be at most {wanted}",
        "minItems": lambda wanted: f"it must have at least {wanted} items",
        "maxItems": lambda wanted: f"it may have at most {wanted} items",
        "minLength": lambda _: "it must not be empty",
    }
    told = words.get(error.validator, lambda _: "it is not valid")(error.validator_value)
    return Fault(path, str(error.validator), told)


def _needed(entry: Entry, field: Field) -> bool:
    if field.source in ("images", "videos"):
        rule = next((r for r in entry.counts if r.of == field.source.removesuffix("s") and r.at_least), None)
        return rule is not None
    if field.source in ("references", "media") and entry.makes == "text":
        return False
    return field.source in _REQUIRED


def _of(entry: Entry, field: Field) -> dict[str, Any]:
    """What one field may hold."""
    settings, source = entry.settings, field.source
    if source == "model":
        return {"const": entry.id}
    if source in ("prompt", "negative"):
        return {"type": "string", "minLength": 1} if source == "prompt" else dict(_TEXT)
    if source in ("references", "images", "videos"):
        return {"type": "array", "items": dict(_URL), **_bounds(entry, source)}
    if source == "media":
        return {"type": "array", "minItems": 1, "items": _medium(entry, field.form)}
    if source in ("video", "first_frame"):
        return dict(_URL)
    if source == "size":
        return {"enum": sorted(set(entry.sizes.values()))}
    if source == "duration":
        return dict(_INT)
    if source == "seed":
        least, most = settings["seed"]
        return {"type": "integer", "minimum": least, "maximum": most}
    if source in ("watermark", "prompt_extend"):
        return dict(_BOOL)
    if source == "value":
        return {"type": _type_of(field.value)}
    values = [value.upper() if field.form == "upper" else value for value in settings.get(source, ())]
    return {"enum": values} if values else dict(_TEXT)


def _bounds(entry: Entry, source: str) -> dict[str, int]:
    kind = {"references": "all", "images": "image", "videos": "video"}[source]
    rules = [rule for rule in entry.counts if rule.of == kind and not rule.when.facts]
    made = {}
    if least := max((rule.at_least for rule in rules), default=0):
        made["minItems"] = least
    if most := min((rule.at_most for rule in rules if rule.at_most is not None), default=0):
        made["maxItems"] = most
    return made


def _medium(entry: Entry, form: str) -> dict[str, Any]:
    """One typed reference of the media dialect."""
    takes = {rule.of: rule.at_most for rule in entry.counts if not rule.when.facts}
    kinds = [f"reference_{kind}" for kind in ("image", "video") if takes.get(kind) != 0 and takes.get("all") != 0]
    if "first_frame" in entry.settings:
        kinds.append("first_frame")
    item = _object({"type": {"enum": kinds}, "url": dict(_URL)}, ["type", "url"])
    if "voice" in entry.settings:
        item["properties"]["reference_voice" if form == "snake" else "referenceVoice"] = dict(_URL)
    return item


def _type_of(value: Any) -> str:
    return {bool: "boolean", int: "integer", str: "string"}[type(value)]


def _object(properties: dict[str, Any] | None = None, required: list[str] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties or {}, "additionalProperties": False}
    return {**made, "required": required} if required else made


def _put(schema: dict[str, Any], path: tuple[str, ...], leaf: Mapping[str, Any], *, required: bool) -> None:
    for name in path[:-1]:
        inner = schema["properties"].setdefault(name, _object())
        if required and name not in schema.setdefault("required", []):
            schema["required"].append(name)
        schema = inner
    schema["properties"].setdefault(path[-1], dict(leaf))
    if required:
        schema.setdefault("required", []).append(path[-1])


def values_at(entry: Entry, body: Mapping[str, Any]) -> Iterator[tuple[Field, Any]]:
    """What a body holds in the fields of its model; None where it leaves one out."""
    for field in entry.fields:
        value: Any = body
        for name in field.path:
            value = value.get(name) if isinstance(value, dict) else None
        yield field, value
