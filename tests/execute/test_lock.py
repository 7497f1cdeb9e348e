"""One build at a time, by a lock that no dead process can keep."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from r2v_pipeline.errors import Busy, DiskTrouble, StateTrouble
from r2v_pipeline.execute import lock
from r2v_pipeline.execute.session import hold

HOLDER = """
import sys, time
from pathlib import Path
from r2v_pipeline.execute.session import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(project: Path, environment: dict[str, str]):
    """Another r2v that builds in this project."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(project)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "held\n" == process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_build_is_refused_and_told_of_the_first(project: Path, holder) -> None:
    with pytest.raises(Busy, match=f"process {holder.pid}") as caught, hold(project):
        pass
    assert 6 == caught.value.exit_code


def test_a_stopped_build_still_holds_it(project: Path, holder) -> None:
    os.kill(holder.pid, signal.SIGSTOP)
    with pytest.raises(Busy), hold(project):
        pass


def test_a_killed_build_holds_nothing(project: Path, holder) -> None:
    holder.kill()
    holder.wait()
    with hold(project) as session:
        assert [] == session.journal.select("SELECT * FROM attempt")


def test_it_is_let_go_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with lock.hold(tmp_path / "lock"):
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            fail()


def test_a_lock_that_cannot_be_made_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(DiskTrouble, match="nowhere/lock"), lock.hold(tmp_path / "nowhere" / "lock"):
        pass


def test_a_disk_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StateTrouble, match="No locks available"), lock.hold(tmp_path / "lock"):
        pass


def test_a_system_without_such_locks_is_said_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(StateTrouble, match="no file locks"), hold(project):
        pass
