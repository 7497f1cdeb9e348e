"""What Model Studio says of one task, read leniently: types wander between its pages, regions and models.

Pure.  Source: Alibaba Cloud Model Studio, API references of wan2.6-r2v, wan2.7-r2v and HappyHorse reference-to-video.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.catalog.load import entries_like
from r2v_pipeline.providers.catalog.types import Asked
from r2v_pipeline.providers.client import Cost, Failed, Finished, Running
from r2v_pipeline.providers.http.taxonomy import failed

NAME = "dashscope"
SUCCEEDED, FAILED, UNKNOWN = "SUCCEEDED", "FAILED", "UNKNOWN"
_CANCELLED = ("CANCELED", "CANCELLED")
ENDED = (SUCCEEDED, FAILED, UNKNOWN, *_CANCELLED)

# No task is billed for so many seconds: a number like that is a mistake.
_MOST_S = 600

# Makes one line that may be shown of what the service said; the second argument is the longest it may be.
Line = Callable[[str, int], str]


def output_of(data: Any) -> Mapping[str, Any]:
    """The part of an answer that speaks of the task; empty where there is none."""
    output = data.get("output") if isinstance(data, dict) else None
    return output if isinstance(output, dict) else {}


def said(data: Any, line: Line) -> tuple[str, str]:
    """Code and message of an error, fit to be shown: beside the task, or inside of it where that failed."""
    for part in (data if isinstance(data, dict) else {}, output_of(data)):
        if part.get("code") or part.get("message"):
            return line(str(part.get("code") or ""), 60), line(str(part.get("message") or ""), 300)
    return "", ""


def state_of(data: Any, task: str, line: Line) -> Running | Finished | Failed:
    """How a task is doing.  A status that nobody has seen before is not an end.

    Raises:
        NetworkTrouble: it does not say, or calls a task finished without its clip.
    """
    output = output_of(data)
    status = output.get("task_status")
    code, message = said(data, line)
    if not status:
        # Its gateway may answer 200 with an error in it.
        told = f": {message} ({code})" if code else ""
        raise NetworkTrouble(f"Model Studio does not say how task {task} is{told}")
    if status == SUCCEEDED:
        url = output.get("video_url")
        if not isinstance(url, str) or not url:
            raise NetworkTrouble(f"Model Studio calls task {task} finished and does not say where the clip is")
        return Finished({"task": task, "url": url})
    if status == FAILED:
        # "Failed tasks are not billed", say all of its pages.
        return failed(NAME, code, message, billed=False)
    if status in _CANCELLED:
        return Failed("cancelled", message or "the task was cancelled", again=True, billed=False)
    if status == UNKNOWN:
        return Failed(UNKNOWN, f"task {task} is not known there any more: they are kept for 24 hours", lost=True)
    return Running()


def billed(data: Any, model: str, region: str) -> Cost | None:
    """What a finished task costs: the seconds that the service says it bills, at the catalog's rate; None where one of
    them is not known.  A task does not tell whether it was made without sound, which some models sell for less."""
    usage = data.get("usage") if isinstance(data, dict) else None
    seconds, lines = (usage.get("duration"), usage.get("SR")) if isinstance(usage, dict) else (None, None)
    entry = next((e for e in entries_like(model) if model and e.provider == NAME and e.id == model), None)
    if entry is None or not isinstance(seconds, int | float) or not 0 < seconds < _MOST_S:
        return None
    asked = [
        Asked(region, resolution=f"{lines}p".lower(), audio=audio) for audio in entry.settings.get("audio", (True,))
    ]
    rates = {next(((rate.micros, rate.currency) for rate in entry.rates if rate.when.holds(a)), None) for a in asked}
    rate = rates.pop() if len(rates) == 1 else None
    if rate is None:
        return None
    micros = (round(seconds * 1000) * rate[0] + 500) // 1000
    return Cost(micros, micros, rate[1])


def same_job(body: Mapping[str, Any], data: Any) -> bool:
    """Whether a finished task is exactly what a body asked for, as far as the task tells: its prompt at least."""
    output, asked = output_of(data), body.get("parameters", {})
    usage = data.get("usage") if isinstance(data, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    prompt = output.get("orig_prompt")
    if (
        output.get("task_status") != SUCCEEDED
        or not isinstance(prompt, str)
        or prompt.split() != str(body["input"]["prompt"]).split()
    ):
        return False
    told = (
        (usage.get("output_video_duration"), asked.get("duration")),
        (usage.get("SR"), str(asked.get("resolution", "")).lower().removesuffix("p") or None),
        (usage.get("ratio"), asked.get("ratio")),
        (usage.get("size"), asked.get("size")),
    )
    return all(seen is None or wanted is None or _same(seen, wanted) for seen, wanted in told)


def _same(seen: Any, wanted: Any) -> bool:
    try:
        return float(seen) == float(wanted)
    except (TypeError, ValueError):
        return str(seen) == str(wanted)
