"""One build, from the lock to the film: plan, execute, publish, join, record."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.cli.asking.desks import clients, services, with_owners
from r2v_pipeline.cli.locked.lockwork import LockWork, Rules
from r2v_pipeline.cli.making import gate, provisions
from r2v_pipeline.cli.making.consent import Asked, consent
from r2v_pipeline.cli.making.filming import FILM, copy_film, make_film, sweep
from r2v_pipeline.cli.making.glyphs import font_note
from r2v_pipeline.cli.making.idle import IDLE, in_words, looked, nothing_to_do
from r2v_pipeline.cli.making.quotes import quoted
from r2v_pipeline.cli.making.stopping import stoppable
from r2v_pipeline.cli.making.telling import Teller, telling
from r2v_pipeline.cli.stages.front import Front, output_name, paint_for, show
from r2v_pipeline.cli.stages.naming import words_for
from r2v_pipeline.cli.stages.planning import prices
from r2v_pipeline.compile.jobs import CLIPS as CLIP_KINDS
from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.errors import UsageError
from r2v_pipeline.execute import results, session
from r2v_pipeline.execute.bench import Clock, Run, clock
from r2v_pipeline.execute.budget import Budget, month_of
from r2v_pipeline.execute.delivered import check
from r2v_pipeline.execute.outputs import CLIPS, Outputs
from r2v_pipeline.execute.runner import execute
from r2v_pipeline.execute.session import Session
from r2v_pipeline.execute.spending import this_month
from r2v_pipeline.plan.named import told
from r2v_pipeline.plan.planner import plan
from r2v_pipeline.plan.types import DOUBT, Plan
from r2v_pipeline.providers.client import Client
from r2v_pipeline.providers.http.place import Where
from r2v_pipeline.report.plan import to_text
from r2v_pipeline.source.git import commit

SOME_FAILED, DECISION, INTERRUPTED = 4, 5, 130


class Settings(NamedTuple):
    """What the command line asks of a build.  `selection` None is every shot; `film` a second place for the film.

    `again` is how r2v was called, to be shown with more options; `rules` are about the lock.
    """

    selection: frozenset[str] | None
    jobs: int
    fail_fast: bool
    events: str
    film: Path | None
    asked: Asked
    again: str
    rules: Rules = Rules()


class Result(NamedTuple):
    """`unchanged` is what was said when there was nothing to do, else empty; `looked` what that rests on."""

    code: int
    unchanged: str
    looked: list[str]


class Builder:
    """The parts of one build.  Everything that spends or writes happens while the project's lock is held."""

    def __init__(self, front: Front, compilation: Compilation, settings: Settings) -> None:
        self.front = front
        assert front.expanded is not None
        self.expanded = front.expanded
        self.compilation = compilation
        self.settings = settings
        self.root = Path(front.disk.root)
        self.output = output_name(front)
        self.within = front.options.within
        self.clock: Clock = clock()
        self.lock = LockWork(front, compilation, settings.rules)

    def run(self) -> Result:
        gc.enable()
        with session.hold(self.root, within=self.within) as held:
            sweep(self.root / self.output)
            self.lock.enter(held)
            made = self._plan()
            if self.lock.fetch(made, held):
                made = self._plan()
            self.lock.refuse(made)
            if self.settings.film is None and nothing_to_do(made, held, self.root):
                return self._unchanged(made, held)
            with self._services(made, held) as where:
                made = quoted(made, where)
                sys.stdout.write(to_text(made, paint_for(sys.stdout)) + "\n" + self._played(made))
                sys.stdout.flush()
                budget = self._allowed(made, held)
                self.lock.begin()
                with telling(made, self.clock, self.settings.events) as teller:
                    code = self._build(made, held, teller, budget, where)
        return Result(code, "", [])

    @contextlib.contextmanager
    def _services(self, made: Plan, held: Session) -> Iterator[Where]:
        """Where the services are that a plan needs; in a sandbox, for as long as the block lasts."""
        from r2v_pipeline.providers import registry

        desks = _desks(made)
        if self.within and (paid := sorted(desk for desk in desks if not registry.played(desk))):
            raise UsageError(
                f"the sandbox does not play '{paid[0]}', so it would be asked and paid",
                "leave --sandbox out, or name another provider",
            )
        if not any(registry.sold(desk) for desk in desks):
            yield Where()
            return
        with services(self.root, held.state, sandbox=bool(self.within)) as where:
            yield where

    def _played(self, made: Plan) -> str:
        return "in the sandbox: nothing of it is paid\n" if self.within and gate.buys(made) else ""

    def _unchanged(self, made: Plan, held: Session) -> Result:
        text = in_words(made, self.root, selected=self.settings.selection is not None)
        said = self.lock.end()
        sys.stdout.write(f"{text}{said}\n" if said else text)
        return Result(0, text, [*looked(held, self.root / self.output), *self.lock.looked()])

    def _allowed(self, made: Plan, held: Session) -> Budget:
        """What may be spent, after everybody who has a say was asked; a free plan asks nobody and may spend nothing."""
        if not gate.buys(made):
            return gate.NOTHING
        provisions.require(made, held.state)
        if self.within:
            return Budget()
        said = consent(self.settings.asked, self.root)
        month = this_month(held.state, month_of(held.journal.now()))
        return gate.allow(made, said, month, gate.screen(self.settings.again))

    def _plan(self) -> Plan:
        ledger, price = self.lock.view(), prices(self.expanded)
        made = plan(self.compilation, ledger, output=self.output, selection=self.settings.selection, price=price)
        return told(made, ledger)

    def _build(self, made: Plan, held: Session, teller: Teller, budget: Budget, where: Where) -> int:
        if note := font_note(made):
            teller.note(note)
        run = self._execute(made, held, teller, budget, where)
        show(told for outcome in run.outcomes for told in (outcome.problem, *outcome.warnings) if told)
        code = _code(run)
        if not code and (waited := _waited(made, run)):
            teller.note(f"what was in doubt is settled; build again for {', '.join(waited)}")
            code = DECISION
        with stoppable():
            if said := self.lock.end():
                teller.note(said)
            outputs = self._publish(run, held, teller)
            if code != INTERRUPTED:
                self._join(made, run, held, outputs, teller)
        teller.done(run, frozenset(job.id for job in self.compilation.jobs if job.kind == "render"), code)
        return code

    def _execute(self, made: Plan, held: Session, teller: Teller, budget: Budget, where: Where) -> Run:
        return execute(
            made,
            journal=held.journal,
            blobs=held.blobs,
            clients=self._clients(made, held, where),
            reporter=teller.reporter,
            root=self.root,
            jobs=self.settings.jobs,
            fail_fast=self.settings.fail_fast,
            clock=self.clock,
            extract=_take_picture,
            splice=partial(_join_parts, held.state / "pieces"),
            check=check,
            budget=budget,
            revision=commit(self.root),
            alone_first=True,
            named=words_for(self.root, self.front.path, sandbox=bool(self.within)),
        )

    def _clients(self, made: Plan, held: Session, where: Where) -> Mapping[str, Client]:
        at = clients(_desks(made), where, self.settings.jobs)
        return with_owners(at, held.journal.open_attempts().values(), where, {a.job.key for a in made.actions})

    def _publish(self, run: Run, held: Session, teller: Teller) -> Outputs:
        """Every finished clip goes to the output folder, also after a failure or an interrupt."""
        outputs = Outputs(self.root, self.output, held.journal, held.blobs, teller.note)
        clips = {job.id: job for job in self.compilation.jobs if job.kind in CLIP_KINDS}
        for outcome in run.outcomes:
            if outcome.blob and outcome.job_id in clips:
                outputs.publish(f"{CLIPS}/{outcome.job_id}.mp4", outcome.blob, clips[outcome.job_id].key)
        outputs.prune({f"{CLIPS}/{name}.mp4" for name in clips})
        return outputs

    def _join(self, made: Plan, run: Run, held: Session, outputs: Outputs, teller: Teller) -> None:
        """The film, when every shot has its clip; what is missing was said in the plan or in a failure."""
        film = next(job for job in self.compilation.jobs if job.kind == "join")
        action = next(a for a in made.actions if a.job.id == film.id)
        clips = self._film_clips(run, held)
        if action.verb == "reuse" and self.settings.film:
            copy_film(outputs.folder / FILM, self.settings.film)
        # What it lacked in the plan may have been in doubt, and be settled now.
        if clips is None or (action.verb != "render" and action.reason.word != DOUBT):
            return
        make_film(
            self.expanded,
            clips,
            outputs,
            film,
            pieces=held.state / "pieces",
            tell=teller.tell,
            copy_to=self.settings.film,
        )
        results.use(held.journal, self.output, [film], {job.id for job in self.compilation.jobs})

    def _film_clips(self, run: Run, held: Session) -> dict[str, Path] | None:
        made = {outcome.job_id: outcome.blob for outcome in run.outcomes}
        clips: dict[str, Path] = {}
        for shot in self.compilation.storyboard.shots:
            blob = made.get(shot.id)
            if shot.clip:
                clips[shot.id] = self.root / shot.clip.path
            elif blob:
                clips[shot.id] = held.blobs.path(blob)
            else:
                return None
        return clips


def _take_picture(clip: Path, at: str | int, to: Path) -> None:
    from r2v_pipeline.media.pyav import decode_frame

    decode_frame(clip, at).save(to, "PNG")


def _join_parts(pieces: Path, parts: Sequence[tuple[Path, int]], to: Path, going: Callable[[], None]) -> None:
    from r2v_pipeline.assemble.splice import splice

    splice(parts, to, going, pieces=pieces, digests={path: path.name for path, _ in parts})


def _desks(made: Plan) -> set[str]:
    """Where a plan has something to ask."""
    jobs = [action.job for action in made.actions if action.verb not in IDLE]
    return {request.desk for job in jobs for request in job.requests}


def _waited(made: Plan, run: Run) -> list[str]:
    """The shots that waited in the plan for one in doubt, and still lack their clip: nobody has seen their price."""
    lacking = {outcome.job_id for outcome in run.outcomes if outcome.blob is None}
    renders = [action for action in made.actions if action.job.kind == "render" and action.job.id in lacking]
    waited = [action for action in renders if action.verb == "skip" and action.reason.word == DOUBT]
    return list(dict.fromkeys(action.job.shot for action in waited))


def _code(run: Run) -> int:
    states = {outcome.state for outcome in run.outcomes}
    if run.interrupted:
        return INTERRUPTED
    if "failed" in states:
        return SOME_FAILED
    return DECISION if states & {"held", "declined", "detached"} else 0
