"""What a command loads is what it costs: the number of modules is the start-up time that needs no clock."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# As the installed `r2v` starts: the script that pip writes imports `main` and calls it without arguments.
LAUNCHER = "import sys; from r2v_pipeline.cli.main import main; sys.exit(main())"

STORYBOARD = """\
r2v: 1
title: Two shots
cast:
  mia: {kind: person, look: short dark hair}
shots:
  - id: arrival
    segments:
      - for: 2s
        action: "{{ Mia }} walks up the stairs."
      - for: 2s
        action: "{{ Mia }} opens the door."
        say: {mia: Anybody home?}
  - id: lamp
    prompt: "A lamp sways above {{ mia }}."
    duration: 3s
"""

# Each costs between a tenth of a second and ten milliseconds, and none is needed to say that a storyboard is right.
TOO_HEAVY_FOR_CHECK = {
    "networkx", "sqlite3", "httpx", "jinja2", "jsonschema", "dataclasses",
    "asyncio", "av", "PIL", "numpy", "rich", "ffmpeg", "imageio_ffmpeg",
}  # fmt: skip


@pytest.fixture
def loaded(project: Path, environment: dict[str, str]) -> Callable[..., set[str]]:
    """Modules that a command loads beyond those of `python -c pass`; the command has to succeed."""
    (project / "a.yaml").write_text(STORYBOARD, "utf-8")

    def modules(code: str, *args: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", code, *args],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
        assert done.returncode == 0, done.stdout + "\n".join(said)
        lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
        return {line.rpartition("|")[2].strip() for line in lines}

    idle = modules("pass")
    return lambda *args: modules(LAUNCHER, *args) - idle


def roots(modules: set[str]) -> set[str]:
    """Top-level names."""
    return {name.partition(".")[0] for name in modules}


def test_version_loads_the_entry_point_only(loaded: Callable[..., set[str]]) -> None:
    expected = {"r2v_pipeline", "r2v_pipeline.cli", "r2v_pipeline.cli.main"}
    assert expected == loaded("--version") - {"__future__"}


def test_check_loads_nothing_heavy(loaded: Callable[..., set[str]]) -> None:
    """The first time, when the file is read and validated, and the second, when its verdict may be remembered."""
    first = roots(loaded("check", "a.yaml"))
    second = roots(loaded("check", "a.yaml"))
    assert set() == first & TOO_HEAVY_FOR_CHECK
    assert set() == second & TOO_HEAVY_FOR_CHECK


@pytest.mark.parametrize("command", ["check", "compile", "plan"])
def test_what_spends_nothing_cannot_talk(command: str, loaded: Callable[..., set[str]]) -> None:
    assert "httpx" not in roots(loaded(command, "a.yaml"))


def test_a_loaded_module_is_seen(loaded: Callable[..., set[str]], project: Path) -> None:
    """The measure itself: a module imported by the entry point shows up."""
    package = project / "r2v_pipeline"
    (package / "cli").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "cli" / "__init__.py").touch()
    (package / "cli" / "main.py").write_text("def main():\n    import sqlite3\n    return 0\n", "utf-8")
    assert {"sqlite3", "r2v_pipeline"} <= roots(loaded("--version"))
