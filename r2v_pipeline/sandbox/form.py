"""Forms with files, `multipart/form-data`, byte for byte."""

from __future__ import annotations

import re
from typing import NamedTuple

from r2v_pipeline.sandbox.wire import Request

_PARAMETER = re.compile(r';\s*(\w+)="([^"]*)"')


class Part(NamedTuple):
    """A field of a form; `name` is the file's own, empty for a field without a file."""

    name: str
    body: bytes
    kind: str


def parts_of(request: Request) -> dict[str, Part] | None:
    """The fields of a form in their order; None for what is none, or is not well-formed."""
    head, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    if not head.lower().startswith("multipart/form-data") or not boundary:
        return None
    mark = b"--" + boundary.strip('"').encode("latin-1")
    lead, *pieces = (b"\r\n" + request.body).split(b"\r\n" + mark)
    if lead or len(pieces) < 2 or pieces[-1][:2] != b"--":
        return None
    made: dict[str, Part] = {}
    for piece in pieces[:-1]:
        top, empty, body = piece.partition(b"\r\n\r\n")
        headers = dict(_header(line) for line in top.decode("utf-8", "replace").strip("\r\n").split("\r\n"))
        given = dict(_PARAMETER.findall(headers.get("content-disposition", "")))
        if not empty or "name" not in given or given["name"] in made:
            return None
        kind = headers.get("content-type", "application/octet-stream")
        made[given["name"]] = Part(given.get("filename", ""), body, kind)
    return made or None


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()
