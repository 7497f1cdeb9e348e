"""`r2v compile`: the prompts, which reference is called what, and the request bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.model.times import seconds_value
from r2v_pipeline.providers.base import RenderRequest
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe, safe_json

VERSION = 1


class Form(NamedTuple):
    """How the renders of a storyboard are told: one `entry` each, with this before all, between two and after all.

    A film has thousands, so a whole is put together of texts that are kept from one run to the next, as UTF-8.
    """

    before: str
    between: str
    after: str
    none: str
    entry: Callable[[Job], str]

    def entries(self, compilation: Compilation, shots: frozenset[str] | None) -> dict[str, bytes]:
        """By shot in film order, its render, or one a part of it after the other; each with what stands between two
        before it.  A shot that is not rendered has none."""
        told = {shot.id: b"" for shot in compilation.storyboard.shots if shots is None or shot.id in shots}
        for job in compilation.jobs:
            if job.kind == "render" and job.shot in told:
                told[job.shot] += (self.between + self.entry(job)).encode()
        return told

    def whole(self, told: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """The document, in pieces; `told` are the shots of the film in their order, as `entries` gives them."""
        some = iter([text for text in told if text])
        first = next(some, None)
        if first is None:
            yield self.none.encode()
            return
        yield self.before.encode()
        yield first[len(self.between.encode()) :]
        yield from some
        yield self.after.encode()


def json_form() -> Form:
    """For programs: `request` is the body as sent, local files by digest until upload."""
    head = f'{{\n  "version": {VERSION},\n  "jobs": ['
    return Form(f"{head}\n    ", ",\n    ", "\n  ]\n}\n", f"{head}]\n}}\n", _json)


def _json(job: Job) -> str:
    return safe_json(_job(job)).replace("\n", "\n    ")


def text_form(paint: Paint, width: int) -> Form:
    """For reading: one block a shot, or a part of one."""
    return Form("", "\n", "", "", lambda job: _block(job, paint, width))


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
        "fallbacks": [
            {
                "provider": other.provider,
                "model": other.model,
                "duration_s": seconds_value(other.duration_ms),
                "request": _sent(other),
            }
            for other in job.requests[1:]
        ],
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
        "request": _sent(request),
    }


def _sent(request: RenderRequest) -> Any:
    return _with_urls(request.body, {r.placeholder: r.source for r in request.references if not r.path})


def _with_urls(value: Any, urls: dict[str, str]) -> Any:
    """The body with the URLs that go out with it; only what is uploaded first keeps its placeholder."""
    if isinstance(value, str):
        return urls.get(value, value) if value.startswith("r2v-url:") else value
    if isinstance(value, Mapping):
        return {key: _with_urls(item, urls) for key, item in value.items()}
    return [_with_urls(item, urls) for item in value] if isinstance(value, list) else value


def _block(job: Job, paint: Paint, width: int) -> str:
    request, prompt = job.request, job.prompt
    assert request is not None
    assert prompt is not None
    model = f" · {request.model}" if request.model else ""
    provider = ", else ".join(way.provider for way in job.requests)
    head = f"{paint.bold(safe(job.id))}  {provider}{model} · {seconds_value(request.duration_ms)} s"
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
