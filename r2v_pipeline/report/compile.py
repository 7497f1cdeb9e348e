"""`r2v compile`: the prompts, which reference is called what, and the request bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.model.times import seconds_value
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe

VERSION = 1


def to_json(compilation: Compilation, shots: frozenset[str] | None) -> dict[str, Any]:
    """One entry a render job, in film order; `request` is the body as sent, local files by digest until upload."""
    return {"version": VERSION, "jobs": [_job(job) for job in _renders(compilation, shots)]}


def _renders(compilation: Compilation, shots: frozenset[str] | None) -> list[Job]:
    """The renders in film order; the parts of a split shot one after the other."""
    order = {shot.id: number for number, shot in enumerate(compilation.storyboard.shots)}
    renders = [job for job in compilation.jobs if job.kind == "render" and (shots is None or job.shot in shots)]
    return sorted(renders, key=lambda job: order[job.shot])


def _job(job: Job) -> dict[str, Any]:
    request, prompt = job.request, job.prompt
    assert request is not None
    assert prompt is not None
    return {
        "shot": job.shot,
        "job": job.id,
        "key": job.key,
        "provider": request.provider,
        "model": request.model,
        "prompt": prompt.text,
        "negative": prompt.negative,
        "duration_s": seconds_value(request.duration_ms),
        "references": [
            {
                "id": r.id,
                "name": r.name,
                "kind": r.kind,
                "source": r.source,
                "sha256": r.sha256 or None,
            }
            for r in request.references
        ],
        "request": _with_urls(request.body, {r.placeholder: r.source for r in request.references if not r.path}),
    }


def _with_urls(value: Any, urls: dict[str, str]) -> Any:
    """The body with the URLs that go out with it; only what is uploaded first keeps its placeholder."""
    if isinstance(value, str):
        return urls.get(value, value) if value.startswith("r2v-url:") else value
    if isinstance(value, Mapping):
        return {key: _with_urls(item, urls) for key, item in value.items()}
    return [_with_urls(item, urls) for item in value] if isinstance(value, list) else value


def to_text(compilation: Compilation, shots: frozenset[str] | None, paint: Paint, width: int) -> str:
    """For reading: one block a shot, or a part of one."""
    blocks = [_block(job, paint, width) for job in _renders(compilation, shots)]
    return "\n".join(blocks)


def _block(job: Job, paint: Paint, width: int) -> str:
    request, prompt = job.request, job.prompt
    assert request is not None
    assert prompt is not None
    model = f" · {request.model}" if request.model else ""
    head = f"{paint.bold(safe(job.id))}  {request.provider}{model} · {seconds_value(request.duration_ms)} s"
    lines = [head, *_wrap(safe(prompt.text), width, "  ")]
    if prompt.negative:
        lines += _wrap(f"not: {safe(prompt.negative)}", width, "  ")
    for r in request.references:
        name = r.name or "first frame"
        digest = f" sha256:{r.sha256[:12]}…" if r.sha256 else ""
        lines.append(f"  {paint.blue(safe(name))} = {safe(r.id)} {safe(r.source)}{digest}")
    lines.append(f"  key {job.key[:16]}…")
    return "\n".join(lines) + "\n"


def _wrap(text: str, width: int, indent: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) or [indent]
