"""What WaveSpeedAI says of one prediction, read leniently.

Everything comes in an envelope (`code`, `message`, `data`), and its `code` counts more than the HTTP status: a task
that failed is a success of HTTP.  Pure.  Sources: WaveSpeedAI documentation, submit task, get result, error codes;
wavespeed 2.0.5 (Python package) for the states that end a task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.client import Accepted, Answer, Failed, Finished, Refused, Running, Unknown
from r2v_pipeline.providers.http.reading import parsed, safe_id
from r2v_pipeline.providers.http.taxonomy import failed, refused

NAME = "wavespeed"
TITLE = "WaveSpeedAI"
FINE = 200

# Makes one line that may be shown of what the service said; the second argument is the longest it may be.
Line = Callable[[str, int], str]

# What an output is called where it is an object and not simply its address.
_NAMES = ("url", "video", "video_url", "download_url")


def inside(data: Any) -> Mapping[str, Any]:
    """What the envelope holds; empty where there is none."""
    held = data.get("data") if isinstance(data, dict) else None
    return held if isinstance(held, dict) else {}


def said(data: Any, line: Line) -> tuple[str, str]:
    """Code and message of an envelope that is no success; both empty for one that is."""
    envelope = data if isinstance(data, dict) else {}
    code = envelope.get("error_code") or envelope.get("code")
    if code == FINE:
        return "", ""
    return line(str(code or ""), 60), line(str(envelope.get("message") or ""), 300)


def submitted(answer: Answer, line: Line) -> Accepted | Refused | Unknown:
    """An id is a task, whatever its state; an error inside a 200 is a refusal only where its code says so."""
    try:
        data = parsed(answer.body)
    except ValueError:
        data = None
    id = safe_id(inside(data).get("id"))
    if id and 200 <= answer.status < 300:
        return Accepted({"id": id})
    judged = refused(NAME, answer, *said(data, line))
    return judged if judged is not None else Unknown("it was answered without an id")


def state(told: Mapping[str, Any], id: str, line: Line) -> Running | Finished | Failed:
    """How a task is doing, by the prediction in an answer.  A status that nobody has seen before is not an end.

    Raises:
        NetworkTrouble: it is called completed, and there is no clip.
    """
    status = told.get("status")
    if status == "completed":
        url = _output(told.get("outputs"))
        if not url:
            raise NetworkTrouble(f"{TITLE} calls {id} completed and does not say where the clip is")
        return Finished({"id": id, "url": url})
    message = line(str(told.get("error") or ""), 300)
    if status == "failed":
        # "Failed requests are automatically refunded", within hours.
        code = told.get("code")
        return failed(NAME, str(code) if code else "failed", message, billed=False)
    if status == "deleted":
        return Failed("deleted", f"{TITLE} has thrown {id} away", lost=True)
    if status in ("cancelled", "timeout"):
        return Failed(str(status), message or f"it ended as '{status}'")
    return Running()


def unknown(status: int, code: str, message: str) -> bool:
    """Whether an answer means that there is no such task."""
    words = message.lower()
    return status in (404, 410) or code == "404" or (status == 400 and ("not found" in words or "not exist" in words))


def _output(outputs: Any) -> str:
    """The address of the first output; empty without one."""
    first = outputs[0] if isinstance(outputs, list) and outputs else None
    if isinstance(first, dict):
        first = next((first[name] for name in _NAMES if first.get(name)), None)
    return first if isinstance(first, str) else ""
