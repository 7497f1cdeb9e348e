"""What a job asks a provider for: the body with its references, and what was settled where the storyboard is silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span


class Reference(NamedTuple):
    """One bound reference: its place in the request is `position` (from 0), `name` is what the prompt calls it.

    `kind` is `image` or `video`; `source` is for people (`refs/mia.mp4`, a URL, `shot:s03@last`); `placeholder` stands
    in the request body until upload: `r2v-file:sha256:…` for a local file, `r2v-job:<key>` for another job's result,
    `r2v-url:sha256:…` for a URL whose digest is given, else the https URL itself.  `path` is project-relative, empty
    unless local.  `needs` is a job id or empty.  `area` is the part (x, y, width, height in pixels) of another shot's
    clip that shows the shot; None: all of it.  `duration_ms` is how long a video reference lasts, None where nobody
    can tell.  `voice` is the placeholder of the member's voice file, for a model that takes one, and `voice_path` its
    place in the project; empty: none.
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
    voice_path: str = ""


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

    @property
    def desk(self) -> str:
        """Where it is asked for: a provider, and its region where it has some (`dashscope@cn-beijing`)."""
        return f"{self.provider}@{self.region}" if self.region else self.provider
