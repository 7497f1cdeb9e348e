"""What a provider is: a pure `Dialect` that lowers a shot to the body it is sent, and a `Client` that talks.

Only these types cross between compile, plan, execute and a vendor module, so that a second provider costs one module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from r2v_pipeline.diagnostics import Diagnostic, Span
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.prompt import Beat as Beat
from r2v_pipeline.providers.prompt import BeatLine as BeatLine
from r2v_pipeline.providers.prompt import Prompt as Prompt
from r2v_pipeline.providers.prompt import PromptPiece as PromptPiece

if TYPE_CHECKING:  # pathlib would be a tenth of what a small check costs
    from pathlib import Path


class Reference(NamedTuple):
    """One bound reference: its place in the request is `position` (from 0), `name` is what the prompt calls it.

    `kind` is `image` or `video`; `source` is for people (`refs/mia.mp4`, a URL, `shot:s03@last`); `placeholder` stands
    in the request body until upload: `r2v-file:sha256:…` for a local file, `r2v-job:<key>` for another job's result,
    `r2v-url:sha256:…` for a URL whose digest is given, else the https URL itself.  `path` is project-relative, empty
    unless local.  `needs` is a job id or empty.  `area` is the part (x, y, width, height in pixels) of another shot's
    clip that shows the shot; None: all of it.  `duration_ms` is how long a video reference lasts, None where nobody
    can tell.  `voice` is the placeholder of the member's voice file, for a model that takes one; empty: none.
    """

    position: int
    id: str
    name: str
    kind: str
    source: str
    sha256: str
    placeholder: str
    path: str
    needs: str
    span: Span
    area: tuple[int, int, int, int] | None = None
    duration_ms: int | None = None
    voice: str = ""


class Cost(NamedTuple):
    """A price range in millionths of `currency`; low == high when the price is exact; `known` False: nobody knows."""

    low_micros: int
    high_micros: int
    currency: str
    known: bool = True


FREE = Cost(0, 0, "USD")


class RenderRequest(NamedTuple):
    """Exactly what a job asks a provider for.

    `body` is a JSON value without paths, signed URLs or times of day: the job's key is made of it.  `duration_ms` is
    what the clip is asked to last, `used_ms` what the film takes of it.  `region`, `resolution`, `ratio` and `audio`
    are what was settled where the storyboard is silent; prices depend on them, and they are no part of the key.
    """

    provider: str
    model: str
    body: Mapping[str, Any]
    references: tuple[Reference, ...]
    duration_ms: int
    used_ms: int
    region: str = ""
    resolution: str = ""
    ratio: str = ""
    audio: bool = True


class Dialect(Protocol):
    """The pure half of a provider.  Never touches disk, clock or network."""

    provider: str

    def lower(
        self, shot: Shot, prompt: Prompt, beats: tuple[Beat, ...], references: tuple[Reference, ...]
    ) -> tuple[RenderRequest | None, tuple[Diagnostic, ...]]:
        """The request for one shot, or the reasons why there is none."""
        ...

    def picture_area(self, request: RenderRequest) -> tuple[int, int, int, int] | None:
        """Where in the finished clip the shot itself is seen (an animatic has words around it); None: everywhere."""
        ...

    def price(self, request: RenderRequest) -> Cost:
        """What one accepted submit of this request costs."""
        ...


class Accepted(NamedTuple):
    """The provider has the job.  `handle` is opaque JSON, kept durable before the first poll."""

    handle: Mapping[str, Any]


class Refused(NamedTuple):
    """Certainly not accepted: nothing is owed.  `again`: the same request may succeed later."""

    code: str
    message: str
    again: bool = False


class Unknown(NamedTuple):
    """The answer was lost: the job may exist."""

    message: str


class Running(NamedTuple):
    """Not finished; `progress` is 0 to 1 where the provider tells, else None."""

    progress: float | None = None


class Finished(NamedTuple):
    """Rendered; `output` is opaque JSON that `fetch` understands.  `cost` when the provider reports what it billed."""

    output: Mapping[str, Any]
    cost: Cost | None = None


class Failed(NamedTuple):
    """The provider gave up.  `lost`: the provider does not know the job any more."""

    code: str
    message: str
    again: bool = False
    lost: bool = False


class Client(Protocol):
    """The half of a provider that has effects; used by execute/ only.  All methods are coroutines."""

    async def upload(self, path: Path, sha256: str, kind: str) -> str:
        """Make a local reference readable for the provider; returns what stands in the body instead of the
        placeholder."""
        ...

    async def submit(self, body: bytes, token: str) -> Accepted | Refused | Unknown:
        """Ask for one clip.  Called once per attempt; never retried below this line."""
        ...

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        """How a job is doing."""
        ...

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        """Write the finished clip to `to` (a temporary name that the caller owns)."""
        ...

    async def cancel(self, handle: Mapping[str, Any]) -> bool:
        """Ask the provider to stop; True when it certainly will not bill."""
        ...

    async def close(self) -> None:
        """Let go of connections and workers."""
        ...
