"""What a provider is: a pure `Dialect` that lowers a shot to the body it is sent, and a `Client` (client.py).

Only these types cross between compile, plan, execute and a vendor module, so that a second provider costs one module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from r2v_pipeline.diagnostics import Diagnostic, Span
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.client import FINDABLE as FINDABLE
from r2v_pipeline.providers.client import FREE as FREE
from r2v_pipeline.providers.client import IDEMPOTENT as IDEMPOTENT
from r2v_pipeline.providers.client import LOCAL as LOCAL
from r2v_pipeline.providers.client import OPAQUE as OPAQUE
from r2v_pipeline.providers.client import SUBMITS as SUBMITS
from r2v_pipeline.providers.client import Accepted as Accepted
from r2v_pipeline.providers.client import Answer as Answer
from r2v_pipeline.providers.client import Client as Client
from r2v_pipeline.providers.client import Cost as Cost
from r2v_pipeline.providers.client import Failed as Failed
from r2v_pipeline.providers.client import Finished as Finished
from r2v_pipeline.providers.client import Found as Found
from r2v_pipeline.providers.client import Lost as Lost
from r2v_pipeline.providers.client import NotSent as NotSent
from r2v_pipeline.providers.client import Refused as Refused
from r2v_pipeline.providers.client import Running as Running
from r2v_pipeline.providers.client import Sought as Sought
from r2v_pipeline.providers.client import Terms as Terms
from r2v_pipeline.providers.client import Unknown as Unknown
from r2v_pipeline.providers.prompt import Beat as Beat
from r2v_pipeline.providers.prompt import BeatLine as BeatLine
from r2v_pipeline.providers.prompt import Prompt as Prompt
from r2v_pipeline.providers.prompt import PromptPiece as PromptPiece


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
    fps: int = 0


class Dialect(Protocol):
    """The pure half of a provider.  Never touches disk, clock or network.

    `draws`: it shows the beats; any other is lowered without them.
    """

    provider: str
    draws: bool

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
