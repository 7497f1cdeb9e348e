"""Vercel Blob: one PUT for a file, an address that anybody may read.  As @vercel/blob 2.8 speaks it (API 12)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from urllib.parse import quote, unquote, urlsplit

from r2v_pipeline.sandbox.clock import iso
from r2v_pipeline.sandbox.files import Stored
from r2v_pipeline.sandbox.keys import BLOB, bearer
from r2v_pipeline.sandbox.results import content
from r2v_pipeline.sandbox.routes import Call, House, Route
from r2v_pipeline.sandbox.wire import Reply, Request, json_of, told

STORE = "sbx"  # the fourth part of `vercel_blob_rw_sbx_…`
_VERSIONS = range(7, 13)
_LONGEST = 950
_TYPES = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif",
    "bmp": "image/bmp", "mp4": "video/mp4", "mov": "video/quicktime", "wav": "audio/wav", "mp3": "audio/mpeg",
}  # fmt: skip
_FLAGS = {"1": True, "0": False, "": False}


class Blob:
    """One store.  Nothing in it expires."""

    name = "blob"

    def __init__(self, house: House) -> None:
        self._house = house
        made = []
        for base in ("/api/blob", "/api/blob/"):
            made += [
                Route("upload", "PUT", base, self._put, most=110 << 20),
                Route("head", "GET", base, self._head),
                Route("delete", "POST", base.rstrip("/") + "/delete", self._delete),
            ]
        reads = [Route("read", method, "/blob/{store}/{path*}", self._read, True) for method in ("GET", "HEAD")]
        self.routes: Sequence[Route] = [*made[:-1], *reads]

    def refuse_key(self, request: Request, *, given: bool) -> Reply:  # noqa: ARG002 (the same for every route)
        """403, as the store's own clients expect it."""
        return refused(403, "forbidden", "Access denied, please provide a valid token for this resource.")

    def not_found(self, request: Request) -> Reply:  # noqa: ARG002 (the same for every path)
        """Nothing is here."""
        return refused(404, "not_found", "The requested blob does not exist")

    def too_large(self) -> Reply:
        """More than this server takes; the real store takes 5 TB in parts."""
        return refused(400, "file_too_large", "the file length cannot be greater than 115343360")

    def _put(self, call: Call) -> Reply:
        headers, path = call.request.headers, call.request.query.get("pathname", "")
        wrong = _wrong_put(call.request, path)
        if wrong:
            return wrong
        if headers.get("x-add-random-suffix") == "1":
            stem, dot, ending = path.rpartition(".")
            path = f"{stem or ending}-{secrets.token_hex(15)}{dot}{ending if dot else ''}"
        address = f"/blob/{STORE}/{path}"
        overwrite = _FLAGS[headers.get("x-allow-overwrite", "")] or "x-if-match" in headers
        known = self._house.files.known.get(address)
        if known and not overwrite:
            why = "This blob already exists, use `allowOverwrite: true` if you want to overwrite it."
            return refused(400, "bad_request", why)
        if "x-if-match" in headers and (known is None or headers["x-if-match"] != _etag(known)):
            return refused(412, "precondition_failed", "Precondition failed: ETag mismatch.")
        kind = headers.get("x-content-type") or _TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")
        made = Stored(address, self.name, call.account, path.rpartition("/")[2], kind, "", 0, self._house.clock.now())
        return told(_shown(self._house.files.put(call.request.body, made), call.base))

    def _head(self, call: Call) -> Reply:
        stored = self._of(call.request.query.get("url", ""))
        if stored is None:
            return self.not_found(call.request)
        more = {"size": stored.size, "uploadedAt": iso(stored.at), "cacheControl": "public, max-age=2592000"}
        return told({**_shown(stored, call.base), **more})

    def _delete(self, call: Call) -> Reply:
        try:
            urls = json_of(call.request.body)["urls"]
        except (ValueError, KeyError, TypeError):
            return refused(400, "bad_request", "urls is missing")
        for url in urls:
            stored = self._of(str(url))
            if stored:
                self._house.files.remove(stored.address)
        return told(None)

    def _read(self, call: Call) -> Reply:
        stored = self._house.files.known.get(f"/blob/{call.given['store']}/{call.given['path']}")
        if stored is None:
            return Reply(404, b"Blob not found", (("content-type", "text/plain"),))
        body = self._house.files.path(stored).read_bytes()
        made = content(body, stored.content_type, _etag(stored), call)
        return made._replace(headers=(*made.headers, ("cache-control", "public, max-age=2592000")))

    def _of(self, url: str) -> Stored | None:
        path = unquote(urlsplit(url).path) if "://" in url else f"/blob/{STORE}/{url}"
        return self._house.files.known.get(path)


def refused(status: int, code: str, message: str) -> Reply:
    """An error of the store."""
    return told({"error": {"code": code, "message": message}}, status)


def _wrong_put(request: Request, path: str) -> Reply | None:
    """What is wrong with an upload before anything is kept of it."""
    headers = request.headers
    version = headers.get("x-api-version", "")
    if not version.isdecimal() or int(version) not in _VERSIONS:
        return refused(400, "bad_request", "Invalid x-api-version header")
    if headers.get("x-vercel-blob-access") not in ("public", "private"):
        return refused(400, "bad_request", 'access must be "public" or "private"')
    if headers.get("x-vercel-blob-access") == "private":
        return refused(400, "bad_request", "this store is public: a vendor could not read a private blob")
    store = headers.get("x-vercel-blob-store-id", STORE).removeprefix("store_")
    token = bearer(headers["authorization"])
    if store != STORE or (token.startswith(BLOB) and token.split("_")[3] != store):
        return refused(404, "store_not_found", "This store does not exist.")
    if not path or len(path) > _LONGEST or "//" in path or path.startswith("/") or re.search(r"[\x00-\x1f]", path):
        return refused(400, "bad_request", f"pathname must have 1 to {_LONGEST} characters and no //")
    flags = [headers.get(name, "") for name in ("x-add-random-suffix", "x-allow-overwrite")]
    age = headers.get("x-cache-control-max-age", "60")
    if any(flag not in _FLAGS for flag in flags) or not age.isdecimal() or int(age) < 60:
        return refused(400, "bad_request", "a header of the upload is not valid")
    return None if request.body else refused(400, "bad_request", "The body is empty")


def _shown(stored: Stored, base: str) -> dict[str, str]:
    url = base + quote(stored.address)
    return {
        "url": url, "downloadUrl": f"{url}?download=1", "pathname": stored.address.split("/", 3)[3],
        "contentType": stored.content_type, "contentDisposition": f'inline; filename="{stored.name}"',
        "etag": _etag(stored),
    }  # fmt: skip


def _etag(stored: Stored) -> str:
    return f'"{stored.sha256[:32]}"'
