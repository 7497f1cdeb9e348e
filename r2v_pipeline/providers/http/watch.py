"""How far a request came, watched and not guessed: whether it may be sent again rests on it."""

from __future__ import annotations

from typing import Any

import httpx

from r2v_pipeline.providers.http.hosts import reachable


class Watch:
    """One request.  `local`, for an address out of an answer: whether it may lead to this machine, or only to the
    public internet; None: wherever it leads."""

    def __init__(self, local: bool | None = None) -> None:
        # Connecting began; a byte of the request may have left; its head has left.
        self.connecting = self.sending = self.head_out = False
        self.astray = False
        self._local = local

    def met(self, peer: str) -> None:
        """Told the address that a connection really leads to.  That of a proxy is not told: it looks up the name.

        Raises:
            httpx.ConnectError: results may not lie there.
        """
        if self._local is not None and not reachable(peer, local=self._local):
            self.astray = True
            raise httpx.ConnectError("astray")

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Told by httpx what it does (its `trace` extension), where a request goes by a proxy."""
        if event == "connection.connect_tcp.started":
            self.connecting = True
        elif event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            self.sending = True
        elif event.endswith(".send_request_headers.complete"):
            self.head_out = True
