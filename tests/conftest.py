"""What every test gets: no network, no home, no keys, a cache of its own; and the two things most tests begin with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

import r2v_pipeline

OFFLINE = Path(__file__).parent / "offline"
sys.path[:0] = [str(OFFLINE), str(Path(__file__).parent / "canary")]

import canary  # noqa: E402  (its folder has to be on the path first)
import network_guard  # noqa: E402

from r2v_pipeline.providers.fake import server  # noqa: E402

# A runner in the background of a shell, or behind nohup, ignores signals, and so would all that the tests start.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

network_guard.install()

# The vendor of the tests takes any sandbox key; so that the one it hands out is watched for too, it is a canary.
server._key = lambda _file: canary.KEYS["R2V_FAKE_KEY"]

# `make test` tries the same examples every time: a red run is somebody's change.  `make fuzz` looks for new ones.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Marks are strict: these are the ones that exist.  Keys are watched over: see canary.py."""
    config.pluginmanager.register(canary)
    config.addinivalue_line("markers", "torture: kills builds; many more rounds under `make torture`")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: at the end of a run there is nothing left to share among the processors."""
    items.sort(key=lambda item: item.get_closest_marker("torture") is None)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that nothing may write to."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def bare_machine(
    empty_home: Path,
    canaries: None,  # noqa: ARG001  (what it sets stays)
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """An account without history: empty home, empty cache, no keys but the canaries.

    r2v keeps its caches under XDG_CACHE_HOME and its state in the project; a file in the home folder is a bug.
    """
    for name, value in os.environ.items():
        foreign = name.endswith(("_API_KEY", "_TOKEN")) or (name.startswith(("R2V_", "XDG_")) and name != "R2V_TORTURE")
        if foreign and value != canary.KEYS.get(name):
            monkeypatch.delenv(name)
    for name in ("COLUMNS", "LINES"):  # the width of a terminal, which pytest-xdist tells its workers
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(empty_home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    yield
    assert [] == sorted(path.name for path in empty_home.iterdir()), "something was written to the home folder"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project: a folder that r2v takes for the root because it holds `.git`."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    return root


@pytest.fixture
def environment(bare_machine: None) -> dict[str, str]:  # noqa: ARG001  (its variables are what is copied)
    """Variables for a program under test: offline, and with the same r2v_pipeline that this process imported."""
    package_home = Path(r2v_pipeline.__file__).parent.parent
    path = os.pathsep.join((str(OFFLINE), str(package_home)))
    return {**os.environ, **canary.PROXIES, "PYTHONPATH": path}


class Ran(NamedTuple):
    """How a command ended and what it said."""

    rc: int
    out: str
    err: str


@pytest.fixture
def r2v(project: Path, environment: dict[str, str]) -> Callable[..., Ran]:
    """The command line as a user starts it: `r2v("check", "a.yaml", cwd=…, timeout_s=…, NAME="value")`."""

    def run(*args: str | Path, cwd: Path = project, timeout_s: float = 120, **variables: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "r2v_pipeline", *map(str, args)],
            cwd=cwd,
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    return run
