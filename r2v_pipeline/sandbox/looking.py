"""A reference as the vendors see it: what lies at its address, as far as this machine can tell.

Only what was uploaded here and what the request carries itself is read.  A public address is taken on trust, its kind
by its ending, as a vendor would fetch it; nothing is ever fetched from the network.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.media.reference import MediaInfo, probe_any
from r2v_pipeline.providers.http.hosts import is_loopback
from r2v_pipeline.sandbox.files import Files, Stored

SCHEME, PRIVATE, MISSING, DAMAGED, CODING = "scheme", "private", "missing", "damaged", "coding"
_VIDEO, _AUDIO = (".mp4", ".mov"), (".wav", ".mp3")
_DATA = re.compile(r"data:([a-z]+)/[a-z0-9.+-]+;base64,", re.IGNORECASE)


class Look(NamedTuple):
    """What is at an address.

    `kind` is `image`, `video` or `audio`, by content where there is any; `info` None: nobody can tell.  `trouble` says
    why a vendor could not use it; `stored` is the upload that it is.
    """

    url: str
    kind: str
    info: MediaInfo | None = None
    path: str = ""
    trouble: str = ""
    stored: Stored | None = None

    @property
    def duration_ms(self) -> int | None:
        """None where nobody can tell."""
        return self.info.duration_ms if self.info else None


class Looking:
    """Looks at addresses from inside one server."""

    def __init__(self, files: Files, inline: Path) -> None:
        self._files, self._inline = files, inline
        inline.mkdir(exist_ok=True)
        self._seen: dict[str, MediaInfo | None] = {}

    def look(self, url: str, host: str) -> Look:
        """What lies at an address; `host` is this server's own, with its port."""
        if url.startswith("data:"):
            return self._data(url)
        if url.startswith("oss://"):
            return self._own(url, url)
        try:
            parts = urlsplit(url)
            named = parts.hostname or ""
        except ValueError:
            return Look(url, "image", trouble=SCHEME)
        if parts.scheme not in ("http", "https") or not named:
            return Look(url, _kind(url), trouble=SCHEME)
        path = unquote(parts.path)
        # An upload of an earlier life had another port in its address.
        if parts.netloc == host or (is_loopback(named) and path in self._files.known):
            return self._own(url, path)
        return Look(url, _kind(parts.path), trouble=PRIVATE if _private(named) else "")

    def _own(self, url: str, address: str) -> Look:
        stored = self._files.known.get(address)
        if stored is None:
            return Look(url, _kind(address), trouble=MISSING)
        return self._read(url, self._files.path(stored))._replace(stored=stored)

    def _data(self, url: str) -> Look:
        head = _DATA.match(url)
        try:
            body = base64.b64decode(url[head.end() :], validate=True) if head else b""
        except binascii.Error:
            body = b""
        if not body:
            return Look(url[:40], "image", trouble=CODING)
        path = self._inline / hashlib.sha256(body).hexdigest()
        if not path.exists():
            path.write_bytes(body)
        return self._read(url[:40], path)

    def _read(self, url: str, path: Path) -> Look:
        if path.name not in self._seen:
            try:
                self._seen[path.name] = probe_any(path)
            except MediaTrouble:
                self._seen[path.name] = None
        info = self._seen[path.name]
        if info is None:
            return Look(url, _kind(url), path=str(path), trouble=DAMAGED)
        return Look(url, info.kind, info, str(path))


def _kind(address: str) -> str:
    ending = Path(address.partition("?")[0]).suffix.lower()
    return "video" if ending in _VIDEO else "audio" if ending in _AUDIO else "image"


def _private(host: str) -> bool:
    """Whether a vendor's network could not reach it."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or "." not in host or host.endswith((".local", ".internal"))
