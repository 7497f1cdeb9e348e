"""What the fake vendor does with a request: files, jobs, a listing, results; three manners of submit side by side.

Below `/idempotent/v1` a client's key buys once as long as it lives; below `/findable/v1` there is a listing, which
lags; below `/opaque/v1` there is neither.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.canonical import digest, digest_bytes
from r2v_pipeline.providers.client import FINDABLE, IDEMPOTENT, OPAQUE
from r2v_pipeline.providers.fake.bill import Bill, Job
from r2v_pipeline.providers.fake.clips import Clips, Shape
from r2v_pipeline.providers.fake.wire import Reply, Request, refused, told

MODES = (IDEMPOTENT, FINDABLE, OPAQUE)
ENDPOINTS = ("upload", "submit", "poll", "list", "download", "cancel", "price", "balance")
MICROS_A_SECOND = 100_000


class Settings(NamedTuple):
    """How the vendor behaves.  Times are seconds of its own clock, which runs `speed` times as fast as ours: rendering,
    the lag of the listing, the life of a client's key and of a result."""

    modes: tuple[str, ...] = MODES
    speed: float = 1.0
    render_s: float = 20.0
    lag_s: float = 0.0
    key_life_s: float = 86_400.0
    kept_s: float = 86_400.0
    page: int = 50
    credit_micros: int = 1_000_000_000


class Asked(NamedTuple):
    """A request, understood: which endpoint it is for, in which manner, and what of the path is left."""

    endpoint: str
    mode: str
    rest: str


class Vendor:
    """The whole service but for its wire.  Everything that it must not forget is in `state`."""

    def __init__(self, state: Path, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self._files = state / "files"
        self._files.mkdir(parents=True, exist_ok=True)
        self.bill = Bill(state / "bill.jsonl")
        self._clips = Clips(state / "clips")
        self._clock = clock
        self.requests: Counter[str] = Counter()
        # Set before a submit is answered: how its job will end, and whose id it gets.
        self.end, self.same_id = "", False

    def understand(self, request: Request) -> Asked | None:
        """Which endpoint a request is for; None for none."""
        if request.path.startswith("/results/"):
            return Asked("download", "", request.path.removeprefix("/results/"))
        mode, _, path = request.path.strip("/").partition("/v1/")
        if mode not in self.settings.modes:
            return None
        what, _, rest = path.partition("/")
        kinds = {
            ("PUT", "files"): "upload", ("POST", "jobs"): "cancel" if rest else "submit",
            ("GET", "jobs"): "poll" if rest else "list", ("GET", "price"): "price", ("GET", "balance"): "balance",
        }  # fmt: skip
        endpoint = kinds.get((request.method, what), "")
        return Asked(endpoint, mode, rest) if endpoint else None

    def answer(self, asked: Asked, request: Request) -> Reply:
        """Does what is asked."""
        if asked.endpoint == "download":
            return self._download(asked.rest, request)
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key.startswith("sbx_"):
            return refused(401, "not_a_sandbox_key", "this server takes keys that begin with sbx_, and no other")
        account = digest_bytes(key.encode())[:12]
        doing: dict[str, Callable[[], Reply]] = {
            "upload": lambda: self._upload(asked.rest, request),
            "submit": lambda: self._submit(asked.mode, account, request),
            "poll": lambda: self._poll(account, asked.rest, request.headers["host"]),
            "list": lambda: self._list(asked.mode, account, request),
            "cancel": lambda: self._cancel(account, asked.rest.removesuffix("/cancel")),
            "price": lambda: told({"micros_per_second": MICROS_A_SECOND, "currency": "USD"}),
            "balance": lambda: told({"left_micros": self._left(), "billed_micros": self._billed()}),
        }
        return doing[asked.endpoint]()

    def ledger(self) -> dict[str, Any]:
        """The bill, how often each token and body was accepted, and how often each endpoint was asked."""
        jobs = self.bill.jobs.values()
        return {
            **self.bill.ledger(),
            "by_token": dict(Counter(job.token for job in jobs)),
            "by_digest": dict(Counter(job.digest for job in jobs)),
            "by_label": dict(Counter(str(job.body.get("label", "")) for job in jobs)),
            "requests": dict(self.requests),
        }

    def _upload(self, sha256: str, request: Request) -> Reply:
        if hashlib.sha256(request.body).hexdigest() != sha256:
            return refused(422, "wrong_digest", "the file is not what its address says")
        (self._files / sha256).write_bytes(request.body)
        return told({"url": f"http://{request.headers['host']}/files/{sha256}"}, 201)

    def _submit(self, mode: str, account: str, request: Request) -> Reply:
        try:
            body = json.loads(request.body)
        except ValueError:
            return refused(400, "not_json", "the body is no JSON")
        if wrong := _wrong(body) or self._unknown_file(body):
            return refused(422, "bad_request", wrong)
        token, print_ = request.headers.get("idempotency-key", ""), digest(body)
        known = self.bill.of_token(mode, account, token) if mode == IDEMPOTENT and token else None
        if known and (self._clock() - known.at) * self.settings.speed < self.settings.key_life_s:
            if known.digest != print_:
                return refused(422, "key_reused", "the same key came with another body")
            return told({"id": known.id, "status": "queued"}, 200)
        micros = body["seconds"] * MICROS_A_SECOND
        if micros > self._left():
            return refused(402, "insufficient_balance", "the account is empty")
        id = f"fv-{len(self.bill.jobs) + 1:06d}-{print_[:8]}"
        job = Job(id, mode, account, token, print_, self._clock(), micros, body, self.end)
        self.bill.accept(job)
        shown = next(iter(self.bill.jobs)) if self.same_id else id
        return told({"id": shown, "status": "queued"}, 201, ("x-request-id", f"rq-{id}"))

    def _unknown_file(self, body: dict[str, Any]) -> str:
        urls = [reference["url"] for reference in body.get("references", [])]
        for url in (*urls, *filter(None, [body.get("first_frame")])):
            if "/files/" in url and not (self._files / url.rpartition("/")[2]).exists():
                return "a reference was never uploaded"
            if not url.startswith("http"):
                return "a reference is not an address"
        return ""

    def _poll(self, account: str, id: str, host: str) -> Reply:
        job = self.bill.jobs.get(id)
        if job is None or job.account != account:
            return refused(404, "no_such_job", "there is no such job")
        return told(self._shown(job, host))

    def _shown(self, job: Job, host: str) -> dict[str, Any]:
        age = (self._clock() - job.at) * self.settings.speed
        shown: dict[str, Any] = {"id": job.id, "created_ms": int(job.at * 1000)}
        if job.cancelled_at is not None:
            return {**shown, "status": "cancelled", "billed_micros": 0}
        if age > self.settings.kept_s:
            return {**shown, "status": "unknown"}
        if age < self.settings.render_s:
            share = age / self.settings.render_s
            return {**shown, "status": "running" if share > 0.1 else "queued", "progress": round(max(share, 0.0), 3)}
        if job.end:
            error = {"code": job.end, "message": "the vendor could not render it"}
            return {**shown, "status": "failed", "error": error, "billed_micros": 0}
        url = f"http://{host}/results/{job.id}.mp4"
        return {**shown, "status": "succeeded", "result": {"url": url}, "billed_micros": job.billed}

    def _list(self, mode: str, account: str, request: Request) -> Reply:
        """Jobs of a time, newest first, page by page; one that is too fresh is not there yet."""
        if mode != FINDABLE:
            return refused(404, "no_listing", "this service does not list jobs")
        try:
            since, until, page = (int(request.query.get(name, "0")) for name in ("since_ms", "until_ms", "page"))
        except ValueError:
            return refused(400, "bad_query", "times are whole milliseconds")
        now, speed = self._clock(), self.settings.speed
        rows = [
            {**self._shown(job, request.headers["host"]), "input": job.body}
            for job in reversed(self.bill.jobs.values())
            if job.mode == mode and job.account == account and since <= job.at * 1000 <= (until or now * 1000)
            if (now - job.at) * speed >= self.settings.lag_s
        ]
        start = page * self.settings.page
        more = page + 1 if start + self.settings.page < len(rows) else None
        return told({"jobs": rows[start : start + self.settings.page], "next": more})

    def _cancel(self, account: str, id: str) -> Reply:
        """Only what has not begun can be stopped."""
        job = self.bill.jobs.get(id)
        if job is None or job.account != account:
            return refused(404, "no_such_job", "there is no such job")
        queued = self._shown(job, "").get("status") == "queued"
        if queued:
            self.bill.cancel(id, self._clock())
        return told({"cancelled": queued or job.cancelled_at is not None})

    def _download(self, name: str, request: Request) -> Reply:
        job = self.bill.jobs.get(name.removesuffix(".mp4"))
        if job is None or self._shown(job, "")["status"] != "succeeded":
            return refused(404, "no_such_result", "there is nothing here")
        asked = job.body
        shape = Shape(asked["width"], asked["height"], asked["seconds"], asked.get("fps", 24), asked["audio"])
        data = self._clips.clip(shape, job.digest)
        headers = (("content-type", "video/mp4"), ("etag", f'"{job.digest[:16]}"'), ("accept-ranges", "bytes"))
        wanted = request.headers.get("range", "")
        start = wanted.removeprefix("bytes=").removesuffix("-")
        if not start.isdecimal() or request.headers.get("if-range", headers[1][1]) != headers[1][1]:
            return Reply(200, data, headers)
        if int(start) >= len(data):
            return refused(416, "no_such_part", "it is not so long")
        part = ("content-range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        return Reply(206, data[int(start) :], (*headers, part))

    def _billed(self) -> int:
        return sum(job.billed for job in self.bill.jobs.values())

    def _left(self) -> int:
        return self.settings.credit_micros - self._billed()


def _wrong(body: Any) -> str:
    """Why a body cannot be rendered; empty when it can."""
    if not isinstance(body, dict) or not str(body.get("prompt", "")).strip():
        return "a prompt is needed"
    numbers = [body.get(name) for name in ("seconds", "width", "height")]
    if any(type(number) is not int for number in numbers) or not 1 <= body["seconds"] <= 60:
        return "seconds (1 to 60), width and height are whole numbers"
    if body["width"] % 2 or body["height"] % 2 or not all(16 <= body[side] <= 4096 for side in ("width", "height")):
        return "width and height are even, 16 to 4096"
    return "" if isinstance(body.get("audio"), bool) else "audio is true or false"
