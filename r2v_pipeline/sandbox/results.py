"""Finished clips: at an address that is signed, needs no key, and is good for as long as the vendor keeps results."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlencode

from r2v_pipeline.sandbox.jobs import DONE, Job
from r2v_pipeline.sandbox.routes import Call, House, Route
from r2v_pipeline.sandbox.wire import Reply


def result_url(base: str, job: Job, kept_s: float) -> str:
    """Where a finished job's clip is."""
    until = int((job.ended or 0) + kept_s)
    query = urlencode({"Expires": until, "OSSAccessKeyId": "LTAIsandbox", "Signature": _signature(job.id, until)})
    return f"{base}/results/{job.service}/{job.id}.mp4?{query}"


class Results:
    """The storage that results are fetched from."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.routes = tuple(
            Route("download", method, "/results/{service}/{name}", self._fetch, True) for method in ("GET", "HEAD")
        )

    def _fetch(self, call: Call) -> Reply:
        job = self._house.jobs.known.get(call.given["name"].removesuffix(".mp4"))
        until = call.request.query.get("Expires", "")
        if job is None or job.service != call.given["service"] or job.deleted:
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        signed = until.isdecimal() and call.request.query.get("Signature") == _signature(job.id, int(until))
        if not signed:
            return _refused(403, "SignatureDoesNotMatch", "The request signature does not match.")
        if self._house.clock.now() >= int(until):
            return _refused(403, "AccessDenied", "Request has expired.")
        if self._house.jobs.state(job, float("inf")) != DONE:
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        path: Path = self._house.clip(job)
        return content(path.read_bytes(), "video/mp4", f'"{job.digest[:16]}-{job.id[:8]}"', call)


def content(body: bytes, kind: str, etag: str, call: Call) -> Reply:
    """A file, or the part of it that a Range asks for."""
    headers = (("content-type", kind), ("etag", etag), ("accept-ranges", "bytes"))
    asked = call.request.headers.get("range", "")
    if call.request.headers.get("if-range", etag) != etag or not asked.startswith("bytes=") or "," in asked:
        return Reply(200, body, headers)
    first, dash, last = asked.removeprefix("bytes=").partition("-")
    if not dash or not (first + last).isdecimal():
        return Reply(200, body, headers)
    size = len(body)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or start > end:
        return Reply(416, b"", (*headers, ("content-range", f"bytes */{size}")))
    part = ("content-range", f"bytes {start}-{end}/{size}")
    return Reply(206, body[start : end + 1], (*headers, part))


def _signature(id: str, until: int) -> str:
    return hashlib.sha256(f"sandbox {id} {until}".encode()).hexdigest()[:27]


def _refused(status: int, code: str, message: str) -> Reply:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Reply(status, body.encode(), (("content-type", "application/xml"),))
