"""`status`, and `status --watch`: on a terminal in place, elsewhere line by line, until somebody ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading

import pytest

from r2v_pipeline.execute import states
from r2v_pipeline.execute.records import Change, Intent
from r2v_pipeline.execute.session import hold
from r2v_pipeline.providers.base import OPAQUE, Cost, Terms


def take_on(project, key, shot="first", took_s=None):
    """A job of `shot` that runs at the vendor, or that ran there for so long."""
    terms, cost = Terms(OPAQUE, "me"), Cost(1, 1, "USD")
    with hold(project) as held:
        attempt = held.journal.intend(Intent(key, shot, shot, "fake-opaque", "", terms, b"{}", cost))
        attempt = held.journal.move(attempt, states.RUNNING, Change(handle={"job": key}))
        if took_s:
            held.journal.move(attempt, states.FAILED, Change(took_s=(took_s - 1, took_s + 1)))


def key_of(r2v, project, shot):
    ran = r2v("compile", "s.yaml", "--shot", shot, "--format", "json", cwd=project)
    return json.loads(ran.out)["jobs"][0]["key"]


def shots(ran):
    return {shot["shot"]: shot for shot in json.loads(ran.out)["shots"]}


@pytest.mark.usefixtures("vendor")
def test_how_long_a_job_will_take_still(studio, r2v) -> None:
    """Only where jobs of that model have told."""
    take_on(studio, key_of(r2v, studio, "first"))
    status = ("status", "s.yaml", "--format", "json")
    assert None is shots(r2v(*status, cwd=studio))["first"]["left"]
    for number in range(8):
        take_on(studio, f"{number:064x}", "other", took_s=100.0)
    found = shots(r2v(*status, cwd=studio))
    assert 30 < found["first"]["left"] < 200
    assert None is found["second"]["left"]
    assert " left" in r2v("status", "s.yaml", cwd=studio).out


class Watch:
    """`status --watch` without a terminal."""

    def __init__(self, project, environ) -> None:
        words = [sys.executable, "-m", "r2v_pipeline", "status", "s.yaml", "--watch"]
        self.process = subprocess.Popen(
            words, cwd=project, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.killer = threading.Timer(60, self.process.kill)
        self.killer.start()

    def until(self, text: str) -> str:
        """The next line with this in it."""
        for line in self.process.stdout:
            if text in line:
                return line.strip()
        return pytest.fail(f"it never said {text!r}: {self.process.stderr.read()}")

    def end(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        self.killer.cancel()
        return self.process.returncode, out, err


@pytest.fixture
def watch(studio, environment):
    watching = Watch(studio, environment)
    yield watching
    watching.killer.cancel()
    watching.process.kill()
    watching.process.communicate()


def test_a_line_for_each_change(vendor, watch, studio, r2v, change) -> None:
    assert "2 shots: 2 not built." == watch.until("2 shots")
    watch.until(".r2v holds")
    assert 0 == r2v("build", "s.yaml", "first", "--yes", cwd=studio).rc
    assert "first: stored" == watch.until("first: stored")
    change("snow", "rain")
    assert "first: not built" == watch.until("first: not")
    rc, out, err = watch.end()
    assert (130, "", "") == (rc, out, err)
    assert 1 == len(vendor.ledger()["jobs"])


@pytest.mark.usefixtures("vendor")
def test_while_the_storyboard_is_wrong_the_last_right_one_stands(watch, studio, change) -> None:
    watch.until(".r2v holds")
    change("title: Two", "titel: Two")
    change("snow", "rain")
    change("titel: Two", "title: Two")
    take_on(studio, "a" * 64)
    rc, _, err = watch.end()
    assert (130, "") == (rc, err)


def test_on_a_terminal_it_stays_in_one_place(vendor, terminal, studio, r2v) -> None:
    watching = terminal("status", "s.yaml", "--watch")
    watching.read_until(".r2v holds 0 files")
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    watching.read_until("2 shots: 2 stored.")
    watching.type("\x03")
    rc, shown = watching.finish()
    assert 130 == rc
    assert "Traceback" not in shown
    assert shown.endswith("\x1b[?25h"), "the cursor is given back"
    assert 2 == len(vendor.ledger()["jobs"])


@pytest.mark.usefixtures("vendor")
def test_a_reader_that_goes_away_ends_it(studio, environment, r2v) -> None:
    """`r2v status --watch | head -1` ends with the next line that it has to say."""
    key = key_of(r2v, studio, "first")
    words = [sys.executable, "-m", "r2v_pipeline", "status", "s.yaml", "--watch"]
    piped = subprocess.PIPE
    with subprocess.Popen(words, cwd=studio, env=environment, stdout=piped, stderr=piped) as process:
        while b".r2v holds" not in process.stdout.readline():
            pass
        process.stdout.close()
        take_on(studio, key)
        assert 0 == process.wait(60)
        assert b"" == process.stderr.read()


@pytest.mark.parametrize(
    ("words", "rc", "said"),
    [(("--watch", "--format", "json"), 2, "--watch is for people"), (("--watch", "no.yaml"), 1, "R2V001")],
)
def test_what_it_refuses(studio, r2v, words, rc, said) -> None:
    ran = r2v("status", *(words if "no.yaml" in words else ("s.yaml", *words)), cwd=studio)
    assert (rc, True) == (ran.rc, said in ran.err)


def test_it_writes_nothing(studio, r2v, vendor) -> None:
    before = sorted(studio.rglob("*"))
    assert 0 == r2v("status", "s.yaml", cwd=studio).rc
    assert before == sorted(studio.rglob("*"))
    assert 0 == vendor.server.vendor.requests["submit"]
