"""Local files to where the models can read them: a certificate, then a form to the object store.

What lies there can be named for 48 hours, by jobs of the model and account that it was sent for, and by nobody read.
Sources: Alibaba Cloud Model Studio, temporary file storage; dashscope 2.0.2 (Python package) for the order of the form.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble
from r2v_pipeline.providers.catalog.load import entries_like
from r2v_pipeline.providers.http.channel import Channel, Form
from r2v_pipeline.providers.http.kinds import named_by_content
from r2v_pipeline.providers.http.service import with_ticket

RESOLVE = "x-dashscope-ossresourceresolve"

# Where a region keeps no files, pictures can stand in the body; Alibaba's own library warns from 7 MB on.
INLINE_BYTES = 7_000_000

_FIELDS = ("policy", "signature", "upload_dir", "upload_host", "oss_access_key_id")


async def bring(channel: Channel, path: Path, sha256: str, model: str) -> str:
    """The `oss://` address of a file for jobs of a model.

    Raises:
        NetworkTrouble: the service or its store does not take it.
        EnvironmentTrouble: the file is not what it was, no media, or too large.
    """
    # Named by its content: the same file twice under one certificate would be refused as another one.
    name, kind = named_by_content(path, sha256[:40])

    async def put(certificate: Mapping[str, Any]) -> None:
        most = _number(certificate.get("max_file_size_mb"))
        if most and path.stat().st_size > most * 1024 * 1024:
            raise EnvironmentTrouble(f"{path.name} has more than the {most:g} MB that {channel.title} takes")
        form = Form(_form(certificate, f"{certificate['upload_dir']}/{name}", kind), name, kind)
        await channel.deliver("POST", str(certificate["upload_host"]), path, sha256, {}, form)

    certificate = await with_ticket(lambda: _certificate(channel, model), put)
    return f"oss://{quote(certificate['upload_dir'])}/{quote(name)}"


def inline(path: Path, model: str, where: str) -> str:
    """A picture as a part of the body, for regions that keep no files.

    Raises:
        EnvironmentTrouble: the model takes none like that, or it is too large.
    """
    entry = next((e for e in entries_like(model) if e.provider == "dashscope" and e.id == model), None)
    limit = entry.media.get("image") if entry else None
    help = "put it where anybody can read it, and name its https address in the storyboard; or take another region"
    if limit is None or not limit.inline:
        raise EnvironmentTrouble(f"{path.name} cannot be sent: {where} keeps no files", help)
    data = path.read_bytes()
    if len(data) > INLINE_BYTES:
        raise EnvironmentTrouble(
            f"{path.name} is too large: {where} keeps no files, and takes pictures up to 7 MB", help
        )
    return f"data:{named_by_content(path, '')[1]};base64,{base64.b64encode(data).decode()}"


async def _certificate(channel: Channel, model: str) -> Mapping[str, Any]:
    told = await channel.ask("GET", f"uploads?{urlencode({'action': 'getPolicy', 'model': model})}")
    data = told.data.get("data") if isinstance(told.data, dict) else None
    if told.status != 200 or not isinstance(data, dict) or not all(_plain(data.get(name)) for name in _FIELDS):
        message = told.data.get("message") if isinstance(told.data, dict) else ""
        why = channel.redactor.line(f": {message}") if message else ""
        raise NetworkTrouble(f"{channel.title} gives no place for a file{why}", again=False, status=told.status)
    return data


def _form(certificate: Mapping[str, Any], key: str, kind: str) -> tuple[tuple[str, str], ...]:
    """Its fields, in the order in which the service's own library sends them."""
    fields = (
        ("OSSAccessKeyId", certificate["oss_access_key_id"]),
        ("Signature", certificate["signature"]),
        ("policy", certificate["policy"]),
        ("key", key),
        ("x-oss-object-acl", certificate.get("x_oss_object_acl", "private")),
        ("x-oss-forbid-overwrite", certificate.get("x_oss_forbid_overwrite", "true")),
        ("success_action_status", "200"),
        ("x-oss-content-type", kind),
    )
    return tuple((name, str(value)) for name, value in fields if _plain(str(value)))


def _plain(value: Any) -> bool:
    """Text that can stand in a form without ending its line."""
    return isinstance(value, str) and bool(value) and value.isprintable()


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
