"""What clients of services have in common over HTTP; each says what is its own in a module of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.base import Cost, Found, RenderRequest, Sought, Terms
from r2v_pipeline.providers.http.transfer import EXPIRED

if TYPE_CHECKING:
    from r2v_pipeline.providers.http.channel import Channel
    from r2v_pipeline.providers.http.place import Place

T = TypeVar("T")


class Service:
    """A `Client` but for `upload`, `send`, `read`, `handle` and `poll`.

    As it stands it lists no jobs, cannot cancel one, has no price to tell, and gives a clip by its address.
    """

    def __init__(self, channel: Channel, terms: Terms) -> None:
        self._channel, self._terms = channel, terms

    @property
    def terms(self) -> Terms:
        """The same for the life of the client."""
        return self._terms

    async def find(self, sought: Sought) -> Found:  # noqa: ARG002 (there is no list to look into)
        """No list, so nothing is known of a submit whose answer was lost."""
        return Found((), complete=False)

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        """From where the answer said; no key goes along."""
        await self._channel.download(str(output["url"]), to)

    async def cancel(self, handle: Mapping[str, Any]) -> bool:  # noqa: ARG002 (there is no such question)
        """No way to take a job back is documented."""
        return False

    async def quote(self, request: RenderRequest) -> Cost | None:  # noqa: ARG002 (it has no prices to ask for)
        """The service tells nobody what it takes."""
        return None

    async def close(self) -> None:
        """Let go of connections."""
        await self._channel.close()


async def answers(place: Place, path: str) -> None:
    """Ask something that costs nothing, to see whether a service knows the key.

    Raises:
        NetworkTrouble: it does not, or nothing can be asked.
    """
    channel = place.channel()
    try:
        await channel.ask("GET", path)
    finally:
        await channel.close()


async def with_ticket(ask: Callable[[], Awaitable[T]], put: Callable[[T], Awaitable[object]]) -> T:
    """The ticket by which a file was put; a second one where the first was too old by then: one lives for minutes, and
    large files wait for their turn."""
    ticket = await ask()
    try:
        await put(ticket)
    except NetworkTrouble as trouble:
        if trouble.status not in EXPIRED:
            raise
        ticket = await ask()
        await put(ticket)
    return ticket
