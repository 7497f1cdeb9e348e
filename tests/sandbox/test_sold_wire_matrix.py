"""Every fault of the wire, at every endpoint of the three services: r2v has bought each job once, and paid for it once.

The runner and the clients of production against the sandbox over real HTTP; what was accepted is read off its ledger.
The rule of each service is its own: the gateway is sent the same key again, the others are asked for their listing.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "execute"))

from matrix import ENDPOINTS, STATUSES, Purchase
from scripted import PAID, SPAN, from_file, plan_of

from r2v_pipeline.canonical import digest
from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.execute import waiting
from r2v_pipeline.execute.spending import spendings
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.providers.base import Client, RenderRequest
from r2v_pipeline.providers.http import channel
from r2v_pipeline.providers.http.exchange import Patience
from r2v_pipeline.providers.http.place import Where
from r2v_pipeline.providers.registry import client
from r2v_pipeline.providers.vercel import client as vercel
from r2v_pipeline.sandbox.beside import Running, serving
from r2v_pipeline.sandbox.faults import DEEDS, NAMES
from r2v_pipeline.sandbox.routes import Settings

PROVIDERS = {"dashscope": "dashscope", "vercel": "gateway", "wavespeed": "wavespeed"}
FAULTS: dict[str, dict[str, Any]] = {
    **{name: {"do": name, "gap_s": 0.02} for name in sorted(NAMES - set(DEEDS) - {"status", "changed"})},
    **STATUSES,
}

# What a test waits for that a user would wait minutes for.
PATIENCE = Patience(submit_s=0.5, ask_s=0.5, pauses_s=(0.01, 0.02), window_s=0.3, bytes_a_second=1000)
SECONDS = 2

_number = count(1)


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One sandbox for all cells: each has a job of its own."""
    with serving(tmp_path_factory.mktemp("vendor"), Settings(limits=False)) as made:
        yield made


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines for a machine on the same wire; a job that is not known for a moment is not gone, as in production."""
    monkeypatch.setattr(channel, "Patience", lambda: PATIENCE)
    monkeypatch.setattr(vercel, "INLINE_S", 1.0)
    monkeypatch.setattr(waiting, "UNKNOWN_FOR_S", 5.0)


def cells() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Everything under `make torture`; else every fault at one endpoint, every other one at the submit, at one service
    each."""
    every = tuple(PROVIDERS)
    others = [endpoint for endpoint in ENDPOINTS if endpoint != "submit"]
    for number, fault in enumerate(FAULTS):
        if os.environ.get("R2V_TORTURE"):
            yield from ((fault, endpoint, every) for endpoint in ENDPOINTS)
        else:
            yield fault, others[number // 2 % 4] if number % 2 else "submit", (every[number % 3],)


def body_of(provider: str, label: str, placeholder: str) -> tuple[str, dict[str, Any]]:
    """A model and the body of a job that its prompt tells from all others."""
    prompt = f"Image 1 is a lamp, {label}."
    media = [{"type": "reference_image", "url": placeholder}]
    if provider == "dashscope":
        parameters = {"resolution": "720P", "ratio": "16:9", "duration": SECONDS, "prompt_extend": False}
        return "wan2.7-r2v", {
            "model": "wan2.7-r2v",
            "input": {"prompt": prompt, "media": media},
            "parameters": parameters,
        }
    if provider == "vercel":
        body = {"prompt": prompt, "n": 1, "aspectRatio": "16:9", "resolution": "1280x720", "duration": SECONDS}
        return "alibaba/wan-v2.7-r2v", {**body, "providerOptions": {"alibaba": {"media": media}}}
    body = {"prompt": prompt, "reference_images": [placeholder], "resolution": "720p", "duration": SECONDS}
    return "alibaba/wan-2.7/reference-to-video", body


def plan(project: Path, provider: str, label: str, picture: Path) -> Plan:
    # Bytes behind the picture's end make each an upload of its own.
    (project / "mia.png").write_bytes(picture.read_bytes() + label.encode())
    reference = from_file(project, "mia.png")
    model, body = body_of(provider, label, reference.placeholder)
    region = "ap-southeast-1" if provider == "dashscope" else ""
    settled = (region, "720p", "16:9", True)
    request = RenderRequest(provider, model, body, (reference,), SECONDS * 1000, SECONDS * 1000, *settled)
    job = Job(label, "render", label, digest([provider, body]), request, (), (), None, None, SPAN)
    return plan_of(job, cost=PAID._replace(low_micros=700_000, high_micros=700_000))


def purchase(project: Path, vendor: Running, provider: str, label: str, picture: Path) -> Purchase:
    made = plan(project, provider, label, picture)
    request, where = made.actions[0].job.request, Where(environ={}, sandbox=vendor.about)

    def at_desk() -> Client:
        return client(request.desk, workers=1, where=where)

    def handle(id: str) -> Mapping[str, Any]:
        return at_desk().handle(id, request.model)

    return Purchase(project, made, at_desk, lambda: accepted(vendor, label), handle)


def accepted(vendor: Running, label: str) -> list[Mapping[str, Any]]:
    return [job for job in vendor.ledger()["jobs"] if f", {label}." in json.dumps(job["body"])]


@pytest.mark.torture
@pytest.mark.parametrize(("fault", "endpoint", "providers"), list(cells()), ids=lambda value: str(value))
def test_each_job_is_bought_once(
    fault: str, endpoint: str, providers: tuple[str, ...], project: Path, vendor: Running, picture: Path
) -> None:
    for provider in providers:
        if not meaningless(fault, endpoint, provider):
            cell(project / provider, vendor, fault, endpoint, provider, picture)


def meaningless(fault: str, endpoint: str, provider: str) -> bool:
    """The gateway lists nothing, and its operations are opaque: whatever one holds is a job to whoever gets it."""
    opaque = endpoint == "submit" and fault in ("wrong_types", "wild_id", "no_id")
    return provider == "vercel" and (endpoint == "list" or opaque)


def cell(project: Path, vendor: Running, fault: str, endpoint: str, provider: str, picture: Path) -> None:
    (project / ".git").mkdir(parents=True)
    label = f"job-{next(_number)}"
    job = purchase(project, vendor, provider, label, picture)
    vendor.behave()
    service = "blob" if (provider, endpoint) == ("vercel", "upload") else PROVIDERS[provider]
    vendor.order({**FAULTS[fault], "on": endpoint, "service": service})
    if endpoint == "list":  # only a lost submit is looked for
        vendor.order({"do": "close", "on": "submit", "service": service})
    outcome = job.build()
    assert len(job.accepted()) <= 1
    if outcome.state == "held":
        assert provider != "vercel", "its key makes it safe to ask again"
        assert endpoint in ("submit", "list")
    vendor.behave()
    outcome = job.finish(outcome)
    where = (fault, endpoint, provider, outcome.problem and outcome.problem.message)
    assert outcome.state in ("stored", "reused"), where
    (bought,) = job.accepted()
    assert round(bought["cost"] * 1_000_000) == sum(row.owed or 0 for row in spendings(project / ".r2v")), where
    assert "reused" == job.build().state
    assert 1 == len(job.accepted()), where


def test_the_matrix_is_as_large_as_was_promised() -> None:
    assert len(FAULTS) >= 56
    assert {*FAULTS} == {fault for fault, _, _ in cells()}
    assert {*PROVIDERS} == {provider for _, _, providers in cells() for provider in providers}
