"""Files to and from a provider: references on their way up, finished clips on their way down.

A file is worth no patience without progress: it has to bring a least rate over each window of time, so that a
connection that drips ends as surely as one that stands still.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from io import FileIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from r2v_pipeline.errors import DiskTrouble, EnvironmentTrouble, NetworkTrouble
from r2v_pipeline.media.magic import HEAD, format_of
from r2v_pipeline.providers.client import ANSWER_BYTES
from r2v_pipeline.providers.http.direct import Heard
from r2v_pipeline.providers.http.exchange import (
    Broken,
    BrokenOff,
    Patience,
    Reply,
    broken,
    connecting_s,
    exchange,
)
from r2v_pipeline.providers.http.hosts import refusal
from r2v_pipeline.providers.http.lines import Lines
from r2v_pipeline.providers.http.reading import PASSING, retry_after
from r2v_pipeline.providers.http.watch import Watch

FILM_BYTES = 2 << 30
REDIRECTS = 3
_BLOCK = 1 << 18
_FILMS = ("mp4", "mov", "webm")
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
# Statuses by which a host says that an address of its own has expired: a new one may be had from the provider.
EXPIRED = (401, 403, 404, 410)


async def send_file(
    lines: Lines,
    method: str,
    url: str,
    file: Path,
    sha256: str,
    headers: Mapping[str, str],
    patience: Patience,
    frame: tuple[bytes, bytes] = (b"", b""),
    local: bool | None = None,
) -> Reply | Broken:
    """Send a file once, between the two texts of `frame`.  Its last block leaves only when all of it has the digest: a
    file that was changed meanwhile arrives torn, and the server cannot take it for whole.

    `local` is for an address out of an answer, as in `exchange`.

    Raises:
        EnvironmentTrouble: the file is not what it was, or cannot be read.
    """
    try:
        size = file.stat().st_size
        length = len(frame[0]) + size + len(frame[1])
        return await exchange(
            lines, method, url, headers={**headers, "content-length": str(length)},
            content=_framed(_blocks(file, size, sha256), *frame),
            deadline_s=patience.ask_s + size / patience.bytes_a_second, most=ANSWER_BYTES, local=local,
        )  # fmt: skip
    except BrokenOff as off:
        raise EnvironmentTrouble(f"{file.name} {off}", "build again") from None
    except OSError as error:
        raise EnvironmentTrouble(f"{file.name} cannot be read: {error.strerror}") from None


def form_around(fields: Iterable[tuple[str, str]], file: str, kind: str) -> tuple[str, tuple[bytes, bytes]]:
    """A form whose last part is a file: its content type, and what stands before and after the file's bytes.

    `file` is the name that the file goes by, `kind` its content type; they and the fields hold no line breaks and no
    quotation marks.
    """
    mark = f"r2v-{secrets.token_hex(16)}"
    says = "content-disposition: form-data; name="
    parts = [f'--{mark}\r\n{says}"{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    parts.append(f'--{mark}\r\n{says}"file"; filename="{file}"\r\ncontent-type: {kind}\r\n\r\n')
    return f"multipart/form-data; boundary={mark}", ("".join(parts).encode(), f"\r\n--{mark}--\r\n".encode())


async def _framed(blocks: AsyncIterator[bytes], before: bytes, after: bytes) -> AsyncIterator[bytes]:
    if before:
        yield before
    async for block in blocks:
        yield block
    if after:
        yield after


async def _blocks(file: Path, size: int, sha256: str) -> AsyncIterator[bytes]:
    hasher, sent, held = hashlib.sha256(), 0, b""
    try:
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                hasher.update(block)
                if held:
                    yield held
                held = block
                sent += len(block)
                if sent > size:
                    break
    except OSError as error:
        raise BrokenOff(f"cannot be read: {error.strerror}") from None
    if sent != size or hasher.hexdigest() != sha256:
        raise BrokenOff("was changed while it was being sent")
    if held:
        yield held


class Download:
    """One result on its way to a file; what has come survives a broken connection where the host can go on from there.

    `local`: results lie on this machine, as the provider does.
    """

    def __init__(self, lines: Lines, url: str, to: Path, local: bool, patience: Patience) -> None:
        self._lines, self._url, self._to = lines, url, to
        self._local, self._patience = local, patience
        self._have = 0
        self._head = b""
        self._total: int | None = None
        # What the host calls this version of the file; empty where it cannot go on in the middle.
        self._version = ""

    async def run(self) -> NetworkTrouble | None:
        """One try: None when the file is whole, else why it is not.

        Raises:
            DiskTrouble: it cannot be written.
        """
        url = self._url
        for _ in range(REDIRECTS + 1):
            if why := refusal(url, local=self._local):
                return NetworkTrouble(f"a result is said to lie at {why}: it is not fetched", again=False)
            outcome = await self._one(url)
            if not isinstance(outcome, str):
                if outcome is not None and not self._version:
                    self._have = 0
                return outcome
            url = _joined(url, outcome)
        return NetworkTrouble(f"{_host(url)} sends on to other addresses again and again", again=False)

    async def _one(self, url: str) -> str | NetworkTrouble | None:
        """One request: an address to go on to, trouble, or None for a whole file."""
        window_s = self._patience.window_s
        watch = Watch(self._local)
        headers = {"range": f"bytes={self._have}-", "if-range": self._version} if self._have else {}
        try:
            async with asyncio.timeout(window_s) as limit:
                async with self._lines.send("GET", url, headers, None, watch, connecting_s(window_s)) as heard:
                    outcome = self._begin(heard, _host(url))
                    return await self._write(heard, _host(url), limit) if outcome is None else outcome
        except DiskTrouble:
            raise
        except Exception as problem:
            error = problem
        if isinstance(error, TimeoutError) and self._have:
            return NetworkTrouble(f"{_host(url)} brought less than {self._patience.bytes_a_second} bytes a second")
        what = broken(error, watch, url, window_s)
        return NetworkTrouble(what.message, again=what.again)

    def _begin(self, heard: Heard, host: str) -> str | NetworkTrouble | None:
        """What the head of an answer says; None: a body is to be written, from where `_have` now is."""
        header, status = heard.header, heard.status
        if status in (301, 302, 303, 307, 308) and (location := header("location")):
            return location
        if status == 206 and self._have and self._goes_on(header("content-range")):
            return None
        if status not in (200, 206, 416):
            after_s = retry_after({"retry-after": header("retry-after"), "date": header("date")})
            again = status in PASSING or status in EXPIRED
            return NetworkTrouble(f"{host} answered {status} for a result", again=again, after_s=after_s, status=status)
        self._have, self._head, self._version = 0, b"", ""
        if status != 200:
            return NetworkTrouble(f"{host} answered with another part than was asked for")
        if header("content-encoding").lower() not in ("", "identity"):
            return NetworkTrouble(f"{host} sent a result packed, which was not asked for")
        length = header("content-length")
        self._total = int(length) if length.isdecimal() else None
        if (self._total or 0) > FILM_BYTES:
            return NetworkTrouble(f"{host} has a result of more than 2 GiB", again=False)
        tag = header("etag")
        if header("accept-ranges").lower() == "bytes":
            self._version = tag if tag and not tag.startswith("W/") else header("last-modified")
        return None

    def _goes_on(self, content_range: str) -> bool:
        found = _RANGE.fullmatch(content_range.strip())
        if not found or int(found[1]) != self._have:
            return False
        return self._total is None or found[2] in ("*", str(self._total))

    async def _write(self, heard: Heard, host: str, limit: asyncio.Timeout) -> NetworkTrouble | None:
        fresh, floor = 0, self._patience.window_s * self._patience.bytes_a_second
        with _writing(self._to, self._have) as stream:
            while chunk := await heard.more():
                _put(stream, chunk, self._to)
                self._have += len(chunk)
                if len(self._head) < HEAD:
                    self._head += chunk[: HEAD - len(self._head)]
                    if len(self._head) == HEAD and format_of(self._head) not in _FILMS:
                        break
                if self._have > FILM_BYTES:
                    return NetworkTrouble(f"{host} sent more than 2 GiB", again=False)
                fresh += len(chunk)
                if fresh >= floor:
                    fresh = 0
                    limit.reschedule(asyncio.get_running_loop().time() + self._patience.window_s)
        if format_of(self._head) not in _FILMS:
            self._version = ""
            what = "nothing" if not self._head else "a web page or a message" if _is_words(self._head) else "no film"
            return NetworkTrouble(f"{host} sent {what} instead of a clip")
        if self._total is not None and self._have != self._total:
            return NetworkTrouble(f"{host} sent {self._have} of {self._total} bytes")
        return None


def _is_words(head: bytes) -> bool:
    return head.lstrip()[:1] in (b"<", b"{", b"[") or head.decode("ascii", "replace").isprintable()


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; empty for nowhere."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the host"


def _writing(to: Path, at: int) -> FileIO:
    try:
        stream = to.open("r+b" if at else "wb", buffering=0)
        stream.seek(at)
        stream.truncate()
    except OSError as error:
        raise DiskTrouble(f"{to}: {error.strerror}") from None
    return stream


def _put(stream: FileIO, chunk: bytes, to: Path) -> None:
    try:
        while chunk:
            chunk = chunk[stream.write(chunk) :]
    except OSError as error:
        raise DiskTrouble(f"{to}: {error.strerror}") from None
