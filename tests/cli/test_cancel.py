"""Asking a provider to stop: what is certainly not billed, and what may be."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time

import pytest

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.execute import cancel as act
from r2v_pipeline.execute import states
from r2v_pipeline.execute.records import Change, Intent
from r2v_pipeline.execute.session import hold
from r2v_pipeline.execute.spending import spendings
from r2v_pipeline.providers.base import OPAQUE, Cost, Failed, Finished, Running, Terms
from r2v_pipeline.providers.fake.server import serving
from r2v_pipeline.providers.fake.vendor import Settings

TERMS = Terms(OPAQUE, "me")


class Provider:
    """Answers `cancel` and then `poll` as it is told."""

    def __init__(self, sure: bool | Exception, then: object = None) -> None:
        self.terms = TERMS
        self._sure, self._then = sure, then

    async def cancel(self, handle: object) -> bool:
        assert handle == {"job": "j1"}
        if isinstance(self._sure, Exception):
            raise self._sure
        return self._sure

    async def poll(self, handle: object) -> object:
        assert handle == {"job": "j1"}
        return self._then


def running(journal, account="me"):
    cost = Cost(500_000, 500_000, "USD")
    terms = TERMS._replace(account=account)
    made = journal.intend(Intent("k" * 64, "s", "s", "wan", "wan2.6", terms, b"{}", cost))
    return journal.move(made, states.RUNNING, Change(handle={"job": "j1"}))


@pytest.mark.parametrize(
    ("provider", "outcome", "state", "kind"),
    [
        (Provider(True), act.STOPPED, "cancelled", "none"),
        (Provider(False, Failed("stopped", "by user", billed=False)), act.STOPPED, "cancelled", "none"),
        (Provider(False, Failed("stopped", "by user", billed=True)), act.OVER, "cancelled", "spent"),
        (Provider(False, Failed("stopped", "by user")), act.OVER, "cancelled", "spent"),
        (Provider(False, Running(0.5)), act.GOES_ON, "running", "reserved"),
        (Provider(False, Finished({})), act.FINISHED, "running", "reserved"),
        (Provider(NetworkTrouble("no")), act.UNASKED, "running", "reserved"),
        (Provider(ConnectionResetError("no")), act.UNASKED, "running", "reserved"),
    ],
)
def test_what_becomes_of_a_job_and_its_price(project, provider, outcome, state, kind) -> None:
    """What is not certainly free counts on, as spent or as reserved."""
    with hold(project) as held:
        done = asyncio.run(act.cancel(held.journal, provider, running(held.journal)))
        assert (outcome, state) == (done.outcome, done.attempt.state)
        assert [kind] == [row.kind for row in spendings(held.state)]


def test_a_job_of_another_account_is_not_touched(project) -> None:
    with hold(project) as held:
        attempt = running(held.journal, account="somebody")
        done = asyncio.run(act.cancel(held.journal, Provider(AssertionError()), attempt))
        assert act.OTHER == done.outcome


@pytest.fixture
def slow(tmp_path, environment):
    """A vendor that takes ten minutes for a clip."""
    with serving(tmp_path / "slow", Settings(render_s=600)) as made:
        environment.update(made.environment(), R2V_FAKE_OPTIONS="poll_every_s=0.05,pause_s=0.05")
        yield made


@pytest.fixture
def left(studio, slow, environment, change):
    """A project whose two jobs go on at the vendor after the build was ended; of two models, so that neither waits for
    the other to show that it works."""
    change("- id: second\n", "- id: second\n    render: {model: wan2.7, resolution: 720p}\n")
    words = [sys.executable, "-m", "r2v_pipeline", "build", "s.yaml", "--yes"]
    build = subprocess.Popen(words, cwd=studio, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 30
    while len(slow.ledger()["jobs"]) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(0.5)
    build.send_signal(signal.SIGTERM)
    out, _ = build.communicate(timeout=60)
    assert (130, 2) == (build.returncode, len(slow.ledger()["jobs"])), out
    return studio


def cancelled(slow):
    return sum(job["cancelled_at"] is not None for job in slow.ledger()["jobs"])


def test_the_command(left, slow, r2v) -> None:
    ran = r2v("cancel", "first", cwd=left)
    assert (0, "  first  fake-opaque  $0.10  stopped; it is not billed\n") == (ran.rc, ran.out)
    assert 1 == cancelled(slow)
    found = json.loads(r2v("cancel", "--format", "json", cwd=left).out)
    assert [("second", "stopped", 0.1)] == [(job["shot"], job["outcome"], job["price"]) for job in found["jobs"]]
    assert 2 == cancelled(slow)
    assert "Nothing runs at a provider.\n" == r2v("cancel", cwd=left).out
    assert "Spent $0.00." in r2v("costs", cwd=left).out


@pytest.mark.parametrize(("before", "stopped"), [(True, 0), (False, 1)])
def test_a_vendor_whose_answer_is_lost(left, slow, r2v, before, stopped) -> None:
    """It may have stopped or not; until a build has looked, the price stays reserved."""
    slow.order({"do": "status", "status": 503, "on": "cancel", "times": -1, "before": before})
    ran = r2v("cancel", "first", cwd=left)
    assert (4, True) == (ran.rc, "nobody knows whether it stopped" in ran.out)
    assert stopped == cancelled(slow)
    assert ["reserved", "reserved"] == [row.kind for row in spendings(left / ".r2v")]


def test_a_name_that_nobody_knows(left, slow, r2v) -> None:
    ran = r2v("cancel", "frist", cwd=left)
    assert (2, "error: no shot is called 'frist'\n  help: did you mean 'first'?\n") == (ran.rc, ran.err)
    assert 0 == cancelled(slow)


def test_a_shot_that_was_taken_out_can_still_be_stopped(left, slow, r2v) -> None:
    text = (left / "s.yaml").read_text()
    (left / "s.yaml").write_text(text[: text.index("  - id: second")])
    assert 0 == r2v("cancel", "second", cwd=left).rc
    assert 1 == cancelled(slow)


def test_while_a_build_runs(left, r2v) -> None:
    with hold(left):
        assert 6 == r2v("cancel", cwd=left).rc


def test_a_project_where_nothing_was_built(studio, r2v) -> None:
    ran = r2v("cancel", cwd=studio)
    assert (0, "Nothing runs at a provider.\n") == (ran.rc, ran.out)
    assert not (studio / ".r2v").exists()
