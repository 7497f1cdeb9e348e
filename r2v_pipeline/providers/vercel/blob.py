"""Local files to Vercel Blob: one PUT each, under a name made of their content, where anybody can read them.

The gateway takes references as addresses only, and a private blob could not be read by the models.
Source: @vercel/blob 2.8.0 (npm package), version 12 of its protocol.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.hosts import refusal
from r2v_pipeline.providers.http.kinds import named_by_content
from r2v_pipeline.providers.http.place import Place
from r2v_pipeline.providers.vercel.wire import OIDC

TOKEN = "BLOB_READ_WRITE_TOKEN"
ADDRESS = "https://vercel.com/api/blob"
TITLE = "Vercel Blob"

_TOKEN_FORM = re.compile(r"vercel_blob_rw_([A-Za-z0-9]+)_.+")


class Blob:
    """The store of one token."""

    def __init__(self, channel: Channel, store: str) -> None:
        self._channel, self._store = channel, store

    async def put(self, path: Path, sha256: str) -> str:
        """The address of a file.  The same content lies at the same place, so that sending it twice changes nothing.

        Raises:
            NetworkTrouble: the store cannot be asked, or does not take it.
            EnvironmentTrouble: the file is not what it was, or no media.
        """
        name, kind = named_by_content(path, sha256)
        headers = {
            "x-api-version": "12",
            "x-vercel-blob-access": "public",
            "x-content-type": kind,
            "x-add-random-suffix": "0",
            "x-allow-overwrite": "1",
            **({"x-vercel-blob-store-id": self._store} if self._store else {}),
        }
        query = urlencode({"pathname": f"r2v/{name}"})
        told = await self._channel.upload("PUT", f"?{query}", path, sha256, headers)
        data = told.data if isinstance(told.data, dict) else {}
        if told.status >= 300:
            error = data.get("error")
            why = self._channel.redactor.line(str(error.get("message") or "")) if isinstance(error, dict) else ""
            raise NetworkTrouble(f"{TITLE} would not take {path.name}: {why or told.status}", status=told.status)
        url = data.get("url")
        if not isinstance(url, str) or refusal(url, local=self._channel.base.local):
            raise NetworkTrouble(f"{TITLE} took {path.name} and does not say where it is")
        return url

    async def close(self) -> None:
        """Let go of connections."""
        await self._channel.close()


def blob(place: Place) -> Blob:
    """The store that this environment has a token for.

    Raises:
        EnvironmentTrouble: there is none.
    """
    store = place.variable(["BLOB_STORE_ID"]).removeprefix("store_")
    names = [TOKEN, OIDC] if store else [TOKEN]
    try:
        base, key = place.beside("blob", names, ADDRESS, ["VERCEL_BLOB_API_URL"])
    except EnvironmentTrouble as trouble:
        message = f"local files go to {place.provider.title} by way of {TITLE}: {trouble.message}"
        help = "make a store for the project, and export its token; or name https addresses in the storyboard"
        raise EnvironmentTrouble(message, help) from None
    found = _TOKEN_FORM.fullmatch(key.reveal())
    return Blob(Channel(TITLE, base, key), found[1] if found else store)
