"""What the gateway says, read leniently; and the headers that every question of its video protocol has.

Pure.  Source: @ai-sdk/gateway 4.0.146 (npm package), whose transport this is.  The synchronous route of the same
protocol is never taken: it has no idempotency key, and what its broken stream was about is paid for and lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.client import Accepted, Answer, Cost, Failed, Finished, Refused, Running, Unknown
from r2v_pipeline.providers.http.amounts import micros_of
from r2v_pipeline.providers.http.reading import parsed
from r2v_pipeline.providers.http.taxonomy import failed, refused

NAME = "vercel"
TITLE = "Vercel AI Gateway"
OIDC = "VERCEL_OIDC_TOKEN"

# Makes one line that may be shown of what the service said; the second argument is the longest it may be.
Line = Callable[[str, int], str]


# The part of the address that the gateway's other questions (models, generations) do not have.
_ROUTE = re.compile(r"(?P<root>.*?)(?P<route>/v\d+/ai)?")


def root_of(url: str) -> tuple[str, str]:
    """The address that all of the gateway's questions lie below, and what is between it and those about videos."""
    found = _ROUTE.fullmatch(url)
    assert found is not None  # it matches every text
    return found["root"], (found["route"] or "").lstrip("/")


def headers(model: str, variable: str) -> dict[str, str]:
    """What a start and a status have in common: the model stands here, and in no body."""
    return {
        "content-type": "application/json",
        "ai-gateway-protocol-version": "0.0.1",
        "ai-gateway-auth-method": "oidc" if variable == OIDC else "api-key",
        "ai-video-model-specification-version": "4",
        "ai-model-id": model,
    }


def said(data: Any, line: Line) -> tuple[str, str]:
    """Code and message of an error, fit to be shown: `type` where there is one, else `code`, a word or a number."""
    error = data.get("error") if isinstance(data, dict) else None
    if isinstance(error, str):
        return "", line(error, 300)
    error = error if isinstance(error, dict) else {}
    return line(str(error.get("type") or error.get("code") or ""), 60), line(str(error.get("message") or ""), 300)


def started(answer: Answer, model: str, line: Line) -> Accepted | Refused | Unknown:
    """An operation is a job, whatever it consists of: it is sent back as it came, to ask about it."""
    try:
        data = parsed(answer.body)
    except ValueError:
        data = None
    code, message = said(data, line)
    judged = refused(NAME, answer, code, message)
    if judged is not None:
        return judged
    operation = data.get("operation") if isinstance(data, dict) else None
    if operation in (None, "", {}, []):
        return Unknown("it was answered without an operation")
    return Accepted({"operation": operation, "model": model})


def state(data: Mapping[str, Any], line: Line) -> Running | Finished | Failed:
    """How a job is doing.  A status that nobody has seen before is not an end.

    Raises:
        NetworkTrouble: it is called finished, and what came is no clip.
    """
    status = data.get("status")
    if status == "completed":
        return _completed(data.get("videos"))
    if status == "error":
        # Nobody says whether the gateway bills what its provider failed to make.
        return failed(NAME, "failed", said(data, line)[1])
    if status == "cancelled":
        return Failed("cancelled", "the job was cancelled")
    return Running()


def _completed(videos: Any) -> Finished | Failed:
    video = videos[0] if isinstance(videos, list) and videos else None
    if video is None:
        # What the gateway answers about a job whose clip it keeps no longer.
        return Failed("expired", f"{TITLE} made the clip, and keeps it no longer", lost=True)
    kind = video.get("type") if isinstance(video, dict) else None
    if kind == "uploaded":
        return Failed("uploaded", f"{TITLE} says that it has put the clip somewhere else; r2v never asks for that")
    holds = {"url": "url", "base64": "data"}.get(str(kind), "")
    value = video.get(holds) if holds else None
    if not isinstance(value, str) or not value:
        raise NetworkTrouble(f"{TITLE} calls the job completed and does not say where the clip is")
    return Finished({holds: value})


def cost_of(data: Mapping[str, Any]) -> Cost | None:
    """What the gateway says it took, where it says so in the answer itself."""
    return _usd(_of_gateway(data).get("cost"))


def generation_of(data: Mapping[str, Any]) -> str:
    """The name by which the gateway's list of generations knows the job; empty without one."""
    return str(_of_gateway(data).get("generationId") or "")


def cost_of_generation(data: Any) -> Cost | None:
    """What an entry of the list of generations says it took."""
    entry = data.get("data") if isinstance(data, dict) else None
    return _usd(entry.get("total_cost")) if isinstance(entry, dict) else None


def _of_gateway(data: Mapping[str, Any]) -> Mapping[str, Any]:
    told = data.get("providerMetadata")
    found = told.get("gateway") if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}


def _usd(value: Any) -> Cost | None:
    micros = micros_of(value)
    return None if micros is None else Cost(micros, micros, "USD")
