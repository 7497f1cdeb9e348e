"""What has to be there before money is spent: room for the clips, and an ffmpeg that can join them."""

from __future__ import annotations

import shutil
from pathlib import Path

from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.report.words import size

# Bytes a second of a bought clip, far above what any model of the catalog delivers; twice, since a clip is kept in the
# store and laid into the output folder.  Beside that, what the journal, the film's pieces and the film need at least.
A_SECOND, COPIES, BESIDE = 4 << 20, 2, 64 << 20


def require(made: Plan, state: Path) -> None:
    """Ends a build whose clips could not be kept or joined, before anything of it is sent.

    Raises:
        DiskTrouble, MediaTrouble: with what to do; nothing was sent.
    """
    bought_ms = sum(action.billed_ms for action in made.actions if action.verb == "render" and action.job.request)
    needed = BESIDE + A_SECOND * COPIES * bought_ms // 1000
    if (free := shutil.disk_usage(state).free) < needed:
        raise DiskTrouble(
            f"{size(free)} are free on the disk of {state}, and this build may need {size(needed)}",
            "nothing was sent. Make room there and run the same command again, or name fewer shots",
        )
    if any(action.verb == "render" for action in made.actions if action.job.kind == "join"):
        from r2v_pipeline.media import ffmpeg

        ffmpeg.find()
