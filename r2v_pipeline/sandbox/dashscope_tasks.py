"""DashScope's tasks: query, list, cancel.  As the vendor's page on asynchronous task management has it.

A task is known for a day after its end, and only where it was submitted; for any other id the answer is UNKNOWN, with
status 200.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.catalog.types import Region
from r2v_pipeline.sandbox import dashscope_errors as errors
from r2v_pipeline.sandbox.clock import beijing, from_beijing
from r2v_pipeline.sandbox.dashscope_errors import refused
from r2v_pipeline.sandbox.jobs import CANCELLED, DONE, DRAWING, FAILED, GONE, QUEUED, RUNNING, Job
from r2v_pipeline.sandbox.results import result_url
from r2v_pipeline.sandbox.routes import Call, House
from r2v_pipeline.sandbox.wire import Reply, told

_STATUS = {QUEUED: "PENDING", RUNNING: "RUNNING", DONE: "SUCCEEDED", FAILED: "FAILED", CANCELLED: "CANCELED"}
_DAY = 86_400
_TIERS = ((624, 480), (960, 720))  # the shorter side of a square of each tier is its longest
_QUERIES = 20  # a second and account, each of query, list and cancel


class Tasks:
    """The tasks of every account and region; `region` says which one a path means."""

    def __init__(self, house: House, region: Callable[[Call], Region | None]) -> None:
        self._house, self._region = house, region
        self._kept = providers()["dashscope"].kept_s["results"]

    def poll(self, call: Call) -> Reply:
        """How a task is doing."""
        if self._too_often("poll", call):
            return refused(429, "Throttling.RateQuota", errors.RATE)
        id = call.given["task_id"]
        job = self._mine(call, id)
        if job is None:
            return told({"request_id": str(uuid.uuid4()), "output": {"task_id": id, "task_status": "UNKNOWN"}})
        return told({"request_id": str(uuid.uuid4()), **self._shown(job, call.base)})

    def list(self, call: Call) -> Reply:
        """Tasks by time, model and state: a day at most, newest first; neither prompt nor result is told."""
        if self._too_often("list", call):
            return refused(429, "Throttling.RateQuota", errors.RATE)
        asked, region = call.request.query, self._region(call)
        try:
            since, until = _window(asked, self._house.clock.now())
            page, size = int(asked.get("page_no") or 1), int(asked.get("page_size") or 10)
            if page < 1 or not 1 <= size <= 100 or region is None:
                raise ValueError
        except ValueError:
            return refused(400, "InvalidParameter", "Required parameter(s) missing or invalid.")
        told_of = [
            self._row(job, region)
            for job in self._house.jobs.listed("dashscope", call.account)
            if since <= int(job.at) <= until and self._mine(call, job.id)
        ]
        rows = [row for row in told_of if _meets(row, asked)]
        return told({
            "request_id": str(uuid.uuid4()), "total": len(rows), "total_page": -(-len(rows) // size),
            "page_no": page, "page_size": size, "data": rows[(page - 1) * size : page * size],
        })  # fmt: skip

    def cancel(self, call: Call) -> Reply:
        """Only what has not begun can be stopped."""
        if self._too_often("cancel", call):
            return refused(429, "Throttling.RateQuota", errors.RATE)
        job = self._mine(call, call.given["task_id"])
        if job is None or self._house.jobs.state(job, self._kept) != QUEUED:
            return refused(400, "UnsupportedOperation", errors.NOT_PENDING)
        self._house.jobs.cancel(job.id)
        return told({"request_id": str(uuid.uuid4())})

    def _too_often(self, what: str, call: Call) -> bool:
        return bool(self._house.rates.over(f"dashscope {what} {call.account}", _QUERIES, 1))

    def _mine(self, call: Call, id: str) -> Job | None:
        region = self._region(call)
        job = self._house.jobs.known.get(id)
        if job is None or region is None or (job.service, job.account) != ("dashscope", call.account):
            return None
        here = call.given.get("host", region.id)
        return job if job.region == here and self._house.jobs.state(job, self._kept) != GONE else None

    def _shown(self, job: Job, base: str) -> dict[str, Any]:
        state = self._house.jobs.state(job, self._kept)
        output: dict[str, Any] = {"task_id": job.id, "task_status": _STATUS[state], "submit_time": beijing(job.at)}
        if job.started is not None:
            output["scheduled_time"] = beijing(job.started)
        over = job.cancelled if state == CANCELLED else job.ended
        if over is not None:
            output["end_time"] = beijing(over)
        if state == FAILED and job.fail:
            code, message = job.fail
            return {"output": {**output, "code": errors.DRAWING if code == DRAWING else code, "message": message}}
        if state != DONE:
            return {"output": output}
        output["orig_prompt"] = job.order["prompt"]
        output["video_url"] = result_url(base, job, self._kept)
        return {"output": output, "usage": _usage(job)}

    def _row(self, job: Job, region: Region) -> dict[str, Any]:
        row = {
            "task_id": job.id, "status": _STATUS[self._house.jobs.state(job, self._kept)], "model_name": job.model,
            "region": region.id, "request_id": job.request_id, "gmt_create": int(job.at * 1000),
            "api_key_id": job.account, "caller_uid": job.account, "caller_parent_id": job.account,
            "user_api_unique_key": f"apikey:v1:aigc:video-generation:video-synthesis:{job.model}",
        }  # fmt: skip
        if job.started is not None:
            row["start_time"] = int(job.started * 1000)
        over = job.cancelled if job.cancelled is not None else job.ended
        return row if over is None else {**row, "end_time": int(over * 1000)}


def _usage(job: Job) -> dict[str, Any]:
    """What was billed, as both dialects tell it: `size` where sizes are asked for, `ratio` elsewhere."""
    order, parameters = job.order, job.body.get("parameters", {})
    short = min(order["width"], order["height"])
    usage = {
        "duration": _number(job.billed_ms), "input_video_duration": _number(job.input_ms),
        "output_video_duration": _number(order["ms"]), "video_count": 1,
        "SR": next((tier for most, tier in _TIERS if short <= most), 1080),
    }  # fmt: skip
    if "media" in job.body["input"] or "resolution" in parameters:
        return {**usage, "ratio": parameters.get("ratio", "16:9")}
    return {**usage, "size": f"{order['width']}*{order['height']}"}


def _number(ms: int) -> int | float:
    return ms // 1000 if ms % 1000 == 0 else ms / 1000


def _window(asked: Mapping[str, str], now: float) -> tuple[float, float]:
    """The times of a listing; ValueError for what is no time, or more than a day."""
    since, until = (from_beijing(asked[n]) if asked.get(n) else None for n in ("start_time", "end_time"))
    if since is None and until is None:
        since, until = now - _DAY, now
    first = since if since is not None else (until or now) - _DAY
    last = until if until is not None else first + _DAY
    if not 0 <= last - first <= _DAY:
        raise ValueError
    return first, last


def _meets(row: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    names = ("task_id", "model_name", "status", "region", "api_key_id")
    return all(not asked.get(name) or row[name] == asked[name] for name in names)
