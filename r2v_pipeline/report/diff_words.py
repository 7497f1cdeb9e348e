"""The words that every form of a diff shares: the sentence, prices, and what is said of a clip, a reference, a film."""

from __future__ import annotations

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.plan.why import Difference, shown
from r2v_pipeline.providers.base import Reference
from r2v_pipeline.report.words import counted, price, seconds
from r2v_pipeline.review.types import Bill, Reached, Review, ShotChange

_CLIPS = {
    "kept": "keeps its clip",
    "other": "takes the clip that another shot had",
    "there": "its clip is here already",
    "none": "",
}
_MOST_NAMES = 12
_DIGEST = 12


def sentence(review: Review) -> str:
    """What it comes to, in one line."""
    if review.is_empty:
        return "Nothing changes: both sides compile to the same requests."
    rendering = review.renders
    if rendering:
        verb = "renders" if len(rendering) == 1 else "render"
        verb += " again" if any(shot.was for shot in rendering) else ""
        parts = [f"{len(rendering)} of {counted(review.shot_count, 'shot')} {verb}, {_owed(review)}."]
    elif review.joined:
        parts = ["No shot renders; the film is joined again."]
    else:
        parts = ["No shot renders."]
    reused = [shot for shot in review.shots if shot.change == "renamed" and not shot.renders]
    if reused:
        parts.append(f"{counted(len(reused), 'renamed shot')} {_verb(reused, 'keep')} {_its(reused)}.")
    there = [shot for shot in review.shots if shot.clip == "there"]
    if there:
        parts.append(f"{counted(len(there), 'changed shot')} {_verb(there, 'has', 'have')} {_its(there)} already.")
    locked = [shot for shot in review.shots if shot.locked]
    if locked:
        parts.append(f"The lock names the clips of {len(locked)} of them: 'r2v pull' may save their price.")
    return " ".join(parts)


def _verb(shots: list[ShotChange], one: str, many: str = "") -> str:
    return (one if many else f"{one}s") if len(shots) == 1 else many or one


def _its(shots: list[ShotChange]) -> str:
    return "its clip" if len(shots) == 1 else "their clips"


def _owed(review: Review) -> str:
    owed = bill(review.to_pay)
    if owed:
        return owed if owed.startswith("at ") else f"about {owed}"
    names = {job.request.provider for shot in review.renders for job in shot.after if job.request}
    return f"free ({', '.join(sorted(names))})"


def bill(made: Bill) -> str:
    """A sum as people read it; empty for what is free."""
    parts = [" and ".join(map(price, made.known))] if made.known else []
    if made.unknown:
        parts.append(f"{made.unknown} at an unknown price" if made.known or made.unknown > 1 else "at an unknown price")
    return " and ".join(parts)


def whole(review: Review) -> str:
    """What rendering everything costs now, and cost before; empty where nothing changes, or all is free."""
    if review.is_empty or not (bill(review.before) or bill(review.after)):
        return ""
    before, after = bill(review.before) or "nothing", bill(review.after) or "nothing"
    if review.before == review.after:
        return f"Rendering the whole film costs {after}, as before."
    return f"Rendering the whole film costs {after}; before it cost {before}{_more(review.before, review.after)}."


def _more(before: Bill, after: Bill) -> str:
    """The difference of two sums that can be subtracted: one currency, all prices known and exact."""
    costs = (*before.known, *after.known)
    exact = all(cost.low_micros == cost.high_micros for cost in costs)
    if before.unknown or after.unknown or not exact or len({cost.currency for cost in costs}) != 1:
        return ""
    old, new = sum(c.high_micros for c in before.known), sum(c.high_micros for c in after.known)
    low = abs(new - old)
    return f" ({'+' if new > old else '-'}{price(costs[0]._replace(low_micros=low, high_micros=low))})"


def in_sentence(side: str) -> str:
    """The name of a side where a sentence begins; what Git knows it by stays as it is."""
    return f"T{side[1:]}" if side.startswith("the ") else side


def prices(shot: ShotChange) -> str:
    """The price of a shot, or what it was and is."""
    before, after = bill(shot.cost_before), bill(shot.cost_after)
    if shot.change == "removed":
        return f"was {before}" if before else ""
    if before == after or not shot.was:
        return after
    return f"{before or 'free'} -> {after or 'free'}"


def clip(shot: ShotChange) -> str:
    """Where a shot's clip comes from."""
    if not shot.renders:
        return _CLIPS[shot.clip]
    if shot.drawn_again:
        return "is drawn again, for its name is on the board"
    return ("renders again" if shot.was else "renders") + (", unless 'r2v pull' has it" if shot.locked else "")


def title(shot: ShotChange) -> str:
    """What happened to a shot: `changed`, `renamed from night`."""
    return f"renamed from {shot.was}" if shot.change == "renamed" else shot.change


def made_by(shot: ShotChange) -> str:
    """Model and length of what is rendered for a shot now, or was."""
    jobs = shot.after or shot.before
    names = dict.fromkeys(job.request.model or job.request.provider for job in jobs if job.request)
    length = sum(job.request.duration_ms for job in jobs if job.request)
    return f"{', '.join(names)} {seconds(length)}" if jobs else "own footage"


def reference(difference: Difference, shot: ShotChange) -> tuple[str, str]:
    """A reference's name, and what became of it."""
    path = difference.path.split(".")
    opening = path[0] == "first_frame"
    name = "first frame" if opening else path[1] if len(path) > 1 else "references"
    field = path[-1]
    was, now = _of(shot.before, name, opening), _of(shot.after, name, opening)
    if difference.path == "references":
        return name, "come in another order"
    if difference.change != "changed":
        source = now or was
        return name, f"{difference.change}: {source.source}" if source else difference.change
    if field == "content" and now and was:
        return name, _content(was, now)
    return name, f"is called {shown(difference.after)}, was {shown(difference.before)}"


def _content(was: Reference, now: Reference) -> str:
    if now.needs and was.needs:
        return f"{now.source}: that clip is another one now"
    old, new = (r.sha256[:_DIGEST] + "…" if r.sha256 else r.source for r in (was, now))
    if was.source == now.source or (was.path and now.path):
        source = now.source if was.source == now.source else f"{was.source} -> {now.source}"
        return f"{source} has other bytes: {old} -> {new}"
    return f"{was.source} -> {now.source}"


def _of(jobs: tuple[Job, ...], name: str, opening: bool) -> Reference | None:
    references = (r for job in jobs if job.request for r in job.request.references)
    return next((r for r in references if (r.position < 0 if opening else r.id == name)), None)


def references(shot: ShotChange) -> list[tuple[str, str]]:
    """Every reference of a shot that is new: its name, and what it is."""
    used = {r.placeholder: r for job in shot.after if job.request for r in job.request.references}
    return [(r.id if r.position >= 0 else "first frame", r.source) for r in used.values()]


def setting(difference: Difference) -> str:
    """What a setting is called, without where a vendor wants it: `size` of `parameters.size`."""
    inner = difference.path.rpartition(".")[2]
    return difference.path if inner.isdigit() else inner


def film(difference: Difference) -> str:
    """What differs in the film itself."""
    if difference.path == "order":
        return "the order of the shots changed"
    return f"{difference.path} {shown(difference.before)} -> {shown(difference.after)}"


def template(reached: Reached) -> str:
    """Which shots a changed template reaches."""
    if not reached.used_by:
        return f"{reached.file} {reached.change}: no shot uses it"
    if not reached.reaches:
        return f"{reached.file} {reached.change}: {counted(len(reached.used_by), 'shot')} used it, no prompt is another"
    names = ", ".join(reached.reaches[:_MOST_NAMES])
    more = f" and {len(reached.reaches) - _MOST_NAMES} more" if len(reached.reaches) > _MOST_NAMES else ""
    some = "" if reached.reaches == reached.used_by else f" of the {len(reached.used_by)} that use it"
    return f"{reached.file} {reached.change}: reaches {counted(len(reached.reaches), 'shot')}{some}: {names}{more}"
