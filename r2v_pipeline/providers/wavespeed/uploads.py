"""Local files to WaveSpeedAI: a ticket first, then the file to where the ticket says.

What lies there can be read by anybody who has its address, and is kept 7 days.  Sources: wavespeed 2.0.5 (Python
package); WaveSpeedAI documentation, media upload.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.canonical import canonical
from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble
from r2v_pipeline.providers.http.channel import Channel, Told
from r2v_pipeline.providers.http.hosts import refusal
from r2v_pipeline.providers.http.kinds import named_by_content
from r2v_pipeline.providers.http.service import with_ticket
from r2v_pipeline.providers.wavespeed.wire import inside, said


async def bring(channel: Channel, path: Path, sha256: str) -> str:
    """The https address of a file for jobs of this account.

    Raises:
        NetworkTrouble: the service or its store does not take it.
        EnvironmentTrouble: the file is not what it was, or no media.
    """

    async def put(ticket: _Ticket) -> None:
        await channel.deliver("PUT", ticket.url, path, sha256, ticket.headers)

    return (await with_ticket(lambda: _ticket(channel, path, sha256), put)).read_at


class _Ticket(NamedTuple):
    """Where one file may be put, with which headers, and where it can be read then."""

    url: str
    headers: Mapping[str, str]
    read_at: str


async def _ticket(channel: Channel, path: Path, sha256: str) -> _Ticket:
    """A ticket for one file.

    Raises:
        NetworkTrouble: there is none, or it is not one that can be used.
    """
    name, kind = named_by_content(path, sha256)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise EnvironmentTrouble(f"{path.name} cannot be read: {error.strerror}") from None
    asked = canonical({"filename": name, "size": size, "content_type": kind})
    told = await channel.ask("POST", "api/v3/media/uploads", body=asked, headers={"content-type": "application/json"})
    _, message = said(told.data, channel.redactor.line)
    if told.status >= 300 or message:
        why = message or f"it answered {told.status}"
        raise NetworkTrouble(f"{channel.title} would not take {path.name}: {why}", again=False, status=told.status)
    return _usable(channel, path, told)


def _usable(channel: Channel, path: Path, told: Told) -> _Ticket:
    """The parts of a ticket that are needed, in their types."""
    ticket = inside(told.data)
    upload = ticket.get("upload")
    upload = upload if isinstance(upload, dict) else {}
    headers = upload.get("headers") or {}
    to, read_at = upload.get("url"), ticket.get("download_url")
    plain = isinstance(headers, dict) and all(isinstance(value, str) for value in headers.values())
    if upload.get("method") != "PUT" or not isinstance(to, str) or not plain or not isinstance(read_at, str):
        raise NetworkTrouble(f"{channel.title} does not say where {path.name} is to be put")
    if why := refusal(read_at, local=channel.base.local):
        raise NetworkTrouble(f"{channel.title} says that {path.name} will lie at {why}", again=False)
    return _Ticket(to, headers, read_at)
