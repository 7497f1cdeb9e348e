"""WaveSpeedAI's envelope: a code, a message, the data."""

from __future__ import annotations

from typing import Any

from r2v_pipeline.sandbox.wire import Reply, Request, json_of, told


def success(data: Any) -> Reply:
    """An answer with data."""
    return told({"code": 200, "message": "success", "data": data})


def refused(status: int, message: str, *, retry_s: float = 0) -> Reply:
    """An error; `retry_s`: when it is worth another try."""
    more = (("retry-after", str(int(retry_s) + 1)),) if retry_s else ()
    return told({"code": status, "message": message}, status, *more)


def parsed(request: Request) -> dict[str, Any] | None:
    """The JSON object of a body; None for anything else."""
    try:
        body = json_of(request.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
