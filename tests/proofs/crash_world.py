"""A project, a vendor and what lies between them, in one process and one thread: the same every time.

The build is the production's: the planner, the runner, the store, the fake vendor's client.  Only the wire is not: the
vendor is called where HTTP would be (test_crash_wire.py goes over HTTP).  A world can be stopped at any moment, its
disk and the vendor's books put away, and taken up again from there.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from crash_disk import Image, Recorder, look, watching
from crash_scene import EARLIER, FINDABLE, IDEMPOTENT, LAGS, REFUSED_AGAIN, RESUBMITS, SECRET, Books, Scene, Wire
from scripted import SPAN, Heard, from_job

from r2v_pipeline.canonical import digest, digest_bytes
from r2v_pipeline.compile.jobs import Compilation, Ingredient, Job
from r2v_pipeline.execute import resolving, results
from r2v_pipeline.execute.bench import Clock, Run
from r2v_pipeline.execute.budget import MONTH, Budget, Cap
from r2v_pipeline.execute.delivered import check
from r2v_pipeline.execute.journal_view import JournalView
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.execute.runner import execute
from r2v_pipeline.execute.session import Session, hold
from r2v_pipeline.model.types import Film, Storyboard
from r2v_pipeline.plan.planner import plan
from r2v_pipeline.providers.base import Cost, RenderRequest
from r2v_pipeline.providers.fake.bill import Job as Sold
from r2v_pipeline.providers.fake.client import FakeClient, Options
from r2v_pipeline.providers.fake.clips import Shape
from r2v_pipeline.providers.fake.vendor import Settings, Vendor

MICROS = 100_000
PRICE = Cost(MICROS, MICROS, "USD")
BUDGET = Budget((Cap(MONTH, 8 * MICROS, "USD"),))
OUTPUT = "build/story"
BEGIN = 1_800_000_000.0
OPTIONS = Options(settle_s=0.0, poll_every_s=0.001, usual_s=0.002)


class World(NamedTuple):
    """All that there is between two builds: the disk, the vendor's books, and which submits the network has met.

    `safe` is what a power cut would leave of the disk: less, where a kill left what nobody had synced.  `known` are the
    tokens whose answers were on the disk before the crash: nothing about them is in doubt.  `allowed` is how many more
    bills a person has asked for.  `now` is the time, `trail` how it came about.
    """

    disk: Image
    safe: Image
    sold: tuple[Sold, ...]
    uploaded: Mapping[str, bytes]
    met: frozenset[tuple[str, int]]
    known: frozenset[str]
    allowed: int
    now: float
    trail: tuple[str, ...]


class Wrong(Exception):
    """A promise is broken."""


def shot(name: str, way: str, words: str, *references: Any) -> Job:
    """A render of one second."""
    body = _body(name, f"{words} in {name}", references[0].placeholder if references else None)
    request = RenderRequest(f"fake-{way}", "", body, references, 1000, 1000, audio=False)
    made = (Ingredient("prompt", body["prompt"], SPAN), Ingredient("take", 1, SPAN))
    needs = tuple(reference.needs for reference in references)
    return Job(name, "render", name, digest([way, body]), request, made, needs, None, None, SPAN)


def _body(label: str, prompt: str, opening: str | None = None) -> dict[str, Any]:
    return {
        "label": label, "prompt": prompt, "seconds": 1, "width": 64, "height": 64, "audio": False, "take": 1,
        "references": [], "first_frame": opening,
    }  # fmt: skip


def board(way: str, shots: int, words: str = "a lamp") -> Compilation:
    """So many shots, each second one beginning with the last picture of the one before, and the film of them."""
    jobs: list[Job] = []
    clips: list[Job] = []
    for number in range(1, shots + 1):
        if number % 2:
            clips.append(shot(f"s{number}", way, words))
        else:
            before = clips[-1]
            key = digest([before.key, "last"])
            frame = Job(f"{before.id}@last", "frame", before.shot, key, None, (), (before.id,), None, "last", SPAN)
            jobs.append(frame)
            clips.append(shot(f"s{number}", way, words, from_job(frame)))
        jobs.append(clips[-1])
    names = tuple(job.id for job in clips)
    film = Job("film", "join", "", digest([job.key for job in clips]), None, (), names, None, None, SPAN)
    settings = Film(None, 30, True, (), False, (), None)
    story = Storyboard("story.yaml", "/", "Story", "en", {}, {}, (), settings, {}, "", SPAN)
    return Compilation(story, (*jobs, film))


class Place:
    """Where worlds are: a folder for the project, and a vendor."""

    address = "http://vendor"

    def __init__(self, folder: Path, scene: Scene, shots: int) -> None:
        self.scene, self.shots, self._folder = scene, shots, folder
        self._show(board(scene.way, shots))
        self.now = BEGIN
        lag_s = 1e9 if scene.network == LAGS else 0.0
        self.vendor = self.open_vendor(folder / "vendor", Settings(render_s=0.0, kept_s=1e9, lag_s=lag_s))
        self.met: set[tuple[str, int]] = set()
        self.root = folder / "project"
        self.allowed = 0
        self.known: set[str] = set()
        self.trail: tuple[str, ...] = ()
        self._safe, self._synced = Image({}, frozenset()), frozenset[str]()

    def open_vendor(self, folder: Path, settings: Settings) -> Vendor:
        """The vendor, by the clock of this place."""
        return Vendor(folder, settings, lambda: self.now)

    def channel(self) -> Any:
        """A new way to the vendor."""
        return Wire(self.vendor, self.scene.network, self.met)

    def _show(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self.renders = [job for job in compilation.jobs if job.kind == "render"]
        self.film = compilation.jobs[-1]

    def begin(self) -> World:
        """Before the first build.  The vendor has another customer with the same account: a person, in a browser."""
        body = {**_body("stranger", "somebody else's lamp"), "label": "stranger"}
        account = digest_bytes(SECRET.encode())[:12]
        stranger = Sold("fv-000000-stranger", self.scene.way, account, "", digest(body), BEGIN, MICROS, body)
        disk = Image({}, frozenset({".git"}))
        world = World(disk, disk, (stranger,), {}, frozenset(), frozenset(), 0, BEGIN, ())
        return self._earlier(world) if self.scene.start == EARLIER else world

    def _earlier(self, world: World) -> World:
        """The same shots in other words, built in peace: for this build all of that is a matter of the past."""
        scene, now = self.scene, self.compilation
        self.scene = Scene(scene.way)
        self._show(board(scene.way, self.shots, "a candle"))
        self.take_up(world)
        self.finish()
        self.scene = scene
        self._show(now)
        disk = look(self.root)
        jobs = self.vendor.bill.jobs.values()
        past = tuple(job._replace(body={**job.body, "label": f"earlier {job.body['label']}"}) for job in jobs)
        return world._replace(disk=disk, safe=disk, sold=past, uploaded=self._uploaded())

    def _uploaded(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.vendor._files.iterdir()}

    def take_up(self, world: World) -> None:
        """Make the project and the vendor what they were."""
        # Always the same place: names of half-made files depend on it.
        for folder in (self.root, self.vendor._files):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        world.disk.put(self.root)
        self.vendor.bill = Books(world.sold)  # type: ignore[assignment]
        for name, content in world.uploaded.items():
            (self.vendor._files / name).write_bytes(content)
        self.now = world.now
        self.met = set(world.met)
        self._safe, self._synced = world.safe, world.disk.synced
        self.known, self.trail, self.allowed = set(world.known), world.trail, world.allowed

    def put_away(self, name: str, disk: Image, safe: Image) -> World:
        """What a crash now leaves."""
        sold = tuple(self.vendor.bill.jobs.values())
        later = self.now + self.scene.hours * 3600
        past = frozenset(self.met), frozenset(self.known), self.allowed
        return World(disk, safe, sold, self._uploaded(), *past, later, (*self.trail, name))

    def finish(self, recorder: Callable[[str, Mapping[str, Image]], None] | None = None) -> None:
        """Build, and settle what is held as a person would, until the film is there.

        Raises:
            Wrong: it does not come to that, or a promise is broken on the way.
        """
        with contextlib.ExitStack() as stack:
            if recorder:
                stack.enter_context(watching(Recorder(self.root, self._safe, self._synced, recorder)))
            for _ in range(2 * len(self.renders) + 2):
                outcomes = self.build().outcomes
                for failed in (outcome for outcome in outcomes if outcome.state == "failed"):
                    raise Wrong(f"{failed.job_id} failed: {failed.problem and failed.problem.message}")
                held = [outcome.job_id for outcome in outcomes if outcome.state == "held"]
                if not held:
                    return
                self.settle(held)
            raise Wrong("it never ends")

    def build(self) -> Run:
        """One build, as cli/making/builder.py puts it together."""
        client = FakeClient(self.scene.way, self.channel(), OPTIONS)
        with hold(self.root, lambda: self.now, {}) as session:
            ledger = JournalView(session.state, self.root, lambda: self.now)
            made = plan(self.compilation, ledger, output=OUTPUT, selection=None, price=lambda _: PRICE)
            run = execute(
                made,
                journal=session.journal,
                blobs=session.blobs,
                clients={f"fake-{self.scene.way}": client},
                reporter=Heard(),
                root=self.root,
                jobs=2,
                fail_fast=False,
                clock=Clock(lambda: 0.0),
                extract=picture,
                splice=no_splice,
                check=check,
                budget=BUDGET,
            )
            self._publish(session, run)
        return run

    def _publish(self, session: Session, run: Run) -> None:
        outputs = Outputs(self.root, OUTPUT, session.journal, session.blobs, complain)
        made = {outcome.job_id: outcome.blob for outcome in run.outcomes if outcome.blob}
        for job in self.renders:
            if job.id in made:
                outputs.publish(f"clips/{job.id}.mp4", made[job.id], job.key)
        ledger = JournalView(session.state, self.root, lambda: self.now)
        if all(job.id in made for job in self.renders) and not ledger.film_intact(OUTPUT, self.film.key):
            temp = outputs.temp("film.mp4")
            temp.write_bytes(b"".join(session.blobs.path(made[job.id]).read_bytes() for job in self.renders))
            outputs.adopt(temp, "film.mp4", self.film.key)
            results.use(session.journal, OUTPUT, [self.film], {job.id for job in self.compilation.jobs})

    def settle(self, held: Sequence[str]) -> None:
        """What a person does about held shots, with what `r2v resolve` does."""
        with hold(self.root, lambda: self.now, {}) as session:
            journal = session.journal
            there = resolving.waiting(journal, "story.yaml")
            if {attempt.job for attempt in there} != set(held):
                raise Wrong(f"{held} are held, and {[attempt.job for attempt in there]} wait for a person")
            for attempt in there:
                sold = [job for job in self.ours() if job.token == attempt.token]
                if why_not := self._needless(attempt, bool(sold)):
                    raise Wrong(f"{attempt.job} is held, {why_not}")
                if self.scene.person == RESUBMITS:
                    self.allowed += len(sold)
                    resolving.resubmit(journal, attempt)
                elif sold:
                    resolving.found(journal, attempt, {"job": sold[0].id})
                else:
                    resolving.never_ran(journal, attempt)

    def _needless(self, attempt: Attempt, sold: bool) -> str:
        """Why a build could have known better than to ask a person; empty where it could not."""
        way, network, late = self.scene.way, self.scene.network, self.scene.hours > 0
        if attempt.token in self.known:
            return "though its answer was on the disk"
        if way == IDEMPOTENT and not late and network != REFUSED_AGAIN:
            return "and its token still lives"
        return "and the listing shows it" if way == FINDABLE and sold and network != LAGS else ""

    def ours(self) -> list[Sold]:
        """What was sold to this project."""
        return [job for job in self.vendor.bill.jobs.values() if not job.body["label"].endswith("stranger")]

    def expected(self) -> dict[str, bytes]:
        """What it must hold in the end: made of what the vendor makes of each request, without any build."""
        clips: dict[str, bytes] = {}
        opening = ""
        for job in self.renders:
            assert job.request is not None
            body = dict(job.request.body)
            if body["first_frame"]:
                body["first_frame"] = f"{self.address}/files/{opening}"
            clips[job.id] = self.vendor._clips.clip(Shape(64, 64, 1, 24, False), digest(body))
            scratch = self._folder / "clip.mp4", self._folder / "picture.png"
            scratch[0].write_bytes(clips[job.id])
            picture(scratch[0], "last", scratch[1])
            opening = digest_bytes(scratch[1].read_bytes())
        film = b"".join(clips.values())
        return {f"{OUTPUT}/film.mp4": film, **{f"{OUTPUT}/clips/{name}.mp4": clip for name, clip in clips.items()}}

    def files(self) -> dict[str, bytes]:
        """What the output folder holds."""
        below = (path for path in (self.root / "build").rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in below}


def picture(clip: Path, at: str | int, to: Path) -> None:
    """As in cli/making/builder.py."""
    from r2v_pipeline.media.pyav import decode_frame

    decode_frame(clip, at).save(to, "PNG")


def no_splice(*_: Any) -> None:
    """No shot of these boards is split."""
    raise AssertionError


def complain(text: str) -> None:
    """Outputs only ever tell that they found a file which r2v did not make; there is none."""
    raise Wrong(text)
