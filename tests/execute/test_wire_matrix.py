"""Every fault of the wire, at every endpoint, under every manner of submit: the vendor has accepted each job once.

The runner of production drives the client of production over real HTTP; what was accepted and billed is read off the
vendor's own bill.  A fault strikes once; then the same build is run again until the clip is there, and what is held is
settled as a person would, who looks into the vendor's account first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from matrix import ENDPOINTS, STATUSES, Purchase
from scripted import PAID, SPAN, from_file, plan_of

from r2v_pipeline.canonical import digest
from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.execute import waiting
from r2v_pipeline.execute.spending import spendings
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.providers.base import RenderRequest
from r2v_pipeline.providers.fake.client import FakeClient, Options
from r2v_pipeline.providers.fake.faults import REPLIES, WIRE
from r2v_pipeline.providers.fake.server import Running, serving
from r2v_pipeline.providers.fake.vendor import Settings
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.exchange import Patience
from r2v_pipeline.providers.http.hosts import base_of
from r2v_pipeline.providers.http.secrets import Key

MODES = ("idempotent", "findable", "opaque")

# What each fault is ordered as; a fault of the wire is named as the vendor names it.
FAULTS: dict[str, dict[str, Any]] = {
    **{name: {"do": name, "gap_s": 0.02} for name in WIRE},
    **{name: {"do": name} for name in REPLIES if name not in ("status", "changed")},
    **STATUSES,
    "no id": {"do": "changed", "with": {"id": None, "jobs": None, "url": None, "status": "pondering"}},
}

# What a test waits for that a user would wait minutes for.
PATIENCE = Patience(submit_s=0.3, ask_s=0.3, pauses_s=(0.01, 0.02), window_s=0.3, bytes_a_second=1000)
OPTIONS = Options(settle_s=0.02, poll_every_s=0.001, usual_s=0.002)

_number = count(1)


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One vendor for all cells: each has a job of its own."""
    with serving(tmp_path_factory.mktemp("vendor"), Settings(render_s=0)) as made:
        yield made


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that is not known for a moment is not gone, as in production."""
    monkeypatch.setattr(waiting, "UNKNOWN_FOR_S", 5.0)


def slice_of(fault: str, endpoint: str) -> tuple[str, ...]:
    """All manners under `make torture`; else one of them, another for each neighbour."""
    if os.environ.get("R2V_TORTURE"):
        return MODES
    return (MODES[(list(FAULTS).index(fault) + ENDPOINTS.index(endpoint)) % 3],)


def plan(project: Path, mode: str, label: str) -> Plan:
    (project / "mia.png").write_bytes(f"picture of {label}".encode())
    reference = from_file(project, "mia.png")
    body = {
        "label": label, "prompt": "a lamp", "seconds": 1, "width": 64, "height": 64, "audio": False, "take": 1,
        "references": [{"kind": "image", "url": reference.placeholder}], "first_frame": None,
    }  # fmt: skip
    request = RenderRequest(f"fake-{mode}", "", body, (reference,), 1000, 1000)
    job = Job(label, "render", label, digest([mode, body]), request, (), (), None, None, SPAN)
    return plan_of(job, cost=PAID._replace(low_micros=100_000, high_micros=100_000))


def purchase(project: Path, vendor: Running, mode: str, label: str) -> Purchase:
    def client() -> FakeClient:
        channel = Channel("the fake vendor", base_of(vendor.url, "URL"), Key("KEY", vendor.key), PATIENCE)
        return FakeClient(mode, channel, OPTIONS)

    made = plan(project, mode, label)
    return Purchase(project, made, client, lambda: accepted(vendor, label), lambda id: {"job": id})


def accepted(vendor: Running, label: str) -> list[Mapping[str, Any]]:
    return [job for job in vendor.ledger()["jobs"] if job["body"]["label"] == label]


def may_be_held(endpoint: str, mode: str, there: bool) -> bool:
    """Only where nobody could know better: an opaque submit, or a listing that does not show the job."""
    submits = endpoint in ("submit", "list")
    if mode == "idempotent" or not submits:
        return False
    return mode == "opaque" or not there or endpoint == "list"


@pytest.mark.torture
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_job_is_accepted_once(fault: str, endpoint: str, project: Path, vendor: Running) -> None:
    for mode in slice_of(fault, endpoint):
        cell(project / mode, vendor, fault, endpoint, mode)


def cell(project: Path, vendor: Running, fault: str, endpoint: str, mode: str) -> None:
    (project / ".git").mkdir(parents=True)
    label = f"job-{next(_number)}"
    job = purchase(project, vendor, mode, label)
    vendor.behave()
    vendor.order({**FAULTS[fault], "on": endpoint})
    if endpoint == "list":  # only a lost submit is looked for
        vendor.order({"do": "close", "on": "submit"})
    outcome = job.build()
    assert len(job.accepted()) <= 1
    if outcome.state == "held":
        assert may_be_held(endpoint, mode, bool(job.accepted()))
        outcome = job.build()
        assert "held" == outcome.state or endpoint == "list", "time alone settles nothing but a listing that was broken"
    vendor.behave()
    outcome = job.finish(outcome)
    where = (fault, endpoint, mode, outcome.problem and outcome.problem.message)
    assert outcome.state in ("stored", "reused"), where
    (bought,) = job.accepted()
    assert bought["billed_micros"] == sum(row.owed or 0 for row in spendings(project / ".r2v")), where
    assert "reused" == job.build().state
    assert 1 == len(job.accepted()), where


def test_the_matrix_is_as_large_as_was_promised() -> None:
    assert len(FAULTS) >= 25
    cells = {
        (fault, endpoint, mode) for fault in FAULTS for endpoint in ENDPOINTS for mode in slice_of(fault, endpoint)
    }
    assert len(cells) >= len(FAULTS) * len(ENDPOINTS)
    assert {*MODES} == {mode for _, _, mode in cells}
