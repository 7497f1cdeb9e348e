"""A provider in memory that does what a test says and keeps a bill, and plans made without a compiler."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.canonical import digest, digest_bytes
from r2v_pipeline.compile.jobs import Compilation, Ingredient, Job
from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.execute.bench import Clock, Run
from r2v_pipeline.execute.events import Event
from r2v_pipeline.execute.records import Intent
from r2v_pipeline.execute.runner import execute
from r2v_pipeline.execute.session import Session
from r2v_pipeline.model.types import Film, Storyboard
from r2v_pipeline.plan.types import Action, Plan, Reason, Totals
from r2v_pipeline.providers.base import (
    FINDABLE,
    FREE,
    IDEMPOTENT,
    LOCAL,
    OPAQUE,
    Accepted,
    Answer,
    Cost,
    Failed,
    Finished,
    Found,
    Lost,
    NotSent,
    Reference,
    Refused,
    RenderRequest,
    Running,
    Sought,
    Terms,
    Unknown,
)

Said = Answer | NotSent | Lost


class Dropped(NamedTuple):
    """To a submit: it is lost on its way, and the provider never hears of it."""

    message: str


SPAN = Span(SourceText("story.yaml", "shots: []\n"), 0, 5)
OUTPUT = "build/story"
PAID = Cost(980_000, 980_000, "USD")


def render_job(shot: str, *references: Reference, prompt: str = "", provider: str = "animatic") -> Job:
    """A render job whose key is made of its body, as compile makes it."""
    body = {"shot": shot, "prompt": prompt, "files": [r.placeholder for r in references]}
    request = RenderRequest(provider, "m1", body, references, 2000, 1500)
    made = (Ingredient("prompt", prompt, SPAN),)
    needs = tuple(r.needs for r in references if r.needs)
    return Job(shot, "render", shot, digest([provider, body]), request, made, needs, None, None, SPAN)


def frame_job(clip: Job, frame: str | int = "last") -> Job:
    """The picture `frame` of a clip."""
    key = digest([clip.key, frame])
    return Job(f"{clip.id}@{frame}", "frame", clip.shot, key, None, (), (clip.id,), None, frame, SPAN)


def split_job(
    shot: str, *lengths_ms: int, references: tuple[Reference, ...] = (), provider: str = "animatic"
) -> list[Job]:
    """The parts of a split shot, each so long in writing and with all references, and the splice that joins them."""
    parts = [
        render_job(f"{shot}.{n}", *references, provider=provider)._replace(shot=shot)
        for n, _ in enumerate(lengths_ms, 1)
    ]
    key = digest([[part.key for part in parts], lengths_ms])
    needs = tuple(part.id for part in parts)
    return [*parts, Job(shot, "splice", shot, key, None, (), needs, None, None, SPAN, lengths_ms)]


def from_job(job: Job) -> Reference:
    """A reference to another job's result."""
    kind = "image" if job.kind == "frame" else "video"
    return Reference(0, "ref", "character1", kind, f"shot:{job.shot}", "", f"r2v-job:{job.key}", "", job.id, SPAN)


def from_file(root: Path, path: str) -> Reference:
    """A reference to a local file as it is now."""
    sha256 = digest_bytes((root / path).read_bytes())
    return Reference(0, "ref", "character1", "image", path, sha256, f"r2v-file:sha256:{sha256}", path, "", SPAN)


def plan_of(*jobs: Job, verbs: Mapping[str, str] | None = None, cost: Cost = FREE) -> Plan:
    """A plan that renders all jobs, but for those with another verb."""
    storyboard = Storyboard(
        "story.yaml", "/", "Story", "en", {}, {}, (), Film(None, 30, True, (), False, (), None), {}, "", SPAN
    )
    actions = tuple(
        Action(
            job,
            (verbs or {}).get(job.id, "render"),
            Reason("new", "a test wants it"),
            cost if job.kind == "render" else FREE,
            2000,
            1500,
        )
        for job in jobs
    )
    return Plan(Compilation(storyboard, jobs), OUTPUT, actions, Totals({}, cost))


def answer(said: Accepted | Refused | Unknown) -> Answer:
    """What this provider writes on the wire when it means something."""
    status = {Accepted: 200, Refused: 400, Unknown: 500}[type(said)]
    return Answer(status, (("content-type", "application/json"),), json.dumps(said._asdict()))


def meant(said: Answer) -> Accepted | Refused | Unknown:
    """What `answer` meant."""
    kind = {200: Accepted, 400: Refused, 500: Unknown}[said.status]
    return kind(**json.loads(said.body))


# Jobs of these providers are done before they are asked about; waits are as short as a test wants them.
_QUICK: dict[str, float] = {"poll_every_s": 0.001, "usual_s": 0.002}
FREELY, DEARLY = Terms(LOCAL, ""), Terms(OPAQUE, "acc", **_QUICK)
REPLAYED = Terms(IDEMPOTENT, "acc", key_life_s=86_400.0, **_QUICK)
LISTED = Terms(FINDABLE, "acc", **_QUICK)
Script = Accepted | Refused | Unknown | NotSent | Lost | Dropped | Exception


class Scripted:
    """A provider.  Each shot draws its answers from lists that the test fills; unfilled, everything succeeds at once.

    Its terms are local where a plan is free, and those of a vendor who knows no second chance where it costs; a test
    may set others.  A submit whose answer is lost or unclear was taken all the same, unless it was `Dropped`.

    `bill` is every submit that it took, as shot names; `sent` the bodies, by token.  A job lives in `jobs` (a dict that
    may be shared by two clients: the same provider seen from two builds).
    """

    def __init__(self, jobs: dict[str, str] | None = None, terms: Terms | None = None) -> None:
        self.jobs = {} if jobs is None else jobs
        self.bill: list[str] = []
        self.sent: dict[str, bytes] = {}
        self.taken: dict[str, str] = {}
        self.terms = terms
        self.answers: dict[str, list[Script]] = {}
        self.polls: dict[str, list[Running | Finished | Failed | Exception]] = {}
        self.clips: dict[str, list[bytes | Exception]] = {}
        self.listings: list[Found | Exception] = []
        self.sought: list[Sought] = []
        self.uploads: list[tuple[str, str]] = []
        self.cancelled: list[str] = []
        self.asked: list[str] = []
        self.closed = 0
        self.under_way = 0
        self.most_under_way = 0
        self.on_submit: Callable[[str, str], None] = lambda *_: None

    async def upload(self, path: Path, sha256: str, kind: str, model: str = "") -> str:  # noqa: ARG002
        assert sha256 == digest_bytes(path.read_bytes())
        self.uploads.append((sha256, kind))
        return f"https://files.example/{sha256[:8]}"

    async def send(self, body: bytes, token: str, model: str = "") -> Said:  # noqa: ARG002
        shot = json.loads(body)["shot"]
        self.asked.append(shot)
        self.on_submit(shot, token)
        known = self.taken.get(token) if self.terms and self.terms.submit == IDEMPOTENT else None
        said = self._next(self.answers, shot, Accepted({"id": known or f"{shot}-{len(self.bill)}"}))
        if isinstance(said, Dropped):
            return Lost(said.message)
        if not known and not isinstance(said, (Refused, NotSent)):
            self._take(shot, body, token, said)
        return said if isinstance(said, (NotSent, Lost)) else answer(said)

    def _take(self, shot: str, body: bytes, token: str, said: Accepted | Unknown | Lost) -> None:
        job = said.handle["id"] if isinstance(said, Accepted) else f"{shot}-{len(self.bill)}"
        self.bill.append(shot)
        self.sent[token] = body
        self.taken[token] = job
        self.jobs[job] = shot
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)

    def read(self, answer: Answer, model: str = "") -> Accepted | Refused | Unknown:  # noqa: ARG002
        return meant(answer)

    async def find(self, sought: Sought) -> Found:
        self.sought.append(sought)
        job = self.taken.get(sought.token)
        found = self.listings.pop(0) if self.listings else Found(({"id": job},) if job else (), complete=True)
        if isinstance(found, Exception):
            raise found
        return found

    def handle(self, id: str, model: str = "") -> Mapping[str, Any]:  # noqa: ARG002
        return {"id": id}

    async def quote(self, request: RenderRequest) -> Cost | None:
        return PAID if request.body else None

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        if handle["id"] not in self.jobs:
            return Failed("gone", "no such job", lost=True)
        shot = self.jobs[handle["id"]]
        answer = self._next(self.polls, shot, Finished({"shot": shot}))
        if not isinstance(answer, Running):
            self.under_way -= 1
        return answer

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        to.write_bytes(self._next(self.clips, output["shot"], clip_of(output["shot"])))

    async def cancel(self, handle: Mapping[str, Any]) -> bool:
        self.cancelled.append(self.jobs.pop(handle["id"]))
        return True

    async def close(self) -> None:
        self.closed += 1

    @staticmethod
    def _next(script: dict[str, list[Any]], shot: str, otherwise: Any) -> Any:
        answer = script[shot].pop(0) if script.get(shot) else otherwise
        if isinstance(answer, Exception):
            raise answer
        return answer


class Billed(Scripted):
    """A provider whose bill is a file that outlives this process: a line a submit that it took, synced.

    `loses`: `answers`, of every submit that is sent for the first time; or `requests`, which then never arrive.
    """

    def __init__(self, bill: Path, terms: Terms = DEARLY, loses: str = "") -> None:
        super().__init__(terms=terms)
        self.path, self.loses = bill, loses
        self._seen = bill.with_suffix(".heard")
        self._seen.touch()

    async def send(self, body: bytes, token: str, model: str = "") -> Said:  # noqa: ARG002
        shot = json.loads(body)["shot"]
        first = token not in self._seen.read_text().split()
        if first:
            self._note(self._seen, token)
        if first and self.loses == "requests":
            return Lost("the connection broke")
        honours = self.terms is not None and self.terms.submit == IDEMPOTENT
        if not (honours and token in self.bought()):
            self._note(self.path, f"{shot} {token}")
        return Lost("the answer did not come") if first and self.loses else answer(Accepted({"id": token}))

    @staticmethod
    def _note(path: Path, line: str) -> None:
        with path.open("a") as stream:
            stream.write(f"{line}\n")
            stream.flush()
            os.fsync(stream.fileno())

    def bought(self) -> dict[str, str]:
        """Every job that it was asked for, by token: the provider remembers what it was paid for, whoever asks."""
        lines = (line.split() for line in self.path.read_text().splitlines())
        return {token: shot for shot, token in lines}

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        shot = self.bought().get(handle["id"])
        return Finished({"shot": shot}) if shot else Failed("gone", "no such job", lost=True)

    async def find(self, sought: Sought) -> Found:
        there = sought.token in self.bought()
        return Found(({"id": sought.token},) if there else (), complete=True)


class Heard(list[Event]):
    """A reporter that keeps what it is told."""

    def event(self, event: Event) -> None:
        self.append(event)

    def kinds(self, job: str | None = None) -> list[str]:
        """The kinds of events in order, of one job or all."""
        return [event.kind for event in self if job in (None, event.job)]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of all events of a kind."""
        return [dict(event.data) for event in self if event.kind == kind]


def intent_of(
    job: Job, cost: Cost = FREE, *, terms: Terms | None = None, provider: str = "animatic", run: int | None = None
) -> Intent:
    """What a build intends for a job; its terms fit the price where a test does not say."""
    terms = terms or (FREELY if cost == FREE else DEARLY)
    body = json.dumps({"shot": job.id}).encode()
    return Intent(job.key, job.id, job.shot, provider, "m1", terms, body, cost, run)


def clip_of(shot: str) -> bytes:
    """What every provider of these tests makes of a shot."""
    return f"clip of {shot}".encode()


def check(path: Path) -> None:
    """A clip is whole when it says so."""
    if not path.read_bytes().startswith(b"clip of "):
        raise MediaTrouble("it does not decode")


def extract(clip: Path, frame: str | int, to: Path) -> None:
    """A picture of a clip: its words and the place."""
    to.write_bytes(b"picture " + str(frame).encode() + b" of " + clip.read_bytes())


def splice(parts: Sequence[tuple[Path, int]], to: Path, going: Callable[[], None]) -> None:
    """Clips that say which clips they are made of, and how much of each."""
    going()
    to.write_bytes(spliced(*((path.read_bytes(), ms) for path, ms in parts)))


def spliced(*parts: tuple[bytes, int]) -> bytes:
    """What `splice` makes of clips."""
    return b"clip of " + b" + ".join(b"%d ms of %b" % (ms, clip) for clip, ms in parts)


def build(
    session: Session,
    plan: Plan,
    client: Scripted,
    *,
    heard: Heard | None = None,
    root: Path = Path("/"),
    **changes: Any,
) -> Run:
    """Execute a plan with everything that a test does not care about filled in.

    A client without terms gets those that fit the plan's price.
    """
    if client.terms is None or client.terms in (FREELY, DEARLY):
        client.terms = FREELY if plan.totals.cost == FREE else DEARLY
    tools: dict[str, Any] = {
        "clients": {action.job.request.provider: client for action in plan.actions if action.job.request},
        "reporter": Heard() if heard is None else heard,
        "root": root,
        "jobs": 4,
        "fail_fast": False,
        "clock": Clock(lambda: 0.0),
        "extract": extract,
        "splice": splice,
        "check": check,
    }
    return execute(plan, journal=session.journal, blobs=session.blobs, **(tools | changes))


def states(run: Run) -> dict[str, str]:
    """Job id -> outcome."""
    return {outcome.job_id: outcome.state for outcome in run.outcomes}


def rows(session: Session, columns: str = "shot, no, state") -> list[tuple[Any, ...]]:
    """All attempts, in the order they were made."""
    return session.journal.select(f"SELECT {columns} FROM attempt ORDER BY id")


def codes(run: Run) -> list[str]:
    """The diagnostics of a run, by code."""
    return [outcome.problem.code for outcome in run.outcomes if outcome.problem]


async def forever(*_: Any) -> Any:
    """Something that never answers."""
    await asyncio.Event().wait()


def names(folder: Path) -> Iterable[str]:
    """Every file below a folder, sorted."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
