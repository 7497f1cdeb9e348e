"""WaveSpeedAI: predictions and their history.  As its documentation of November 2026 has it.

A failed task is an answer of 200 whose data say so; everything else that is wrong is refused at once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.sandbox.clock import iso
from r2v_pipeline.sandbox.jobs import CANCELLED, DONE, DRAWING, FAILED, GONE, QUEUED, RUNNING, Job
from r2v_pipeline.sandbox.results import result_url
from r2v_pipeline.sandbox.routes import Call, House, Route, look_with
from r2v_pipeline.sandbox.schema import Fault, body_schema
from r2v_pipeline.sandbox.taking import accept, job_of, wrong_fields
from r2v_pipeline.sandbox.wanted import Wanted, broken, entry_of, understand
from r2v_pipeline.sandbox.wavespeed_media import Media
from r2v_pipeline.sandbox.wavespeed_prices import Prices
from r2v_pipeline.sandbox.wavespeed_shape import parsed, refused, success
from r2v_pipeline.sandbox.wire import MEBIBYTE, Reply, Request, Stream

_STATUS = {QUEUED: "created", RUNNING: "processing", DONE: "completed", FAILED: "failed", CANCELLED: "cancelled"}
_TASK_CODES = {"moderation": 1200, "parameter": 1401, "media": 1402, DRAWING: 1403}
_SYNC_S = 90
_TIMED_OUT = "Sync mode timed out after 90 seconds. The prediction is still processing asynchronously."


class WaveSpeed:
    """Everything below `/api/v3`, and the storage that it hands out addresses for."""

    name = "wavespeed"

    def __init__(self, house: House) -> None:
        self._house = house
        self._provider = providers()["wavespeed"]
        self._kept = self._provider.kept_s["results"]
        media, prices = Media(house, self._provider.kept_s["uploads"]), Prices(house, self.understood)
        reads = [Route("read", method, "/media/{id}/{name}", media.read, open=True) for method in ("GET", "HEAD")]
        self.routes: Sequence[Route] = (
            Route("models", "GET", "/api/v3/models", prices.models),
            Route("balance", "GET", "/api/v3/balance", prices.balance),
            Route("price", "POST", "/api/v3/model/price", prices.price),
            Route("price", "POST", "/api/v3/model/pricing", prices.price),
            Route("list", "POST", "/api/v3/predictions", self._list),
            Route("delete", "POST", "/api/v3/predictions/delete", self._delete),
            Route("poll", "GET", "/api/v3/predictions/{id}", self._poll),
            Route("poll", "GET", "/api/v3/predictions/{id}/result", self._poll),
            Route("ticket", "POST", "/api/v3/media/uploads", media.ticket),
            Route("upload", "POST", "/api/v3/media/upload/binary", media.binary, most=110 * MEBIBYTE),
            Route("upload", "PUT", "/media/{id}/{name}", media.put, open=True, most=110 * MEBIBYTE),
            *reads,
            Route("submit", "POST", "/api/v3/{model*}", self._submit),
        )

    def refuse_key(self, request: Request, *, given: bool) -> Reply:  # noqa: ARG002 (the same for every route)
        """401 in the envelope."""
        return refused(401, "Invalid API key" if given else "Missing API key")

    def not_found(self, request: Request) -> Reply:
        """A path that is none of the API's."""
        return refused(404, f"{request.path[:200]} not found")

    def too_large(self) -> Reply:
        """A body that is too long."""
        return refused(413, "request entity too large")

    def understood(self, call: Call, entry: Entry, body: dict[str, Any]) -> Wanted | Fault:
        """What a body asks for; the first thing that is wrong with it."""
        wrong = wrong_fields(self._house, body_schema(entry), body)
        if wrong:
            return wrong[0]
        given = dict(body)
        if "image" in given and "reference_images" not in given:  # whether it counts beside them nobody says
            given["reference_images"] = [given["image"]]
        wanted = understand(entry, given, "", look_with(self._house, call))
        return next(iter(broken(wanted)), wanted)

    def _submit(self, call: Call) -> Reply | Stream:
        entry = entry_of(self.name, call.given["model"])
        if entry is None:
            return refused(404, f"model not found: {call.given['model'][:200]}")
        body = parsed(call.request)
        if body is None:
            return refused(400, "the request body must be a JSON object")
        wanted = self.understood(call, entry, body)
        if isinstance(wanted, Fault):
            return refused(400, f"{wanted.path}: {wanted.text}")
        minute = self._provider.caps["submits_a_minute"]
        if wait := self._house.rates.over(f"wavespeed submit {call.account}", minute, 60):
            return refused(429, "too many requests: the limit of your account level is reached", retry_s=wait)
        unread = next((look for look in wanted.every_look if look.trouble), None)
        job = job_of(
            self._house, call, entry, body, wanted, id=uuid.uuid4().hex, service=self.name,
            fail=("media", f"Failed to fetch the media: {unread.url[:200]}") if unread else None,
            lanes=self._provider.caps["jobs_at_once"],
        )  # fmt: skip
        shown = accept(self._house, call, job)
        if body.get("enable_sync_mode"):
            return Stream(200, (("content-type", "application/json"),), self._finished(job, call.base))
        return success({**self._shown(job, call.base), "id": shown.id})

    async def _finished(self, job: Job, base: str) -> AsyncIterator[bytes]:
        """The answer of the synchronous mode: the finished prediction, or after 90 s that it goes on without."""
        clock, jobs = self._house.clock, self._house.jobs
        until = job.at + _SYNC_S
        while (state := jobs.state(jobs.known[job.id], self._kept)) in (QUEUED, RUNNING) and clock.now() < until:
            await clock.until(min(until, clock.now() + 0.5))
        data = self._shown(jobs.known[job.id], base)
        if state in (QUEUED, RUNNING):
            data |= {"status": "processing", "code": 5004, "error": _TIMED_OUT}
        yield json.dumps({"code": 200, "message": "success", "data": data}).encode()

    def _poll(self, call: Call) -> Reply:
        job = self._mine(call, call.given["id"])
        return success(self._shown(job, call.base)) if job else refused(404, "prediction not found")

    def _mine(self, call: Call, id: str) -> Job | None:
        job = self._house.jobs.known.get(id)
        if job is None or (job.service, job.account) != (self.name, call.account):
            return None
        return job if self._house.jobs.state(job, self._kept) != GONE else None

    def _shown(self, job: Job, base: str) -> dict[str, Any]:
        state = self._house.jobs.state(job, self._kept)
        data: dict[str, Any] = {
            "id": job.id, "model": job.model, "outputs": [], "has_nsfw_contents": [], "status": _STATUS[state],
            "urls": {"get": f"{base}/api/v3/predictions/{job.id}/result"}, "created_at": iso(job.at), "error": "",
            "timings": {"inference": 0},
        }  # fmt: skip
        if job.ended is not None and job.started is not None:
            spent = int((job.ended - job.started) * 1000)
            data |= {"timings": {"inference": spent}, "executionTime": spent}
        if state == DONE:
            data |= {"outputs": [result_url(base, job, self._kept)], "has_nsfw_contents": [False]}
        if state == FAILED and job.fail:
            code, message = job.fail
            known = int(code) if code.isdecimal() else 1405
            data |= {"error": message, "code": _TASK_CODES.get(code, known)}
        return data

    def _list(self, call: Call) -> Reply:
        """The history: newest first, by model, state and time; with what was asked for where that is wanted."""
        asked = parsed(call.request) or {}
        try:
            page, size = int(asked.get("page", 1)), int(asked.get("page_size", 20))
            since, until = (_time(asked.get(name)) for name in ("created_after", "created_before"))
            if page < 1 or not 1 <= size <= 100:
                raise ValueError
        except (ValueError, TypeError):
            return refused(400, "page, page_size (1 to 100) or a time is not valid")
        rows = []
        for job in self._house.jobs.listed(self.name, call.account):
            if self._mine(call, job.id) is None or not (since or 0) <= job.at <= (until or float("inf")):
                continue
            row = self._shown(job, call.base)
            if (asked.get("model") or job.model) == job.model and (asked.get("status") or row["status"]) == row[
                "status"
            ]:
                rows.append({**row, "input": job.body} if asked.get("include_inputs") else row)
        shown = rows[(page - 1) * size : page * size]
        return success({"page": page, "page_size": size, "total": len(rows), "items": shown})

    def _delete(self, call: Call) -> Reply:
        asked = parsed(call.request)
        ids = asked.get("ids") if asked else None
        if not isinstance(ids, list):
            return refused(400, "ids: it is missing")
        for id in ids:
            if self._mine(call, str(id)):
                self._house.jobs.delete(str(id))
        return success({})


def _time(text: Any) -> float | None:
    """A time of the history; ValueError for what is none."""
    return datetime.fromisoformat(str(text)).timestamp() if text else None
