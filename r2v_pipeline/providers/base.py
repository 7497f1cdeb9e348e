"""What a provider is: a pure `Dialect` that lowers a shot to the body it is sent, and a `Client` (client.py).

Only these types cross between compile, plan, execute and a vendor module, so that a second provider costs one module.
"""

from __future__ import annotations

from typing import Protocol

from r2v_pipeline.diagnostics import Diagnostic
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
from r2v_pipeline.providers.client import worst as worst
from r2v_pipeline.providers.prompt import Beat as Beat
from r2v_pipeline.providers.prompt import BeatLine as BeatLine
from r2v_pipeline.providers.prompt import Prompt as Prompt
from r2v_pipeline.providers.prompt import PromptPiece as PromptPiece
from r2v_pipeline.providers.request import Reference as Reference
from r2v_pipeline.providers.request import RenderRequest as RenderRequest


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
