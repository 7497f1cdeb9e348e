"""DashScope: video synthesis as tasks.

As Alibaba Model Studio's API references of October 2026 have it.  Most wrong fields are found only by the task, which
then fails; a wrong key, header or model is refused at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from r2v_pipeline.providers.catalog.choose import served
from r2v_pipeline.providers.catalog.load import entries, providers
from r2v_pipeline.providers.catalog.types import Entry, Region
from r2v_pipeline.sandbox import dashscope_errors as errors
from r2v_pipeline.sandbox.dashscope_errors import refused
from r2v_pipeline.sandbox.dashscope_tasks import Tasks
from r2v_pipeline.sandbox.dashscope_upload import Uploads
from r2v_pipeline.sandbox.jobs import Job
from r2v_pipeline.sandbox.looking import Look
from r2v_pipeline.sandbox.routes import Call, House, Route, look_with
from r2v_pipeline.sandbox.schema import body_schema
from r2v_pipeline.sandbox.taking import accept, job_of, wrong_fields
from r2v_pipeline.sandbox.wanted import Wanted, broken, entry_of, understand
from r2v_pipeline.sandbox.wire import MEBIBYTE, Reply, Request, json_of, told

SUBMIT = "/services/aigc/video-generation/video-synthesis"
_SUBMITS = 5  # a second, account and model


class DashScope:
    """Every region below a path of its own: `/api/v1` is the usual one, `/cn-beijing/api/v1` another, and
    `/ws-1.cn-beijing/api/v1` a workspace's host."""

    name = "dashscope"

    def __init__(self, house: House) -> None:
        self._house = house
        self._provider = providers()["dashscope"]
        tasks, uploads = Tasks(house, self.region), Uploads(house, self.region)
        made: list[Route] = []
        for base in ("/api/v1", "/{host}/api/v1"):
            made += [
                Route("submit", "POST", base + SUBMIT, self._submit),
                Route("list", "GET", base + "/tasks", tasks.list),
                Route("list", "GET", base + "/tasks/", tasks.list),
                Route("poll", "GET", base + "/tasks/{task_id}", tasks.poll),
                Route("cancel", "POST", base + "/tasks/{task_id}/cancel", tasks.cancel),
                Route("policy", "GET", base + "/uploads", uploads.policy),
                Route("models", "GET", base + "/models", self._models),
            ]
        form = Route("upload", "POST", "/oss/{bucket}", uploads.post, open=True, most=110 * MEBIBYTE)
        self.routes: Sequence[Route] = [*made, form]

    def refuse_key(self, request: Request, *, given: bool) -> Reply:  # noqa: ARG002 (the same for every route)
        """401, at once."""
        return refused(401, "InvalidApiKey", "Invalid API-key provided." if given else "No API-key provided.")

    def not_found(self, request: Request) -> Reply:
        """A path that is none of the API's."""
        return refused(404, "InvalidURL", f"Invalid URL provided in your request: {request.path[:200]}")

    def too_large(self) -> Reply:
        """A body with too much base64 in it."""
        return refused(413, "BadRequest.TooLarge", "Payload Too Large.")

    def region(self, call: Call) -> Region | None:
        """The region that a path means; None for none."""
        named = call.given.get("host", self._house.settings.region).rpartition(".")[2]
        return next((region for region in self._provider.regions if region.id == named), None)

    def _submit(self, call: Call) -> Reply:
        region = self.region(call)
        if region is None:
            return self.not_found(call.request)
        checked = self._checked(call, region)
        if isinstance(checked, Reply):
            return checked
        entry, body = checked
        job = self._job(call, region, entry, body)
        if job.fail and not call.deed.fail and self._house.settings.validate == "sync":
            return refused(400, *job.fail)
        shown = accept(self._house, call, job)
        return told({"output": {"task_status": "PENDING", "task_id": shown.id}, "request_id": job.request_id})

    def _checked(self, call: Call, region: Region) -> tuple[Entry, dict[str, Any]] | Reply:
        """What is refused at once, in the service's own order; else the model and the body."""
        if call.request.headers.get("x-dashscope-async", "").lower() != "enable":
            return refused(403, "AccessDenied", errors.SYNC)
        try:
            body = json_of(call.request.body)
        except ValueError:
            return refused(400, "InvalidParameter", "Required body invalid, please check the request body format.")
        if not isinstance(body, dict) or not isinstance(body.get("model"), str) or not body["model"]:
            return refused(400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
        entry = entry_of("dashscope", body["model"])
        if entry is None or not served(entry, region):
            return refused(400, "InvalidParameter", "Model not exist.")
        if self._house.rates.over(f"dashscope submit {call.account} {entry.id}", _SUBMITS, 1):
            return refused(429, "Throttling.RateQuota", errors.RATE)
        return entry, body

    def _job(self, call: Call, region: Region, entry: Entry, body: dict[str, Any]) -> Job:
        """The task of a submit that was not refused; it fails later where its fields are wrong."""
        wrong = wrong_fields(self._house, body_schema(entry), body)
        wanted = None
        if wrong:
            fail: tuple[str, str] | None = errors.of_fault(wrong[0], entry)
        else:
            wanted = understand(entry, _of_today(body), region.id, look_with(self._house, call))
            fail = self._refusal(call, region, wanted)
        return job_of(
            self._house, call, entry, body, wanted, id=str(uuid.uuid4()), service=self.name, fail=fail,
            lanes=self._provider.caps["jobs_at_once"], region=call.given.get("host", region.id),
            request_id=str(uuid.uuid4()),
        )  # fmt: skip

    def _refusal(self, call: Call, region: Region, wanted: Wanted) -> tuple[str, str] | None:
        """What a valid body is refused for: its references, then the model's limits."""
        resolves = call.request.headers.get("x-dashscope-ossresourceresolve", "").lower() == "enable"
        for look in wanted.every_look:
            if found := errors.of_look(look, resolves=resolves) or self._foreign(look, call, region, wanted.entry.id):
                return found
        limits = broken(wanted)
        return errors.of_fault(limits[0], wanted.entry) if limits else None

    def _foreign(self, look: Look, call: Call, region: Region, model: str) -> tuple[str, str] | None:
        """An upload is bound to its account, region and model, and lives 48 hours."""
        stored = look.stored
        if stored is None or stored.service != self.name:
            return None
        mine = (stored.account, stored.model, stored.region) == (call.account, model, region.id)
        fresh = self._house.clock.now() < stored.at + self._provider.kept_s["uploads"]
        return None if mine and fresh else errors.UNREACHABLE

    def _models(self, call: Call) -> Reply:
        region = self.region(call)
        found = [e for e in entries() if e.provider == self.name and region and served(e, region)]
        rows = [{"id": e.id, "object": "model", "owned_by": "system"} for e in found]
        return told({"object": "list", "data": rows, "request_id": str(uuid.uuid4())})


def _of_today(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the deprecated name of the references as the one of today."""
    inner = body["input"]
    if "reference_video_urls" not in inner or "reference_urls" in inner:
        return dict(body)
    return {**body, "input": {**inner, "reference_urls": inner["reference_video_urls"]}}
