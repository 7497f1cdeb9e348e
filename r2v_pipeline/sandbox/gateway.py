"""Vercel AI Gateway: video models, started and asked about, or in one long answer.

The SDK's own transport: `/v4/ai` is that of @ai-sdk/gateway 4; `/v3/ai`, of version 3, has only the synchronous route.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.sandbox.gateway_body import BODY, Meant, meaning
from r2v_pipeline.sandbox.gateway_rest import Rest, cost_of, refused
from r2v_pipeline.sandbox.jobs import CANCELLED, DONE, FAILED, GONE, QUEUED, RUNNING, Job
from r2v_pipeline.sandbox.results import result_url
from r2v_pipeline.sandbox.routes import Call, House, Route, look_with
from r2v_pipeline.sandbox.schema import Fault
from r2v_pipeline.sandbox.taking import accept, job_of, wrong_fields
from r2v_pipeline.sandbox.wanted import Wanted, broken, entry_of
from r2v_pipeline.sandbox.wire import Reply, Request, Stream, json_of, told

_JOB = {QUEUED: "queued", RUNNING: "running", DONE: "completed", FAILED: "failed", CANCELLED: "cancelled"}
_KEY_LIFE_S = 86_400  # how long a key is known is not documented
_HEARTBEAT_S = 15


class Gateway:
    """Models of the catalog's provider `vercel`."""

    name = "gateway"

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept = providers()["vercel"].kept_s["results"]
        self.routes: Sequence[Route] = (
            Route("submit", "POST", "/v4/ai/video-model/start", self._start),
            Route("poll", "POST", "/v4/ai/video-model/status", self._status),
            Route("sync", "POST", "/v4/ai/video-model", self._sync),
            Route("sync", "POST", "/v3/ai/video-model", self._sync),
            *Rest(house).routes,
        )

    def refuse_key(self, request: Request, *, given: bool) -> Reply:  # noqa: ARG002 (the same for every route)
        """401, in the shape of every error."""
        why = "Invalid API key" if given else "Missing Authorization header"
        return refused(401, "authentication_error", why)

    def not_found(self, request: Request) -> Reply:  # noqa: ARG002 (the same for every path)
        """Nothing is here."""
        return refused(404, "not_found", "Not found")

    def too_large(self) -> Reply:
        """A body that is too long."""
        return refused(413, "invalid_request_error", "Request body too large")

    def _start(self, call: Call) -> Reply:
        """Take a job on; the same key with the same body is the same job."""
        read = self._read(call)
        if isinstance(read, Reply):
            return read
        entry, body, meant = read
        key = call.request.headers.get("idempotency-key", "")
        job = self._job(call, entry, body, meant.wanted, key)
        known = self._house.jobs.of_token(self.name, call.account, key) if key else None
        if known and self._house.clock.now() < known.at + _KEY_LIFE_S:
            if known.digest != job.digest:  # what the gateway does here is not documented
                return refused(409, "invalid_request_error", "idempotency-key was used with another request")
            self._house.jobs.again(known.id)
            return self._started(known, meant)
        return self._started(accept(self._house, call, job), meant)

    def _started(self, job: Job, meant: Meant) -> Reply:
        said: dict[str, Any] = {"jobId": job.id, "status": "queued"}
        if "callbackUrl" in job.body:
            said["webhookSigningSecret"] = "whsec_" + digest_bytes(job.id.encode())[:24]
        answer = {
            "operation": {"gatewayJobId": job.id}, "warnings": list(meant.warnings),
            "providerMetadata": {"gateway": {"asyncJob": said}},
        }  # fmt: skip
        return told(answer, 202)

    def _read(self, call: Call) -> tuple[Entry, dict[str, Any], Meant] | Reply:
        """The model, the body and what it means; else what is refused."""
        wrong = _wrong_headers(call.request)
        if wrong:
            return refused(400, "invalid_request_error", wrong)
        model = call.request.headers.get("ai-model-id", "")
        entry = entry_of("vercel", model)
        if entry is None:
            return refused(404, "model_not_found", f"Model '{model}' not found", {"modelId": model})
        try:
            body = json_of(call.request.body)
        except ValueError:
            return refused(400, "invalid_request_error", "Request body must be valid JSON")
        found = wrong_fields(self._house, BODY, body)
        if not found and "callbackUrl" in body and not call.request.path.endswith("/start"):
            found = [Fault("callbackUrl", "additionalProperties", "there is no such field")]
        meant = found[0] if found else meaning(entry, body, look_with(self._house, call))
        fault = meant if isinstance(meant, Fault) else self._limit(meant.wanted)
        if fault or isinstance(meant, Fault):
            said = fault or Fault("", "", "")
            return refused(
                400, "invalid_request_error", f"Invalid request: {said.path}: {said.text}", {"path": said.path}
            )
        return entry, body, meant

    def _limit(self, wanted: Wanted) -> Fault | None:
        unread = [look for look in wanted.every_look if look.trouble]
        if unread:
            return Fault("references", "media", f"{unread[0].url[:200]} could not be fetched")
        return next(iter(broken(wanted)), None)

    def _job(self, call: Call, entry: Entry, body: dict[str, Any], wanted: Wanted, key: str) -> Job:
        id = f"job_{secrets.token_hex(12)}"
        return job_of(self._house, call, entry, body, wanted, id=id, service=self.name, token=key)

    def _status(self, call: Call) -> Reply:
        wrong = _wrong_headers(call.request)
        if wrong:
            return refused(400, "invalid_request_error", wrong)
        try:
            operation = json_of(call.request.body)["operation"]
            id = operation["gatewayJobId"]
        except (ValueError, KeyError, TypeError):
            return refused(400, "invalid_request_error", "operation is missing or none of ours")
        job = self._house.jobs.known.get(id) if isinstance(id, str) else None
        mine = job is not None and (job.service, job.account) == (self.name, call.account)
        if job is None or not mine or job.model != call.request.headers.get("ai-model-id"):
            return refused(404, "not_found", "Async job not found")
        return told(self._shown(job, call.base))

    def _shown(self, job: Job, base: str) -> dict[str, Any]:
        state = self._house.jobs.state(job, self._kept)
        said: dict[str, Any] = {"jobId": job.id, "status": _JOB.get(state, "completed")}
        metadata: dict[str, Any] = {"gateway": {"asyncJob": said}}
        if state in (QUEUED, RUNNING):
            return {"status": "pending", "warnings": [], "providerMetadata": metadata}
        if state == CANCELLED:
            return {"status": "cancelled", "providerMetadata": metadata}
        if job.fail:
            return {"status": "error", "error": job.fail[1], "providerMetadata": metadata}
        said["result"] = {"expiresAt": int(((job.ended or 0) + self._kept) * 1000)}
        metadata = {
            **metadata,
            "gateway": {**metadata["gateway"], **cost_of(job)},
            "alibaba": _alibaba(job, base, self._kept),
        }
        videos = [] if state == GONE else [self._video(job, base)]  # expired: completed, and nothing there
        return {"status": "completed", "videos": videos, "warnings": [], "providerMetadata": metadata}

    def _video(self, job: Job, base: str) -> dict[str, str]:
        """By address; `providerOptions.sandbox.result: base64` asks for the bytes, since the AI SDK's own download
        refuses every address on its own machine."""
        if job.body.get("providerOptions", {}).get("sandbox", {}).get("result") == "base64":
            path: Path = self._house.clip(job)
            return {"type": "base64", "data": base64.b64encode(path.read_bytes()).decode(), "mediaType": "video/mp4"}
        return {"type": "url", "url": result_url(base, job, self._kept), "mediaType": "video/mp4"}

    def _sync(self, call: Call) -> Reply | Stream:
        """One answer that lasts as long as the job; there is no key, so a lost answer is a paid clip that is lost."""
        if call.request.headers.get("accept") != "text/event-stream":
            return refused(400, "invalid_request_error", "accept must be text/event-stream")
        read = self._read(call)
        if isinstance(read, Reply):
            return read
        entry, body, meant = read
        job = self._job(call, entry, body, meant.wanted, "")
        accept(self._house, call, job)
        return Stream(200, (("content-type", "text/event-stream"),), self._events(job, call.base, meant))

    async def _events(self, job: Job, base: str, meant: Meant) -> AsyncIterator[bytes]:
        clock, jobs = self._house.clock, self._house.jobs
        yield b":\n\n"
        beat = clock.now() + _HEARTBEAT_S
        while jobs.state(jobs.known[job.id], self._kept) in (QUEUED, RUNNING):
            await clock.until(clock.now() + 0.2)
            if clock.now() >= beat:
                beat = clock.now() + _HEARTBEAT_S
                yield b":\n\n"
        yield b":\n\n"
        done = jobs.known[job.id]
        if done.fail:
            event: dict[str, Any] = {
                "type": "error", "message": done.fail[1], "errorType": "internal_server_error", "statusCode": 500,
                "param": None,
            }  # fmt: skip
        else:
            metadata = {"alibaba": _alibaba(done, base, self._kept), "gateway": cost_of(done)}
            event = {
                "type": "result", "videos": [self._video(done, base)], "warnings": list(meant.warnings),
                "providerMetadata": metadata,
            }  # fmt: skip
        yield b"data: " + json.dumps(event).encode() + b"\n\n"


def _wrong_headers(request: Request) -> str:
    """What is wrong with the head of a request; empty for nothing."""
    headers = request.headers
    version = request.path.split("/")[1].removeprefix("v")
    if headers.get("ai-gateway-protocol-version") != "0.0.1":
        return "ai-gateway-protocol-version must be 0.0.1"
    if headers.get("ai-video-model-specification-version") != version:
        return f"ai-video-model-specification-version must be {version}"
    if headers.get("ai-gateway-auth-method") not in ("api-key", "oidc"):
        return "ai-gateway-auth-method must be api-key or oidc"
    if not headers.get("user-agent"):
        return "user-agent must not be empty"
    if not headers.get("content-type", "").startswith("application/json"):
        return "content-type must be application/json"
    return "" if headers.get("ai-model-id") else "ai-model-id is missing"


def _alibaba(job: Job, base: str, kept_s: float) -> dict[str, Any]:
    order = job.order
    tier = 1080 if min(order["width"], order["height"]) > 960 else 720
    usage = {
        "duration": job.billed_ms / 1000, "outputVideoDuration": order["ms"] // 1000, "resolution": tier,
        "size": f"{order['width']}x{order['height']}",
    }  # fmt: skip
    return {"taskId": job.id, "videoUrl": result_url(base, job, kept_s), "usage": usage}
