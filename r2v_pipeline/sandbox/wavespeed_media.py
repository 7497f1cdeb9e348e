"""WaveSpeedAI's uploads: a ticket and a PUT of the bytes without a key; or, the older way, a form.  Kept for 7 days."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from r2v_pipeline.sandbox.files import Stored
from r2v_pipeline.sandbox.form import parts_of
from r2v_pipeline.sandbox.results import content
from r2v_pipeline.sandbox.routes import Call, House
from r2v_pipeline.sandbox.wavespeed_shape import parsed, refused, success
from r2v_pipeline.sandbox.wire import Reply

_KINDS = {"mp4": "video", "mov": "video", "webm": "video", "mkv": "video", "mp3": "audio", "wav": "audio"}
_ACCOUNT = 12  # characters of an id that say whose it is


class Media:
    """Tickets and files; `kept_s` is how long a file lives."""

    def __init__(self, house: House, kept_s: int) -> None:
        self._house, self._kept = house, kept_s

    def ticket(self, call: Call) -> Reply:
        """Where the bytes of a file may be put, and where they will be then."""
        asked = parsed(call.request) or {}
        name, size = asked.get("filename"), asked.get("size")
        if not isinstance(name, str) or not name or type(size) is not int or size < 1:
            return refused(400, "filename and size are needed")
        where = f"{call.base}/media/{_id(call)}/{quote(name.rpartition('/')[2])}"
        kind = str(asked.get("content_type") or "application/octet-stream")
        upload = {"method": "PUT", "url": where, "headers": {"content-type": kind, "x-upload-size": str(size)}}
        data = {"type": _type(name, kind), "download_url": where, "filename": name, "size": size, "upload": upload}
        return success(data)

    def put(self, call: Call) -> Reply:
        """The bytes of a ticket: with exactly its headers, and no key."""
        headers, body = call.request.headers, call.request.body
        if "authorization" in headers:
            return _xml(400, "InvalidArgument")
        if headers.get("x-upload-size") != str(len(body)) or not headers.get("content-type"):
            return _xml(403, "SignatureDoesNotMatch")
        owner = call.given["id"][:_ACCOUNT]
        self._keep(f"/media/{call.given['id']}/{call.given['name']}", owner, headers["content-type"], body)
        return Reply(200)

    def binary(self, call: Call) -> Reply:
        """A form with one file."""
        form = parts_of(call.request)
        file = form.get("file") if form else None
        if file is None or not file.body:
            return refused(400, "file: it is missing")
        name = file.name or "file"
        stored = self._keep(f"/media/{_id(call)}/{name}", call.account, file.kind, file.body)
        url = call.base + quote(stored.address)
        return success({"type": _type(name, file.kind), "download_url": url, "filename": name, "size": stored.size})

    def read(self, call: Call) -> Reply:
        """A file, for anybody who has its address."""
        stored = self._house.files.known.get(f"/media/{call.given['id']}/{call.given['name']}")
        if stored is None or self._house.clock.now() >= stored.at + self._kept:
            return _xml(404, "NoSuchKey")
        body = self._house.files.path(stored).read_bytes()
        return content(body, stored.content_type, f'"{stored.sha256[:32]}"', call)

    def _keep(self, address: str, account: str, kind: str, body: bytes) -> Stored:
        name = address.rpartition("/")[2]
        return self._house.files.put(
            body, Stored(address, "wavespeed", account, name, kind, "", 0, self._house.clock.now())
        )


def _id(call: Call) -> str:
    return f"{call.account}{uuid.uuid4().hex[:20]}"


def _type(name: str, kind: str) -> str:
    """`image`, `video` or `audio`: by what the client says, else by the name's ending."""
    said = kind.partition("/")[0]
    return said if said in ("image", "video", "audio") else _KINDS.get(name.rpartition(".")[2].lower(), "image")


def _xml(status: int, code: str) -> Reply:
    return Reply(status, f"<Error><Code>{code}</Code></Error>".encode(), (("content-type", "application/xml"),))
