"""Rows 41 to 53: signals, terminals, streams that end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from ordeal import Trial

from r2v_pipeline.providers.fake.server import Running

# Where a build is when the signal comes: what the vendor does not end, and how many requests of a kind it has then had.
STAGES = {
    "submit": {"do": "delay", "on": "submit", "seconds": 0.7},
    "poll": {"do": "changed", "on": "poll", "times": -1, "with": {"status": "running", "progress": 0.5}},
    "download": {"do": "hang_body", "on": "download"},
    "upload": {"do": "hang", "on": "upload"},
}


def stopped(trial: Trial, vendor: Running, stage: str, *signals: int) -> tuple[int, str]:
    vendor.order(STAGES[stage])
    process = trial.start("build", "s.yaml", "--yes")
    end = time.monotonic() + 30
    while time.monotonic() < end and not vendor.server.vendor.requests[stage]:
        time.sleep(0.01)
    time.sleep(0.1)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.05)
    said = process.communicate(timeout=60)[0].decode()
    vendor.behave()
    assert "Traceback" not in said
    return process.returncode, said


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        ("upload", signal.SIGINT),
        ("submit", signal.SIGINT),
        ("poll", signal.SIGTERM),
        ("download", signal.SIGINT),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_signal_at_any_stage(trial: Callable[..., Trial], vendor: Running, stage: str, number: int) -> None:
    """A submit that is out is waited for, so that its job has a name; whatever goes on at the vendor is collected."""
    made = trial("opaque")
    rc, said = stopped(made, vendor, stage, number)
    assert 130 == rc, said
    assert "r2v build" in said or not made.accepted()
    assert (0 if stage == "upload" else 1) == len(made.accepted())
    done = made.build()
    assert 0 == done.rc, done.said
    assert 3 == len(made.accepted())


def test_two_signals_leave_at_once(trial: Callable[..., Trial], vendor: Running) -> None:
    """What was out is in doubt, and its vendor can tell."""
    made = trial("findable")
    began = time.monotonic()
    rc, said = stopped(made, vendor, "submit", signal.SIGINT, signal.SIGINT)
    assert 130 == rc, said
    assert time.monotonic() - began < 20
    time.sleep(0.8)
    assert "" == made.mended(None)


@pytest.mark.parametrize("gone", ["closed", "full"])
def test_nobody_can_read_what_it_says(trial: Callable[..., Trial], gone: str) -> None:
    """`| head -0` and a full disk under the log: no traceback, and no clip is lost or bought twice."""
    made = trial("idempotent")
    if gone == "full" and not os.path.exists("/dev/full"):
        pytest.fail("there is no /dev/full here")
    out, into = os.pipe() if gone == "closed" else (-1, os.open("/dev/full", os.O_WRONLY))
    if out >= 0:
        os.close(out)
    words = [sys.executable, "-P", "-m", "r2v_pipeline", "build", "s.yaml", "--yes"]
    done = subprocess.run(
        words, cwd=made.folder, env=made.environment, stdout=into, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(into)
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 7), done.stderr
    assert "" == made.mended(None)


@pytest.mark.parametrize("shut", ["<&- >&- 2>&-", ">&-", "2>&-"])
def test_streams_that_are_closed_lead_nowhere(trial: Callable[..., Trial], shut: str) -> None:
    """Not into the journal, which would have the number of one of them."""
    made = trial("idempotent")
    for words in ("build s.yaml --yes", "build s.yaml", "status s.yaml", "check s.yaml", "--version", "nonsense"):
        shell = f'exec "$0" -P -m r2v_pipeline {words} {shut}'
        done = subprocess.run(
            ["sh", "-c", shell, sys.executable],
            cwd=made.folder, env=made.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
            check=False,
        )  # fmt: skip
        assert (2 if words == "nonsense" else 0) == done.returncode, done.stdout
        assert b"bug" not in done.stdout
        assert b"Traceback" not in done.stdout
    assert "" == made.mended(None)


def test_streams_that_are_closed_are_not_for_children_either() -> None:
    child = [sys.executable, "-c", "import os; [os.fstat(number) for number in range(3)]"]
    opened = f"import subprocess, r2v_pipeline.cli.guard as g; g.open_streams(); subprocess.run({child}, check=True)"
    shell = 'exec "$0" -c "$1" <&- >&- 2>&-'
    assert 0 == subprocess.run(["sh", "-c", shell, sys.executable, opened], timeout=60, check=False).returncode


@pytest.mark.parametrize(
    "place",
    [{"TERM": "dumb", "COLUMNS": "1"}, {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1", "LC_ALL": "C"}],
    ids=["dumb and narrow", "ascii"],
)
def test_a_poor_terminal(bought: Callable[[], Trial], place: dict[str, str]) -> None:
    made = bought()
    (made.folder / "s.yaml").write_text((made.folder / "s.yaml").read_text().replace("Three", "Drei für 映画"), "utf-8")
    made.environment.update(place)
    for words in (["plan", "s.yaml"], ["build", "s.yaml", "--yes"], ["takes", "one"]):
        done = made.run(*words)
        assert 0 == done.rc, done.said
        assert "\x1b" not in done.said


def test_json_is_json_in_any_encoding(bought: Callable[[], Trial]) -> None:
    """What the stream cannot spell is escaped as JSON escapes it."""
    made = bought()
    text = (made.folder / "s.yaml").read_text().replace("falls", "fällt 映 🎬")
    (made.folder / "s.yaml").write_text(text, "utf-8")
    words = ("compile", "s.yaml", "--format", "json")
    plain = made.run(*words).said
    made.environment.update(PYTHONIOENCODING="ascii")
    assert json.loads(plain) == json.loads(made.run(*words).said)
    assert "fällt 映 🎬" in plain
