"""Storyboards, jobs and ledgers made by hand: as compile and execute make them, without files and without time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from r2v_pipeline.canonical import digest
from r2v_pipeline.compile.jobs import Compilation, Ingredient, Job
from r2v_pipeline.compile.keys import FilmInputs, frame_key, join_job, render_ingredients, render_key
from r2v_pipeline.compile.splice import splice_job
from r2v_pipeline.compile.split import parts
from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.model.types import Film, Line, Media, Member, Render, Segment, Setting, Shot, Storyboard, Text
from r2v_pipeline.plan.types import OpenAttempt, Plan, Recorded
from r2v_pipeline.providers.base import FREE, Cost, Prompt, PromptPiece, Reference, RenderRequest

OUTPUT = "build/story"
NOWHERE = Span(SourceText("story.yaml", ""), 0, 0)
PAID = Cost(980_000, 980_000, "USD")


def span(text: str, part: str = "", name: str = "story.yaml") -> Span:
    """The place of `part` (default: all) in a file that holds just `text`."""
    start = text.index(part) if part else 0
    return Span(SourceText(name, text), start, start + len(part or text))


def written(text: str) -> Text:
    """A text field that is a whole file."""
    return Text(text, span(text))


def shot(
    name: str,
    action: str = "Wind.",
    *,
    ms: int = 2000,
    by: str = "",
    cast: Iterable[str] = (),
    tags: Iterable[str] = (),
    first_frame: str = "",
    clip: str = "",
    take: int = 1,
    settings: Mapping[str, Setting] | None = None,
) -> Shot:
    """A shot of one segment; `by` says a line in it."""
    line = Line(by, written("Hello."), "", "spoken", None, None, NOWHERE)
    segment = Segment(0, ms, written(action), (), (line,) if by else (), None, NOWHERE)
    render = Render(("animatic",), "", "", "720p", "16:9", True, False, None, False, "auto", "trim", settings or {})
    return Shot(
        id=name,
        intro=None,
        segments=(segment,),
        prompt=None,
        duration_ms=ms,
        first_frame=first_frame,
        cast=tuple(Setting(member, NOWHERE) for member in cast),
        style=None,
        negative=None,
        quiet=(),
        render=render,
        template=None,
        split="never",
        take=take,
        transition=None,
        trim_ms=None,
        title_card=None,
        clip=Media(clip, "", digest(clip), NOWHERE) if clip else None,
        audio=None,
        tags=tuple(tags),
        meta={},
        span=span(f"id: {name}\n"),
    )


def beats(name: str, *actions: str, ms: int = 6000, **more: Any) -> Shot:
    """A shot of several segments, each as long as the others."""
    one = shot(name, ms=ms, **more)
    timed = tuple(
        Segment(n * ms, (n + 1) * ms, written(action), (), (), None, one.segments[0].span)
        for n, action in enumerate(actions)
    )
    return one._replace(segments=timed, duration_ms=len(timed) * ms, split="auto")


def member(name: str, *, voice: str = "") -> Member:
    """A cast member without a picture, maybe with a voice."""
    sound = Media(voice, "", "", span(f"voice: {voice}", voice)) if voice else None
    return Member(name, "person", "", None, None, sound, "", "", {}, NOWHERE)


def picture(name: str, path: str, content: str, position: int = 0) -> Reference:
    """A cast member's picture; `content` stands for the bytes of the file."""
    sha256 = digest(content)
    return Reference(
        position,
        name,
        f"character{position + 1}",
        "image",
        path,
        sha256,
        f"r2v-file:sha256:{sha256}",
        path,
        "",
        NOWHERE,
    )


def result(job: Job, name: str = "prev") -> Reference:
    """What another job makes, as a reference."""
    source = f"shot:{job.shot}"
    return Reference(0, name, "character1", "image", source, "", f"r2v-job:{job.key}", "", job.id, NOWHERE)


def render(
    of: Shot,
    *references: Reference,
    job: str = "",
    prompt: Prompt | None = None,
    provider: str = "animatic",
    model: str = "",
    used_ms: int | None = None,
    **body: Any,
) -> Job:
    """The render job of a shot; its prompt is the actions as written, unless given."""
    prompt = prompt or _actions(of)
    sent = {"shot": of.id, "prompt": prompt.text, "files": [r.placeholder for r in references], **body}
    request = RenderRequest(provider, model, sent, references, of.duration_ms, used_ms or of.duration_ms)
    needs = tuple(dict.fromkeys(r.needs for r in references if r.needs))
    key = render_key(request, of.take)
    made = render_ingredients(of, prompt, request, references)
    return Job(job or of.id, "render", of.id, key, request, made, needs, prompt, None, of.span)


def _actions(of: Shot) -> Prompt:
    text, pieces = "", []
    for number, segment in enumerate(of.segments):
        assert segment.action is not None
        text += " " * bool(text)
        end = len(text) + len(segment.action.value)
        pieces.append(PromptPiece(len(text), end, f"segments[{number}].action", segment.action.span))
        text += segment.action.value
    return Prompt(text, "", tuple(pieces))


def split(of: Shot, *sizes: int, **more: Any) -> list[Job]:
    """The jobs of a shot that is cut after so many segments: its parts, and the splice that makes its clip."""
    made = [(part, render(part, job=part.id, **more)._replace(shot=of.id)) for part in parts(of, sizes)]
    return [*(job for _, job in made), splice_job(of, made)]


def frame(clip: Job, at: str | int = "last") -> Job:
    """The picture `at` of a clip."""
    key = frame_key(clip.key, at)
    made = (Ingredient("of", clip.key, NOWHERE), Ingredient("frame", at, NOWHERE))
    return Job(f"{clip.id}@{at}", "frame", clip.shot, key, None, made, (clip.id,), None, at, NOWHERE)


def storyboard(shots: Iterable[Shot], cast: Iterable[Member] = (), film: Film | None = None) -> Storyboard:
    """A storyboard of these shots."""
    film = film or Film(None, 30, True, (), False, (), NOWHERE)
    members = {entry.id: entry for entry in cast}
    return Storyboard("story.yaml", "", "Story", "en", {}, members, tuple(shots), film, {}, "", NOWHERE)


def compilation(shots: Iterable[Shot], jobs: Iterable[Job] | None = None, **more: Any) -> Compilation:
    """A storyboard and its jobs (default: one render a shot without own footage), with the film at the end."""
    board = storyboard(shots, **more)
    made = [render(one) for one in board.shots if not one.clip] if jobs is None else list(jobs)
    renders = {job.shot: job for job in made if job.kind in ("render", "splice")}
    footage = {one.id: one.clip.sha256 for one in board.shots if one.clip}
    film = join_job(board, renders, footage, FilmInputs(lambda _, text: text.value, digest))
    return Compilation(board, (*made, film))


class Ledger:
    """A ledger in memory: fill its tables to say what earlier builds left."""

    def __init__(self) -> None:
        self.blobs: dict[str, str] = {}
        self.gone: set[str] = set()
        self.attempts: dict[str, OpenAttempt] = {}
        self.used: dict[str, Recorded] = {}
        self.films: set[str] = set()

    @classmethod
    def after(cls, *built: Compilation) -> Ledger:
        """What builds of these compilations leave, one after the other."""
        ledger = cls()
        for compiled in built:
            for job in compiled.jobs:
                ledger.used[job.id] = Recorded(job.key, {item.path: item.value for item in job.ingredients})
                if job.kind == "join":
                    ledger.films = {job.key}
                else:
                    ledger.blobs[job.key] = digest(job.key)
        return ledger

    def lose(self, job: Job) -> None:
        """The finished result of a job is deleted."""
        del self.blobs[job.key]
        self.gone.add(job.key)

    def open(self, job: Job, state: str, settles: bool = False) -> None:
        """An attempt in flight, sent at one minute past the epoch."""
        self.attempts[job.key] = OpenAttempt(state, "wan", 60.0, settles)

    def stored(self, key: str) -> str | None:
        return self.blobs.get(key)

    def lost(self, key: str) -> bool:
        return key in self.gone

    def open_attempt(self, key: str) -> OpenAttempt | None:
        return self.attempts.get(key)

    def last(self, output: str, job_id: str) -> Recorded | None:
        return self.used.get(job_id) if output == OUTPUT else None

    def film_intact(self, output: str, key: str) -> bool:
        return output == OUTPUT and key in self.films


def free(_: Job) -> Cost:
    """The animatic's price."""
    return FREE


def paid(_: Job) -> Cost:
    """98 cents, whatever it is."""
    return PAID


def verbs(plan: Plan) -> dict[str, str]:
    """Job id -> verb."""
    return {action.job.id: action.verb for action in plan.actions}


def reasons(plan: Plan) -> dict[str, str]:
    """Job id -> why, in words."""
    return {action.job.id: action.reason.text for action in plan.actions}
