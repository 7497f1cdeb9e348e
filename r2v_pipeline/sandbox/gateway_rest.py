"""The AI Gateway's pages of models, credits and costs: the SDK's `/config`, and the REST documents below `/v1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.sandbox.clock import iso
from r2v_pipeline.sandbox.jobs import Job
from r2v_pipeline.sandbox.routes import Call, House, Route
from r2v_pipeline.sandbox.wanted import entry_of
from r2v_pipeline.sandbox.wire import Reply, told

_CREDIT = Decimal(1000)  # dollars, of every account
_TOKENS = ("prompt", "completion", "reasoning", "cached", "cache_creation")


class Rest:
    """What the gateway tells beside videos."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.routes: Sequence[Route] = (
            Route("models", "GET", "/v4/ai/config", self._config),
            Route("models", "GET", "/v3/ai/config", self._config),
            Route("models", "GET", "/v1/models", self._models, open=True),
            Route("models", "GET", "/v1/models/{creator}/{model}/endpoints", self._endpoints, open=True),
            Route("balance", "GET", "/v1/credits", self._credits),
            Route("price", "GET", "/v1/generation", self._generation),
        )

    def _config(self, call: Call) -> Reply:
        version = call.request.path.split("/")[1]
        rows = [
            {
                "id": entry.id, "name": entry.title, "description": entry.title, "pricing": None, "modelType": "video",
                "specification": {"specificationVersion": version, "provider": "gateway", "modelId": entry.id},
            }
            for entry in _entries()
        ]  # fmt: skip
        return told({"models": rows})

    def _models(self, call: Call) -> Reply:  # noqa: ARG002 (the same for everybody)
        return told({"object": "list", "data": [_model(entry) for entry in _entries()]})

    def _endpoints(self, call: Call) -> Reply:
        id = f"{call.given['creator']}/{call.given['model']}"
        entry = entry_of("vercel", id)
        if entry is None:
            return refused(404, "model_not_found", f"Model '{id[:200]}' not found", {"modelId": id[:200]})
        offered = [{"provider_name": "alibaba", "pricing": _pricing(entry)}]
        return told({"data": {**_model(entry), "endpoints": offered}})

    def _credits(self, call: Call) -> Reply:
        spent = sum(_usd(job) for job in self._house.jobs.of("gateway", call.account) if job.owed)
        return told({"balance": str(_CREDIT - spent), "total_used": str(spent)})

    def _generation(self, call: Call) -> Reply:
        """What one clip cost, once it is there."""
        id = call.request.query.get("id", "")
        job = next((j for j in self._house.jobs.of("gateway", call.account) if generation_id(j) == id), None)
        if job is None or job.ended is None:
            return refused(404, "not_found", "Generation not found")
        spent = int((job.ended - (job.started or job.at)) * 1000)
        cost = float(_usd(job)) if job.owed else 0.0
        data: dict[str, Any] = {
            "id": id, "total_cost": cost, "market_cost": cost, "upstream_inference_cost": 0, "usage": cost,
            "created_at": iso(job.at), "model": job.model, "is_byok": False, "provider_name": "alibaba",
            "streamed": False, "finish_reason": "error" if job.fail else "stop", "latency": spent,
            "generation_time": spent, "billable_web_search_calls": 0,
        }  # fmt: skip
        return told({"data": {**data, **{f"native_tokens_{name}": 0 for name in _TOKENS}}})


def refused(status: int, kind: str, message: str, param: Any = None) -> Reply:
    """An error of the gateway."""
    return told({"error": {"message": message, "type": kind, "param": param, "code": kind}}, status)


def generation_id(job: Job) -> str:
    """The name that a job's cost is looked up by."""
    return "gen-" + job.id.removeprefix("job_")


def cost_of(job: Job) -> dict[str, Any]:
    """What a finished job tells of its cost: decimal numbers as text."""
    cost = _plain(job.micros)
    routing = {"provider": "alibaba", "attempts": [{"provider": "alibaba", "success": True}]}
    return {"routing": routing, "cost": cost, "marketCost": cost, "generationId": generation_id(job)}


def _entries() -> list[Entry]:
    return [entry for entry in entries() if entry.provider == "vercel"]


def _model(entry: Entry) -> dict[str, Any]:
    settings = entry.settings
    return {
        "id": entry.id, "object": "model", "name": entry.title, "type": "video", "released": 0, "tags": [],
        "owned_by": entry.id.partition("/")[0], "description": entry.title,
        "modalities": {"input": ["text"], "output": ["video"]}, "pricing": _pricing(entry),
        "video_capabilities": {
            "resolutions": list(settings.get("resolution", ())), "aspect_ratios": list(settings.get("ratio", ())),
        },
    }  # fmt: skip


def _pricing(entry: Entry) -> dict[str, Any]:
    rows = []
    for rate in entry.rates:
        facts: Mapping[str, Any] = {name: values[0] for name, values in rate.when.facts}
        row = {name: facts[name] for name in ("resolution", "audio") if name in facts}
        rows.append({**row, "cost_per_second": _plain(rate.micros)})
    return {"video_duration_pricing": rows} if rows else {}


def _plain(micros: int) -> str:
    return format((Decimal(micros) / 1_000_000).normalize(), "f")


def _usd(job: Job) -> Decimal:
    return Decimal(job.micros) / 1_000_000
