"""The second half of the compile: written shots to the requests of their providers, and to jobs with keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from r2v_pipeline.canonical import Canonical, canonical_text
from r2v_pipeline.compile.beats import beats
from r2v_pipeline.compile.jobs import Compilation, Ingredient, Job, Picked, Way
from r2v_pipeline.compile.keys import FilmInputs, frame_key, join_job, render_ingredients, render_key
from r2v_pipeline.compile.late import Late
from r2v_pipeline.compile.names import Bound
from r2v_pipeline.compile.preflight import Preflight
from r2v_pipeline.compile.script import Texts
from r2v_pipeline.compile.shot import Written
from r2v_pipeline.compile.splice import splice_job
from r2v_pipeline.compile.target import at_provider
from r2v_pipeline.compile.written import Expanded
from r2v_pipeline.diagnostics import Diagnostic, error, has_errors
from r2v_pipeline.model.types import Media, Member, Shot
from r2v_pipeline.providers.base import Beat, Dialect, Prompt, Reference, RenderRequest

# The first frame of a clip travels with the references and is not numbered among them.
FIRST_FRAME = -1

# Which take of a shot is meant, given the key of the clip that its `take:` asks for, and the key of any other take.
TakeOf = Callable[[Shot, str, Callable[[int], str]], int]


def compile_storyboard(
    expanded: Expanded,
    dialects: Mapping[str, Dialect],
    digest_of: Callable[[str], str],
    take_of: TakeOf | None = None,
) -> tuple[Compilation | None, tuple[Diagnostic, ...]]:
    """Requests, keys and jobs, from a storyboard without errors.

    `digest_of` gives the hex sha256 of a project file's bytes; `take_of` is asked for every shot that is rendered,
    upstream ones first, since a key holds the keys of what it needs.  None when a provider cannot make a shot.
    """
    lowering = _Lowering(expanded, dialects, digest_of, take_of)
    jobs = lowering.run()
    if has_errors(lowering.found):
        return None, tuple(lowering.found)
    return Compilation(expanded.storyboard, jobs, lowering.picked), tuple(lowering.found)


class _Lowering:
    """Lowers shots in an order in which every shot comes after those whose pictures it needs."""

    def __init__(
        self,
        expanded: Expanded,
        dialects: Mapping[str, Dialect],
        digest_of: Callable[[str], str],
        take_of: TakeOf | None,
    ) -> None:
        self.expanded = expanded
        self.dialects = dialects
        self.digest_of = digest_of
        self.take_of = take_of
        self.picked: dict[str, Picked] = {}
        self.found: list[Diagnostic] = []
        self.preflight: Preflight | None = None
        self.renders: dict[str, Job] = {}
        self.frames: dict[str, Job] = {}
        self.parts: dict[str, Job] = {}
        self.lengths = {w.shot.id: w.shot.duration_ms for w in expanded.shots}
        self.footage: dict[str, str] = {}
        self.shared: dict[int, tuple[Reference, ...]] = {}
        self.order: list[Job] = []

    def run(self) -> tuple[Job, ...]:
        for written in in_need_order(self.expanded.shots):
            shot = written.shot
            if shot.clip:
                self.footage[shot.id] = self.digest_of(shot.clip.path)
            else:
                self._render(written)
        if not has_errors(self.found):
            self.order.append(self._join())
        return tuple(self.order)

    def _join(self) -> Job:
        texts = {written.shot.id: written.texts for written in self.expanded.shots}
        inputs = FilmInputs(lambda shot, text: texts[shot.id].aloud(text), self.digest_of)
        return join_job(self.expanded.storyboard, self.renders, self.footage, inputs)

    def _render(self, written: Written) -> None:
        """The jobs that make a shot's clip, of the take that is meant."""
        made = self._made(written)
        if made and self.take_of:
            made = self._chosen(written, made, self.take_of)
        if not made:
            return
        shot = written.shot.id
        self.order.extend(made)
        self.renders[shot] = made[-1]
        if len(made) > 1:
            self.parts[shot] = made[0]

    def _chosen(self, written: Written, made: list[Job], take_of: TakeOf) -> list[Job]:
        """The jobs of the take that `take_of` names; `made` are those that the storyboard asks for."""
        shot, said = written.shot, len(self.found)

        def at(take: int) -> list[Job]:
            again = self._made(self.expanded.compiler.compile(shot._replace(take=take))[0])
            if again:  # what there is to say was said of the take as it is written
                del self.found[said:]
            return again

        take = take_of(shot, made[-1].key, lambda number: (at(number) or made)[-1].key)
        if take == shot.take:
            return made
        self.picked[shot.id] = Picked(made[-1].key, take)
        return at(take)

    def _made(self, written: Written) -> list[Job]:
        """The jobs that make a shot's clip, the one that has its id last: one render, or one a part and their splice.

        Empty when it cannot be made, or what it needs cannot: that is reported.
        """
        if not written.jobs:
            written, problems = self.expanded.compiler.with_prompts(written)
            self.found.extend(problems)
        if not written.jobs:
            return []  # its template cannot write the prompt
        numbered, opening = self._references(written.bound), self._opening(written.shot)
        if numbered is None or None in opening:
            return []  # the shot that it needs was refused
        made: list[tuple[Shot, Job]] = []
        for part, prompt in written.jobs:
            bound = numbered + tuple(r for r in opening if r and part.first_frame)
            job = self._job(written, part, prompt, bound)
            if job is None:
                return []
            made.append((part, job))
        jobs = [job for _, job in made]
        return jobs if len(jobs) == 1 else [*jobs, splice_job(written.shot, made)]

    def _job(self, written: Written, part: Shot, prompt: Prompt, bound: tuple[Reference, ...]) -> Job | None:
        request, problems = self._lowered(written.texts, part, prompt, bound)
        self.found.extend(problems)
        if request is None:
            return None
        ingredients = Late(render_ingredients, part, prompt, request, bound)
        needs = tuple(dict.fromkeys([r.needs for r in bound if r.needs]))
        key = render_key(request, part.take)
        if isinstance(request.body, Canonical):
            request.body.forget(self._body, written.texts, part, prompt, bound)
        ways = self._ways(written.texts, part, prompt, bound, request)
        written.texts.rest()
        made = (part.id, "render", written.shot.id, key, request, ingredients, needs, prompt, None, part.span)
        return Job(*made, ways=ways)

    def _ways(
        self, texts: Texts, part: Shot, prompt: Prompt, bound: tuple[Reference, ...], first: RenderRequest
    ) -> tuple[Way, ...]:
        """The request for each provider that may be asked, where there are several."""
        ways = [first] if part.render.provider[1:] else []
        for name in part.render.provider[1:]:
            request, problems = self._lowered(texts, at_provider(part, name), prompt, bound)
            self.found.extend(problems)
            ways += [request] if request else []
        return tuple(Way(request, self.dialects[request.provider].price(request)) for request in ways)

    def _lowered(
        self, texts: Texts, part: Shot, prompt: Prompt, bound: tuple[Reference, ...]
    ) -> tuple[RenderRequest | None, tuple[Diagnostic, ...]]:
        dialect, compiler = self.dialects[part.render.provider[0]], self.expanded.compiler
        board: tuple[Beat, ...] = ()
        if dialect.draws:
            board = beats(compiler.texts_of(texts, part), compiler.scopes.plain, compiler.plain)
        return dialect.lower(part, prompt, board, bound)

    def _body(self, texts: Texts, part: Shot, prompt: Prompt, bound: tuple[Reference, ...]) -> str:
        """The body of a job once more, in its canonical form."""
        request, _ = self._lowered(texts, part, prompt, bound)
        assert request is not None, "it was lowered before"
        return canonical_text(request.body)

    def _references(self, bound: tuple[Bound, ...]) -> tuple[Reference, ...] | None:
        """What a shot refers to; None where another shot has nothing to be taken from.

        Most shots mention the same few members, and share what is bound: made once, unless it comes from a shot.
        """
        known = self.shared.get(id(bound))
        if known is not None:
            return known
        made = [self._reference(b) for b in bound]
        references = tuple([r for r in made if r])
        if len(references) < len(made):
            return None
        if not any(b.member.from_shot for b in bound):
            self.shared[id(bound)] = references
        return references

    def _opening(self, shot: Shot) -> tuple[Reference | None, ...]:
        """The picture that opens the clip, where the shot has one."""
        if not shot.first_frame:
            return ()
        return (self._reference(Bound(self.expanded.storyboard.cast[shot.first_frame], FIRST_FRAME, "")),)

    def _reference(self, bound: Bound) -> Reference | None:
        member = bound.member
        if member.from_shot:
            return self._from_shot(bound)
        media = member.media or Media("", "", "", member.span)
        sha256 = self.digest_of(media.path) if media.path else media.sha256
        # A URL with a digest is keyed by the digest: signed URLs change every day, what they name does not.
        hashed = f"r2v-url:sha256:{sha256}" if sha256 else media.url
        placeholder = f"r2v-file:sha256:{sha256}" if media.path else hashed
        source = media.path or media.url
        return Reference(
            bound.position,
            member.id,
            bound.name,
            member.visual,
            source,
            sha256,
            placeholder,
            media.path,
            "",
            member.span,
            duration_ms=self._video_ms(member),
            voice=self._voice(member),
            voice_path=member.voice.path if member.voice else "",
        )

    def _video_ms(self, member: Member) -> int | None:
        if member.visual != "video":
            return None
        if self.preflight is None:
            self.preflight = Preflight(self.expanded.storyboard, self.expanded.compiler.files)
        return self.preflight.video_ms(member)

    def _voice(self, member: Member) -> str:
        """What stands in the body for a member's voice, for a model that takes one."""
        if not member.voice:
            return ""
        return f"r2v-file:sha256:{self.digest_of(member.voice.path)}" if member.voice.path else member.voice.url

    def _from_shot(self, bound: Bound) -> Reference | None:
        """A picture or clip of another shot: named by the key of the job that makes it, which is known already."""
        member = bound.member
        taken = member.from_shot
        assert taken is not None
        source = f"shot:{taken.shot}" + (f"@{_at(taken.frame)}" if taken.frame is not None else "")
        if taken.shot in self.footage:
            self._from_footage(bound)
            return None
        upstream = self.renders.get(taken.shot)
        if upstream is None:
            return None
        job = upstream if taken.frame is None else self._frame(member, upstream)
        placeholder = f"r2v-job:{job.key}"
        drawn = self.parts.get(taken.shot, upstream).request
        assert drawn is not None
        return Reference(
            bound.position,
            member.id,
            bound.name,
            member.visual,
            source,
            "",
            placeholder,
            "",
            job.id,
            member.span,
            self.dialects[drawn.provider].picture_area(drawn),
            self._video_ms(member),
            self._voice(member),
            member.voice.path if member.voice else "",
        )

    def _from_footage(self, bound: Bound) -> None:
        message = f"'{bound.member.id}' is taken from a shot with own footage, which has no render to take it from"
        help = "name the footage file as its 'video:' instead"
        self.found.append(error("R2V208", message, bound.member.span, help))

    def _frame(self, member: Member, upstream: Job) -> Job:
        """The job that takes one picture out of a clip; shots that need the same picture share it."""
        taken = member.from_shot
        assert taken is not None
        assert taken.frame is not None
        name = f"{upstream.id}@{_at(taken.frame)}"
        if name not in self.frames:
            frame = self._last_used(upstream) if taken.frame == "last" else taken.frame
            key = frame_key(upstream.key, frame)
            made = (Ingredient("of", upstream.key, taken.span), Ingredient("frame", frame, taken.span))
            job = Job(name, "frame", upstream.shot, key, None, made, (upstream.id,), None, frame, taken.span)
            self.frames[name] = job
            self.order.append(job)
        return self.frames[name]

    def _last_used(self, upstream: Job) -> str | int:
        """The last picture of a clip, or of what the film keeps of it where the model makes it longer than written."""
        written = self.lengths[upstream.shot]
        requests = [way.request for way in upstream.ways] or ([upstream.request] if upstream.request else [])
        # A splice has no request, and is cut to its length already.
        return "last" if all(r.duration_ms <= written for r in requests) else max(0, written - 1)


def in_need_order(shots: tuple[Written, ...]) -> list[Written]:
    """Film order, but every shot after those that it needs.  There are no rings here: they were reported."""
    by_id = {w.shot.id: w for w in shots}
    done: set[str] = set()
    ordered: list[Written] = []
    for first in shots:
        trail = [first]
        while trail:
            here = trail[-1]
            waiting = [by_id[n] for n in here.needs if n in by_id and n not in done]
            if waiting and here.shot.id not in done:
                trail.extend(waiting)
                continue
            trail.pop()
            if here.shot.id not in done:
                done.add(here.shot.id)
                ordered.append(here)
    return ordered


def _at(frame: str | int) -> str:
    return frame if isinstance(frame, str) else f"{frame}ms"
