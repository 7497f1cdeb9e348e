"""What the files that a storyboard names are, looked at once each: kind, pixels, length.

Nothing here is sent or decided; the model's limits are compared in the catalog.  A file that cannot be looked at gives
None, because that it is missing or no media is reported where the storyboard is checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from r2v_pipeline.source.files import Files, Unreadable

if TYPE_CHECKING:
    from r2v_pipeline.media.reference import MediaInfo
    from r2v_pipeline.model.types import Member, Storyboard


class Preflight:
    """The media facts of one storyboard."""

    def __init__(self, storyboard: Storyboard, files: Files) -> None:
        self.files = files
        self.lengths = {shot.id: shot.duration_ms for shot in storyboard.shots}
        self._known: dict[str, MediaInfo | None] = {}

    def info(self, path: str) -> MediaInfo | None:
        """What a project file is, by its content; None for a URL (an empty path) and for what cannot be looked at."""
        if not path:
            return None
        if path not in self._known:
            self._known[path] = self._look(path)
        return self._known[path]

    def video_ms(self, member: Member) -> int | None:
        """How long a video reference lasts; None where nobody can tell before it is fetched or made."""
        if member.from_shot:
            return self.lengths.get(member.from_shot.shot)
        info = self.info(member.media.path) if member.media else None
        return info.duration_ms if info else None

    def _look(self, path: str) -> MediaInfo | None:
        from pathlib import Path

        from r2v_pipeline.errors import MediaTrouble
        from r2v_pipeline.media.reference import probe_any

        try:
            return probe_any(Path(self.files.place(path)))
        except (Unreadable, MediaTrouble):
            return None
