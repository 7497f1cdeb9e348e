"""r2v's requests are those of the official SDK (`wavespeed` on PyPI) for the same input, for every model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from r2v_pipeline.canonical import canonical, digest_bytes
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.http.place import place
from r2v_pipeline.providers.wavespeed.client import make

sdk = pytest.importorskip("wavespeed", reason="needs the package wavespeed (2)")

GOLDEN = Path(__file__).parents[2] / "golden" / "requests" / "wavespeed"
MODELS = [entry.id for entry in entries() if entry.provider == "wavespeed"]
ID = "0123456789abcdef0123456789abcdef"
DONE = {"code": 200, "data": {"id": ID, "status": "completed", "outputs": ["https://x.example/a.mp4"]}}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize("model", MODELS)
def test_the_sdk_sends_the_same(model: str, scripted: Any) -> None:
    scripted.tell("/api/v3/", (200, DONE))
    body = json.loads((GOLDEN / f"{model.replace('/', '-')}.json").read_text("utf-8"))
    sdk.Client(api_key="sbx_0123456789", base_url=scripted.url).run(model, body)

    async def ours() -> None:
        client = make(place("wavespeed", where=scripted.where(wavespeed="")))
        try:
            await client.send(canonical(body), "t", model)
            await client.poll({"id": ID})
        finally:
            await client.close()

    asyncio.run(ours())
    theirs_submit, theirs_poll, our_submit, our_poll = scripted.asked
    assert theirs_submit[:2] == our_submit[:2] == ("POST", f"/api/v3/{model}")
    assert theirs_submit.json == our_submit.json == body
    assert theirs_poll[:2] == our_poll[:2] == ("GET", f"/api/v3/predictions/{ID}/result")
    for name in ("authorization", "content-type"):
        assert name in theirs_submit.headers
        assert name in our_submit.headers


def test_the_sdk_uploads_the_same(scripted: Any, tmp_path: Path) -> None:
    """Up to the name of the file, which says nothing here."""
    upload = {"method": "PUT", "url": f"{scripted.url}/store/1", "headers": {"x-amz-acl": "private"}}
    ticket = {"code": 200, "data": {"download_url": f"{scripted.url}/cdn/1.png", "upload": upload}}
    scripted.tell("/api/v3/media/uploads", (200, ticket))
    scripted.tell("/store/1", (200, b""))
    file = tmp_path / f"{digest_bytes(PNG)}.png"
    file.write_bytes(PNG)
    theirs = sdk.Client(api_key="sbx_0123456789", base_url=scripted.url).upload(str(file))

    async def ours() -> str:
        client = make(place("wavespeed", where=scripted.where(wavespeed="")))
        try:
            return await client.upload(file, digest_bytes(PNG), "image")
        finally:
            await client.close()

    assert theirs == asyncio.run(ours())
    their_ticket, their_put, our_ticket, our_put = scripted.asked
    assert their_ticket[:2] == our_ticket[:2]
    assert their_ticket.json.items() <= our_ticket.json.items()
    assert their_put[:2] == our_put[:2]
    assert their_put.body == our_put.body == PNG
    assert "private" == their_put.headers["x-amz-acl"] == our_put.headers["x-amz-acl"]
    assert "authorization" not in our_put.headers
    assert "authorization" not in their_put.headers
