"""OpenAPI 3.1 documents, one a service: its routes, the schemas that it checks with, the shapes that it answers in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.sandbox.gateway_body import BODY
from r2v_pipeline.sandbox.openapi_shapes import ANSWERS, ERRORS, HEADERS
from r2v_pipeline.sandbox.routes import Route, Service
from r2v_pipeline.sandbox.schema import body_schema

TITLES = {
    "dashscope": "Alibaba Cloud Model Studio (DashScope), video synthesis",
    "gateway": "Vercel AI Gateway, video models",
    "blob": "Vercel Blob",
    "wavespeed": "WaveSpeedAI",
}
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_STATUS_BODY = {"type": "object", "required": ["operation"], "properties": {"operation": {"type": "object"}}}
_LIST = ("start_time", "end_time", "model_name", "status", "task_id", "page_no", "page_size")
_QUERY = {
    ("dashscope", "list"): _LIST,
    ("dashscope", "policy"): ("action", "model"),
    ("gateway", "price"): ("id",),
    ("blob", "upload"): ("pathname",),
    ("blob", "head"): ("url",),
}


def document(service: Service, url: str) -> dict[str, Any]:
    """The document of one service that listens at `url`."""
    paths: dict[str, dict[str, Any]] = {}
    for route in service.routes:
        for path, model in _paths(service.name, route):
            paths.setdefault(path, {})[route.method.lower()] = _operation(service.name, route, path, model)
    servers: list[dict[str, Any]] = [{"url": url}]
    if service.name == "dashscope":
        said = {"default": "ap-southeast-1", "description": "a region, or WORKSPACE.REGION"}
        servers.append({"url": url + "/{host}", "variables": {"host": said}})
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{TITLES[service.name]}, as r2v sandbox speaks it", "version": "1"},
        "servers": servers,
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "begins with sbx_"}},
            "schemas": {"Error": ERRORS[service.name]},
        },
    }


def _paths(service: str, route: Route) -> Iterator[tuple[str, str]]:
    """The paths of a route, each with the model that it is for; regions are another server's address."""
    if route.template.startswith("/{host}"):
        return
    if "{model*}" not in route.template:
        yield route.template.replace("*}", "}"), ""
        return
    for entry in entries():
        if entry.provider == service:
            yield route.template.replace("{model*}", entry.id), entry.id


def _operation(service: str, route: Route, path: str, model: str) -> dict[str, Any]:
    status, answer = ANSWERS[service, route.endpoint]
    success: dict[str, Any] = {"description": "success"}
    if answer is not None:
        success["content"] = {"application/json": {"schema": answer}}
    made: dict[str, Any] = {
        "operationId": f"{route.method.lower()} {path}",
        "tags": [route.endpoint],
        "parameters": list(_parameters(service, route, path)),
        "responses": {
            str(status): success,
            "default": {
                "description": "refused",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
    }
    if route.open:
        made["security"] = []
    body = _body(service, route.endpoint, model)
    if body and route.method in ("POST", "PUT"):
        made["requestBody"] = {"required": True, "content": body}
    return made


def _parameters(service: str, route: Route, path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name in _QUERY.get((service, route.endpoint), ()):
        needed = name in ("action", "model", "pathname", "id", "url")
        yield {"name": name, "in": "query", "required": needed, "schema": {"type": "string"}}
    for name, value in HEADERS.get((service, route.endpoint), ()):
        schema = {"type": "string", "const": value} if value else {"type": "string"}
        yield {"name": name, "in": "header", "required": True, "schema": schema}


def _body(service: str, endpoint: str, model: str) -> dict[str, Any]:
    """The content of a request body; empty where there is none, or none that is checked by a schema."""
    if endpoint == "upload":
        form = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
        return {"multipart/form-data": {"schema": form}} if service == "dashscope" else _FILE
    schema: Any = {"type": "object"}
    if service == "dashscope" and endpoint == "submit":
        schema = {"oneOf": [body_schema(entry) for entry in entries() if entry.provider == service]}
    elif service == "gateway" and endpoint in ("submit", "sync"):
        schema = BODY
    elif service == "gateway" and endpoint == "poll":
        schema = _STATUS_BODY
    elif service == "wavespeed" and endpoint == "submit":
        schema = next(body_schema(entry) for entry in entries() if (entry.provider, entry.id) == (service, model))
    elif endpoint == "cancel":
        return {}
    return {"application/json": {"schema": schema}}
