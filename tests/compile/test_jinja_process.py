"""The process that templates render in: its limits, its end, and what it does not get."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from templating import scope

import r2v_pipeline
from r2v_pipeline.compile.jinja import process as jinja_process
from r2v_pipeline.compile.jinja import whole as jinja
from r2v_pipeline.compile.jinja.process import CannotStart, Died, Process
from r2v_pipeline.compile.jinja.whole import expand_template

PACKAGE_HOME = str(Path(r2v_pipeline.__file__).parents[1])
ENDLESS = "{% for i in range(1000) %}" * 5 + "{% endfor %}" * 5

GROWING = (
    "{% set n = namespace(x='abcdefgh') %}{% for i in range(40) %}{% set n.x = GROW %}{% endfor %}{{ n.x|length }}"
)


@pytest.fixture
def process():
    made = Process()
    made.board({}, {})
    yield made
    made.close()


def no_files(_name):
    return None


def render(process, text, seconds=0.5, source=no_files):
    return process.render(seconds, (text, {}, {}, "a.j2"), source)[:3]


def gone(pid: int) -> bool:
    """Whether no process has this number any more, not even as a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_renders(process):
    assert ["15", [], None] == render(process, "{{ 1 }}{% if 1 %}{{ 2 + 3 }}{% endif %}")


def test_numbers_do_not_grow_for_ever(process):
    text = "{% set n = namespace(x=3) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}"
    assert "the number is too large" == render(process, text)[2][1]


@pytest.mark.parametrize("text", [ENDLESS, "{{ 7.5|round(10**9, 'ceil') }}"], ids=["loops", "one C call"])
def test_it_is_ended_at_its_time(process, text):
    pid, begun = process._pid, time.monotonic()
    with pytest.raises(Died) as why:
        render(process, text, 0.2)
    assert why.value.too_long
    assert time.monotonic() - begun < 5
    assert gone(pid)


@pytest.mark.parametrize(
    "text",
    [
        GROWING.replace("GROW", "n.x ~ n.x"),
        "{{ [1]|batch(10**9, 'x')|list|length }}",
        GROWING.replace("GROW", "n.x|replace('a', 'aaaaaaaa')"),
    ],
    ids=["doubling", "a list", "replacing"],
)
def test_memory_has_an_end(process, text):
    assert "grows too large" == render(process, text)[2][1]
    assert ["1", [], None] == render(process, "{{ 1 }}")


def test_a_process_that_does_not_answer_is_killed(process, monkeypatch):
    monkeypatch.setattr(jinja_process, "WALL_SECONDS", 0.2)
    pid = process._pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(Died) as why:
        render(process, "x")
    assert why.value.too_long
    assert gone(pid)


def test_a_process_that_breaks_is_no_matter_of_time(process):
    os.kill(process._pid, signal.SIGSEGV)
    with pytest.raises(Died) as why:
        render(process, "x")
    assert not why.value.too_long


def test_a_template_that_breaks_it_is_wrong(monkeypatch):
    made, _ = scope()
    expand_template("{% if 1 %}{% endif %}", made)
    monkeypatch.setattr(Process, "_hear", _killed)
    _, trouble = expand_template("{% if 1 %}a{% endif %}", made)
    assert trouble is not None
    assert ("R2V402", "template: cannot be rendered: it grows too large or too deep") == (trouble.code, trouble.message)


def _killed(self, _seconds):
    os.kill(self._pid, signal.SIGKILL)
    raise EOFError


def test_one_that_has_gone_while_idle_is_replaced():
    made, _ = scope()
    expand_template("{% if 1 %}a{% endif %}", made)
    os.kill(jinja._renderer.process._pid, signal.SIGKILL)
    other, _ = scope()
    time.sleep(0.05)
    assert ("b", None) == expand_template("{% if 1 %}b{% endif %}", other)


def test_files_are_asked_for_and_counted(process):
    asked = []
    text = "{% for i in range(500) %}{% include 'f' ~ i ignore missing %}{% endfor %}"
    assert "x" * jinja_process.MAX_FILES == render(process, text, 2, lambda name: asked.append(name) or "x")[0]
    assert jinja_process.MAX_FILES == len(asked)


def test_an_exception_of_ours_ends_it(process):
    """The answer to the half-done request would be taken for that of the next."""

    def source(_name):
        raise KeyboardInterrupt

    pid = process._pid
    with pytest.raises(KeyboardInterrupt):
        render(process, "{% include 'a' %}", 1, source)
    assert gone(pid)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="what a process has open is told by /proc")
def test_it_has_no_environment_and_no_file_of_ours(process):
    folder = f"/proc/{process._pid}"
    assert b"" == Path(folder, "environ").read_bytes()
    ends = [os.readlink(f"{folder}/fd/{number}") for number in os.listdir(f"{folder}/fd")]
    assert ["/dev/null", "pipe", "pipe"] == sorted(end.partition(":")[0] for end in ends)


def test_where_none_can_be_had_this_process_renders(monkeypatch):
    def none():
        raise CannotStart

    monkeypatch.setattr(jinja, "Process", none)
    monkeypatch.setattr(jinja, "_renderer", jinja._Renderer())
    made, told = scope()
    assert ("character1", None) == expand_template("{% if 1 %}{{ mia }}{% endif %}", made)
    assert [("mia", True)] == told
    _, trouble = expand_template(ENDLESS, made)
    assert trouble is not None
    assert "template: takes longer than 0.5 s" == trouble.message


@pytest.mark.parametrize("what", ["frozen", "executable"])
def test_without_an_interpreter_there_is_none(what, monkeypatch):
    monkeypatch.setattr(sys, what, {"frozen": True, "executable": ""}[what], raising=False)
    with pytest.raises(CannotStart):
        Process()


def test_an_interpreter_that_cannot_import_is_none(monkeypatch):
    monkeypatch.setattr(jinja_process, "_BOOT", "import nowhere_to_be_found")
    with pytest.raises(CannotStart):
        Process()


PARENT = """
import os, sys, time
from templating import scope
from r2v_pipeline.compile.jinja import whole as jinja
made, _ = scope()
assert jinja.expand_template("{% if 1 %}a{% endif %}", made)[0] == "a"
print(jinja._renderer.process._pid, flush=True)
"""


def start(code: str) -> subprocess.Popen[bytes]:
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((PACKAGE_HOME, here)), "A_SECRET": "x"}
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", PARENT + code]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def ends_soon(pid: int) -> bool:
    """Whether a process is gone, or is a zombie that somebody else has to fetch.

    It may use a second of the processor, which is more by the clock where others work too.
    """
    until = time.monotonic() + 15
    while time.monotonic() < until and not gone(pid):
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return gone(pid)


@pytest.mark.parametrize("code", ["", "os._exit(0)", "sys.exit(3)", "os.kill(os.getpid(), 9)", "1 / 0"])
def test_it_ends_with_r2v(code):
    """However that ends, and without a word."""
    with start(code) as parent:
        out, err = parent.communicate(timeout=20)
        assert ends_soon(int(out))
        assert b"ZeroDivisionError" in err if "1 / 0" in code else b"" == err


def test_it_ends_with_r2v_while_it_computes():
    slow = f"jinja.MOST = 1; jinja.expand_template({ENDLESS!r}, made)"
    with start(slow) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
        parent.communicate(timeout=20)
        assert ends_soon(pid)


def test_a_ctrl_c_is_met_by_r2v_alone():
    """The terminal sends it to the whole group of the foreground."""
    with start("print('ready', flush=True); time.sleep(30)") as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert b"ready\n" == parent.stdout.readline()
        os.killpg(parent.pid, signal.SIGINT)
        _, err = parent.communicate(timeout=20)
        assert 1 == err.count(b"KeyboardInterrupt")
        assert ends_soon(pid)


FORK = """
pid = os.fork()
own, _ = scope()
right = ("b", None) == jinja.expand_template("{% if 1 %}b{% endif %}", own)
if pid == 0:
    os._exit(0 if right else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) or not right)
"""


def test_a_fork_has_a_process_of_its_own():
    """Two that speak through one pipe would get each other's answers."""
    with start(FORK) as parent:
        _, err = parent.communicate(timeout=20)
        assert (0, b"") == (parent.returncode, err)
