"""What the services answer, as JSON Schema, and which headers they ask for: what OpenAPI has beside the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_TEXT: Mapping[str, Any] = {"type": "string"}
_NUMBER: Mapping[str, Any] = {"type": "number"}


def _object(required: str = "", more: str = "", **named: Mapping[str, Any]) -> dict[str, Any]:
    """An object: names of texts that it must have and may have, and fields of other kinds, which it must have."""
    properties = {**{name: dict(_TEXT) for name in (*required.split(), *more.split())}, **named}
    return {"type": "object", "required": [*required.split(), *named], "properties": properties}


def _list(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_TASK = _object("task_id task_status", "submit_time scheduled_time end_time orig_prompt video_url code message")
_COUNTS = ("duration", "input_video_duration", "output_video_duration", "video_count", "SR")
_USAGE = {"type": "object", "properties": dict.fromkeys(_COUNTS, _NUMBER)}
_ROW = _object("task_id status model_name region request_id user_api_unique_key", gmt_create={"type": "integer"})
_POLICY = _object(
    "policy signature upload_dir upload_host oss_access_key_id x_oss_object_acl x_oss_forbid_overwrite",
    expire_in_seconds=_NUMBER, max_file_size_mb=_NUMBER,
)  # fmt: skip
_BLOB = _object("url downloadUrl pathname contentType contentDisposition etag")
_PREDICTION = _object(
    "id model status created_at error", outputs=_list(_TEXT), urls=_object("get"),
    timings=_object(inference=_NUMBER), has_nsfw_contents=_list({"type": "boolean"}),
)  # fmt: skip
_UPLOADED = _object("type download_url filename", size={"type": "integer"})
_TICKET = _object("type download_url filename", size={"type": "integer"}, upload=_object("method url"))
_WARNINGS = _list(_object("type"))
_STATUS = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"enum": ["pending", "completed", "error", "cancelled"]},
        "videos": _list(_object("type mediaType", "url data")),
        "error": _TEXT,
        "warnings": _WARNINGS,
        "providerMetadata": {"type": "object"},
    },
}


def _enveloped(data: Mapping[str, Any]) -> dict[str, Any]:
    return _object("message", code={"const": 200}, data=data)


# (service, endpoint) -> the status and body of success; None: no JSON.
ANSWERS: Mapping[tuple[str, str], tuple[int, Mapping[str, Any] | None]] = {
    ("dashscope", "submit"): (200, _object("request_id", output=_TASK)),
    ("dashscope", "poll"): (200, {**_object("request_id", output=_TASK), "additionalProperties": _USAGE}),
    ("dashscope", "list"): (200, _object("request_id", total=_NUMBER, total_page=_NUMBER, data=_list(_ROW))),
    ("dashscope", "cancel"): (200, _object("request_id")),
    ("dashscope", "policy"): (200, _object("request_id", data=_POLICY)),
    ("dashscope", "models"): (200, _object(data=_list(_object("id")))),
    ("dashscope", "upload"): (200, None),
    ("gateway", "submit"): (202, _object(operation=_object("gatewayJobId"), warnings=_WARNINGS)),
    ("gateway", "poll"): (200, _STATUS),
    ("gateway", "sync"): (200, None),
    ("gateway", "models"): (200, {"type": "object"}),
    ("gateway", "balance"): (200, _object("balance total_used")),
    ("gateway", "price"): (200, _object(data=_object("id model", total_cost=_NUMBER))),
    ("blob", "upload"): (200, _BLOB),
    ("blob", "head"): (200, {**_BLOB, "required": [*_BLOB["required"], "size"]}),
    ("blob", "delete"): (200, {"type": "null"}),
    ("blob", "read"): (200, None),
    ("wavespeed", "submit"): (200, _enveloped(_PREDICTION)),
    ("wavespeed", "poll"): (200, _enveloped(_PREDICTION)),
    ("wavespeed", "list"): (200, _enveloped(_object(items=_list(_PREDICTION), total=_NUMBER))),
    ("wavespeed", "delete"): (200, _enveloped({"type": "object"})),
    ("wavespeed", "models"): (200, _enveloped(_list(_object("model_id name type", base_price=_NUMBER)))),
    ("wavespeed", "balance"): (200, _enveloped(_object(balance=_NUMBER))),
    ("wavespeed", "price"): (200, _enveloped(_object("model_id currency"))),
    ("wavespeed", "ticket"): (200, _enveloped(_TICKET)),
    ("wavespeed", "upload"): (200, None),
    ("wavespeed", "read"): (200, None),
}
ERRORS: Mapping[str, Mapping[str, Any]] = {
    "dashscope": _object("code message request_id"),
    "gateway": _object(error=_object("message type")),
    "blob": _object(error=_object("code message")),
    "wavespeed": _object("message", code={"type": "integer"}),
}
_VIDEO = (
    ("ai-gateway-protocol-version", "0.0.1"),
    ("ai-video-model-specification-version", "4"),
    ("ai-gateway-auth-method", "api-key"),
    ("ai-model-id", ""),
)
# (service, endpoint) -> headers that must be there beside the key, with their only value where there is one.
HEADERS: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = {
    ("dashscope", "submit"): (("X-DashScope-Async", "enable"),),
    ("gateway", "submit"): _VIDEO,
    ("gateway", "poll"): _VIDEO,
    ("gateway", "sync"): (*_VIDEO, ("accept", "text/event-stream")),
    ("blob", "upload"): (("x-api-version", ""), ("x-vercel-blob-access", "public")),
}
