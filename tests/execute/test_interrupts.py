"""Signals: the first ends a build in order, the second at once, and the next build finishes the job."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scripted import PAID, Heard, Said, Scripted, build, forever, plan_of, render_job, rows, states

from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.execute import fault, interrupts
from r2v_pipeline.execute.events import Event
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.execute.session import Session, hold
from r2v_pipeline.providers.base import Cost, Running

JOBS = [render_job(f"s{n}") for n in range(1, 5)]


class Signals(Heard):
    """A reporter that sends this process a signal when it hears a kind of event."""

    def __init__(self, number: int, kind: str) -> None:
        super().__init__()
        self.number, self.kind = number, kind

    def event(self, event: Event) -> None:
        super().event(event)
        if event.kind == self.kind:
            os.kill(os.getpid(), self.number)
            self.kind = ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_build_in_order(session: Session, client: Scripted, number: int) -> None:
    before = signal.getsignal(number)
    client.polls["s2"] = [Running(0.5)] * 10_000
    heard = Signals(number, "progress")
    run = build(session, plan_of(*JOBS), client, jobs=2, heard=heard)
    assert run.interrupted
    assert {"s1": "stored", "s2": "interrupted", "s4": "interrupted"}.items() <= states(run).items()
    assert "s2" in client.cancelled
    assert [] == [row for row in rows(session) if row[2] in ("submitting", "running")]
    (told,) = heard.of("interrupted")
    assert "s2" in told["running"]
    assert {} == told["going"], "what runs here is stopped"
    assert before == signal.getsignal(number)


@pytest.mark.parametrize("cost", [Cost(0, 0, "USD"), PAID])
def test_the_next_build_finishes_and_buys_nothing_twice(session: Session, client: Scripted, cost: Cost) -> None:
    client.polls["s2"] = [Running(0.5)] * 10_000
    assert build(
        session, plan_of(*JOBS, cost=cost), client, jobs=2, heard=Signals(signal.SIGINT, "progress")
    ).interrupted
    paid = cost == PAID
    assert ("s2", 1, "running" if paid else "cancelled") in rows(session)
    assert paid == ("s2" not in client.cancelled), "a paid job goes on at its provider"
    client.polls.clear()
    run = build(session, plan_of(*JOBS, cost=cost), client)
    assert {"stored", "reused"} >= set(states(run).values())
    if paid:
        assert ["s1", "s2", "s3", "s4"] == sorted(client.bill)


def test_a_submit_under_way_is_waited_for(session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer is the only name of what was bought; nothing is waited for after it."""
    honest = client.send

    async def slow(body: bytes, token: str, model: str = "") -> Said:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.1)
        return await honest(body, token, model)

    monkeypatch.setattr(client, "send", slow)
    client.polls["s1"] = [Running()] * 10
    heard = Heard()
    run = build(session, plan_of(JOBS[0], cost=PAID), client, heard=heard)
    assert run.interrupted
    assert [("s1", 1, "running", '{"id":"s1-0"}')] == rows(session, "shot, no, state, handle")
    assert [{"running": ["s1"], "going": {"s1": "animatic"}}] == heard.of("interrupted")


def test_a_journal_that_cannot_say_what_goes_on_keeps_no_build_from_ending(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> dict[str, Attempt]:
        raise DiskTrouble("the disk failed")

    class Late(Signals):
        def event(self, event: Event) -> None:
            super().event(event)
            monkeypatch.setattr(session.journal, "open_attempts", broken)

    client.polls["s1"] = [Running(0.5)] * 10_000
    heard = Late(signal.SIGINT, "progress")
    assert build(session, plan_of(JOBS[0], cost=PAID), client, heard=heard).interrupted
    assert [{"running": ["s1"], "going": {}}] == heard.of("interrupted")


def test_a_download_is_cut_and_made_again(session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(output: object, to: Path) -> None:
        to.write_bytes(b"cli")
        os.kill(os.getpid(), signal.SIGINT)
        await forever(output)

    with monkeypatch.context() as slow:
        slow.setattr(client, "fetch", endless)
        assert build(session, plan_of(JOBS[0], cost=PAID), client).interrupted
    assert [("s1", 1, "ready")] == rows(session)
    assert [] == list((session.state / "tmp").iterdir())
    assert {"s1": "stored"} == states(build(session, plan_of(JOBS[0], cost=PAID), client))
    assert ["s1"] == client.bill


def test_a_clip_that_is_here_is_stored_before_we_go(session: Session, client: Scripted) -> None:
    fault.watch(lambda name: os.kill(os.getpid(), signal.SIGINT) if name == "clip.fetched" else None)
    run = build(session, plan_of(JOBS[0]), client)
    assert run.interrupted
    assert {"s1": "stored"} == states(run)


def test_a_client_that_cannot_cancel_leaves_a_row_that_the_next_build_ends(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: object) -> bool:
        raise ConnectionError("no answer")

    client.polls["s1"] = [Running(0.5)] * 10_000
    with monkeypatch.context() as stuck:
        stuck.setattr(client, "cancel", refuse)
        assert build(session, plan_of(JOBS[0]), client, heard=Signals(signal.SIGINT, "progress")).interrupted
    assert [("s1", 1, "running")] == rows(session)
    client.jobs.clear()
    client.polls.clear()
    assert {"s1": "stored"} == states(build(session, plan_of(JOBS[0]), client))


def test_an_ignored_hangup_stays_ignored(session: Session, client: Scripted) -> None:
    """`nohup r2v build` goes on when the terminal closes."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        client.polls["s1"] = [Running(0.5)]
        run = build(session, plan_of(JOBS[0]), client, heard=Signals(signal.SIGHUP, "progress"))
        assert {"s1": "stored"} == states(run)
        assert signal.SIG_IGN is signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


STUBBORN = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from scripted import Scripted, build, plan_of, render_job
from r2v_pipeline.execute.session import hold
from r2v_pipeline.providers.base import Running

def decode(path):
    print("checking", flush=True)
    time.sleep(60)

with hold(Path(sys.argv[1])) as session:
    build(session, plan_of(render_job("s1")), Scripted(), check=decode)
"""


def test_a_second_signal_ends_the_process_at_once(project: Path, environment: dict[str, str]) -> None:
    """In the middle of a decode that nothing can cut short."""
    here = str(Path(__file__).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, str(project), here], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "checking\n" == process.stdout.readline()
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None, "the first one waits for the clip to be stored"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert 130 == process.wait(10)
    assert time.monotonic() - began < 5
    process.stdout.close()
    with hold(project) as session:
        assert [("s1", 1, "ready")] == rows(session)
        client = Scripted({"s1-0": "s1"})
        assert {"s1": "stored"} == states(build(session, plan_of(render_job("s1")), client))
        assert [] == client.bill


def test_a_second_signal_does_not_wait_for_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(interrupts.os, "_exit", left.append)

    async def twice() -> interrupts.Stop:
        stop = interrupts.Stop()
        with interrupts.listening(stop):
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.sleep(0.01)
        return stop

    assert asyncio.run(twice()).signalled
    assert [130] == left


def test_a_task_that_somebody_else_cancels_is_cancelled() -> None:
    """Only a stop is turned into `Stopped`."""

    async def work() -> None:
        with interrupts.Stop().cuttable():
            await asyncio.Event().wait()

    async def cancelled() -> bool:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert asyncio.run(cancelled())
