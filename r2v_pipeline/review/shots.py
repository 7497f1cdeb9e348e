"""One shot then and now: its prompt, its references, its settings, what the film does with its clip, and its price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.model.types import Shot
from r2v_pipeline.plan.compare import same_json
from r2v_pipeline.plan.types import Recorded
from r2v_pipeline.plan.why import Difference, Part, differences
from r2v_pipeline.plan.worddiff import word_diff
from r2v_pipeline.providers.base import Cost, RenderRequest
from r2v_pipeline.review.types import Bill, ShotChange

# Settled for a request beside its body: they decide its price, and are no part of its key.  Bodies have them under many
# names, and not in the words in which somebody wrote them.
_SETTLED = {
    "region": (),
    "resolution": ("resolution", "size", "width", "height"),
    "ratio": ("ratio", "aspect_ratio", "aspectRatio", "size", "width", "height"),
    "audio": ("audio", "generateAudio", "generate_audio"),
    "fps": ("fps", "frame_rate"),
}

# What a shot's entry in the film is called by people.
_IN_FILM = {"card": "title card", "title": "chapter", "used_ms": "length in the film", "clip": "footage"}

Price = Callable[[Job], Cost]


class Taken(NamedTuple):
    """A shot on one side: its renders, what the film makes of it, what a job costs there."""

    shot: Shot
    jobs: tuple[Job, ...]
    in_film: Mapping[str, Any]
    price: Price

    @property
    def text(self) -> str:
        return "\n".join(job.prompt.text for job in self.jobs if job.prompt)

    @property
    def keys(self) -> list[str]:
        return [job.key for job in self.jobs]

    def bill(self) -> Bill:
        """What rendering all of it costs; two of its parts may ask for the same, which is bought once."""
        return Bill.of({job.key: self.price(job) for job in self.jobs}.values())


def added(now: Taken, clip: str) -> ShotChange:
    """A shot that was not there."""
    return ShotChange(
        now.shot.id, "", "added", clip, (), now.jobs, None, (), (), (), Bill((), 0), now.bill(), now.shot.span
    )


def removed(old: Taken) -> ShotChange:
    """A shot that is not there any more."""
    id = old.shot.id
    return ShotChange(id, id, "removed", "none", old.jobs, (), None, (), (), (), old.bill(), Bill((), 0), None)


def changed(old: Taken, now: Taken, clip: str) -> ShotChange | None:
    """A shot that is on both sides; None where nothing of it differs."""
    renamed = old.shot.id != now.shot.id
    found = list(_found(old, now, renamed))
    prompt = next((d for d in found if d.path == "prompt"), None)
    references = tuple(d for d in found if _is_reference(d.path))
    settings = tuple(d for d in found if d.path != "prompt" and not _is_reference(d.path))
    in_film = tuple(_film_differences(old, now, prompt is not None))
    if not (renamed or found or in_film) and clip in ("kept", "none"):
        return None
    return ShotChange(
        now.shot.id,
        old.shot.id,
        "renamed" if renamed else "changed",
        clip,
        old.jobs,
        now.jobs,
        prompt,
        references,
        settings,
        in_film,
        old.bill(),
        now.bill(),
        next((d.span for d in found if d.span), now.shot.span),
        drawn_again=clip == "renders" and not found,
    )


def _is_reference(path: str) -> bool:
    return path.partition(".")[0] in ("references", "first_frame")


def _found(old: Taken, now: Taken, renamed: bool) -> Iterator[Difference]:
    """What differs in the renders, the prompt first; each thing once, however many parts a shot has."""
    if len(old.jobs) != len(now.jobs):
        if old.text != now.text:
            parts = tuple(Part(op, text, "", None) for op, text, _ in word_diff(old.text, now.text))
            yield Difference("prompt", "changed", old.text, now.text, parts, now.shot.span)
        yield Difference("renders", "changed", len(old.jobs), len(now.jobs), (), now.shot.span)
        return
    of_parts = [list(_between(*pair, renamed)) for pair in zip(old.jobs, now.jobs, strict=True)]
    yield from _prompts(old, now, of_parts)
    said: list[tuple[Any, ...]] = []
    for difference in (d for found in of_parts for d in found if d.path != "prompt"):
        if difference[:4] not in said:
            said.append(difference[:4])
            yield difference


def _prompts(old: Taken, now: Taken, of_parts: list[list[Difference]]) -> Iterator[Difference]:
    """The difference of the prompts, one line a part."""
    prompts = [next((d for d in found if d.path == "prompt"), None) for found in of_parts]
    if not any(prompts):
        return
    words: list[Part] = []
    for job, prompt in zip(now.jobs, prompts, strict=True):
        words += [Part("equal", "\n", "", None)] if words else []
        words += prompt.parts if prompt else [Part("equal", job.prompt.text if job.prompt else "", "", None)]
    span = next(prompt.span for prompt in prompts if prompt)
    yield Difference("prompt", "changed", old.text, now.text, tuple(words), span)


def _between(before: Job, after: Job, renamed: bool) -> Iterator[Difference]:
    """What differs between two renders, each thing once and as it was written."""
    assert before.request is not None
    assert after.request is not None
    found: list[Difference] = []
    if before.key != after.key:
        recorded = Recorded(before.key, {item.path: item.value for item in before.ingredients})
        for difference in differences(recorded, after):
            if not difference.path.startswith("body."):
                found.append(difference)
            elif not _is_form(difference, before.request, after.request):
                found.append(difference._replace(path=difference.path.removeprefix("body.")))
    found = [_length(d, before, after) if d.path == "frames" else d for d in found if d.path != "shot" or not renamed]
    yield from _settled(before.request, after.request, found, after)


def _is_form(difference: Difference, before: RenderRequest, after: RenderRequest) -> bool:
    """Whether a field of the body differs only in how a request is written: for another provider or model, or because
    it repeats a reference, whose bytes are told of."""
    if before.provider != after.provider or (before.model != after.model and difference.change != "changed"):
        return True
    references = [r.placeholder for request in (before, after) for r in request.references]
    return difference.before in references or difference.after in references


def _length(difference: Difference, before: Job, after: Job) -> Difference:
    """A drawn board counts frames, people count seconds; with the same seconds it was the film's rate that changed."""
    assert before.request is not None
    assert after.request is not None
    old, now = before.request.duration_ms, after.request.duration_ms
    if old == now:
        return difference._replace(path="frames")
    return difference._replace(path="duration", before=_seconds(old), after=_seconds(now))


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"


def _settled(before: RenderRequest, after: RenderRequest, found: list[Difference], job: Job) -> list[Difference]:
    """The differences, with what was settled beside the body; what stands in it too is told once."""
    for name, fields in _SETTLED.items():
        old, now = getattr(before, name), getattr(after, name)
        if old == now:
            continue
        sent = next((d for d in found if d.path.rpartition(".")[2] in fields), None)
        difference = Difference(name, "changed", old, now, (), sent.span if sent else job.span)
        found = [d for d in found if d is not sent] + [difference]
    return found


def _film_differences(old: Taken, now: Taken, words: bool) -> Iterator[Difference]:
    """What the film does otherwise with the clip; captions are not told again where the prompt's words are."""
    if old.in_film == now.in_film:
        return
    lasts = (old.shot.duration_ms, old.shot.trim_ms) != (now.shot.duration_ms, now.shot.trim_ms)
    for field in sorted({*old.in_film, *now.in_film}):
        before, after = old.in_film.get(field), now.in_film.get(field)
        told = (field == "lines" and words) or (field == "used_ms" and lasts) or (field == "clip" and _drawn(old, now))
        if told or same_json(before, after):
            continue
        if field == "trim":
            before, after = _range(before), _range(after)
        elif field == "used_ms":
            before, after = _seconds(before or 0), _seconds(after or 0)
        elif field == "card":
            before, after = (value[0] if value else None for value in (before, after))
        yield Difference(_IN_FILM.get(field, field), "changed", before, after, (), now.shot.span)


def _drawn(old: Taken, now: Taken) -> bool:
    """Whether both clips are rendered, so that they are told of by what they are made of."""
    return bool(old.jobs and now.jobs)


def _range(ends: Any) -> str | None:
    return f"{ends[0] / 1000:g}-{ends[1] / 1000:g}s" if ends else None


def same_words(shots: Iterable[ShotChange]) -> dict[str, str]:
    """Shots in whose prompts the very same words change at the same places as in an earlier one, with that one's id: a
    changed variable or template says the same thing of many shots."""
    first: dict[tuple[Any, ...], str] = {}
    found: dict[str, str] = {}
    for shot in shots:
        if shot.prompt is None or shot.references or shot.settings:
            continue
        edits = tuple((part.op, part.text, str(part.span)) for part in shot.prompt.parts if part.op != "equal")
        if edits and first.setdefault(edits, shot.shot) != shot.shot:
            found[shot.shot] = first[edits]
    return found
