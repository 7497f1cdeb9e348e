"""The job that joins the parts of a split shot into its one clip: everything else of r2v then sees only that clip."""

from __future__ import annotations

from collections.abc import Iterable

from r2v_pipeline.canonical import digest
from r2v_pipeline.compile.jobs import Ingredient, Job
from r2v_pipeline.compile.keys import RECIPE
from r2v_pipeline.model.types import Shot


def splice_job(shot: Shot, rendered: Iterable[tuple[Shot, Job]]) -> Job:
    """The clip of a split shot: its parts in order, each cut to its written length.

    `rendered` has every part with its render job.  A clip is often longer than its part (the model made it longer than
    asked, or takes whole seconds only), so the lengths belong to the key as much as the clips do.
    """
    pairs = list(rendered)
    lengths = tuple(part.duration_ms for part, _ in pairs)
    jobs = tuple(job for _, job in pairs)
    key = digest({"recipe": RECIPE, "parts": [[job.key, ms] for job, ms in zip(jobs, lengths, strict=True)]})
    made = tuple(
        Ingredient(f"parts.{number}", {"clip": job.key, "ms": ms}, shot.span)
        for number, (job, ms) in enumerate(zip(jobs, lengths, strict=True), 1)
    )
    needs = tuple(job.id for job in jobs)
    return Job(shot.id, "splice", shot.id, key, None, made, needs, None, None, shot.span, lengths)
