"""No loose ends in the package, and nothing in the repository that is true only where it was written.

The forbidden words are put together from pieces, so that this file does not contain them.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CACHES = {"__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".git", ".venv", ".r2v", "build"}

LOOSE_ENDS = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, r"raise NotImplemented" + "Error")))

WEB = "".join(("htt", "ps?://"))
LOCAL = {
    "a path of one machine": "|".join(
        r"(?<![\w.\-/:<>{}])/" + folder + r"/[\w.]" for folder in ("ho" + "me", "Us" + "ers", "ro" + "ot", "wo" + "rk")
    ),
    "an address of one machine": WEB + r"(localhost|127\.0\.0\.1|\[::1\]):\d",
    "an address of a private network": WEB
    + r"(10\.\d|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|[\w.\-]+\.(internal|local|lan|corp)\b)",
    "a package registry": "|".join(("inde" + "x-url", "PIP_" + "INDEX", WEB + r"[^\s\"'<>)]+/simple\b")),
}


# Here loopback and private addresses are what the code under test has to tell from others.
GUARDS = (
    "tests/providers/",
    "tests/hostile/",
    "tests/sandbox/",
    "docs/sandbox.md",
    "r2v_pipeline/providers/fake/",
    "r2v_pipeline/providers/http/",
)
ADDRESSES = ("an address of one machine", "an address of a private network")


def committed_files() -> list[Path]:
    """What Git has or would take; outside a checkout (the suite against the wheel) all that lies beside the tests."""
    if not (ROOT / ".git").exists():
        return [p for p in sorted(ROOT.rglob("*")) if p.is_file() and not CACHES & set(p.relative_to(ROOT).parts)]
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout.decode("utf-8")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """The file as text; empty for a picture, a clip or a font."""
    data = path.read_bytes()
    return "" if b"\0" in data[:8192] else data.decode("utf-8", "replace")


def test_the_package_has_no_loose_ends(package) -> None:
    found = [
        f"{module.path.name}:{number}"
        for module in package.values()
        for number, line in enumerate(module.text.splitlines(), 1)
        if LOOSE_ENDS.search(line)
    ]
    assert [] == found


@pytest.mark.parametrize("what", LOCAL)
def test_nothing_committed_names(what: str) -> None:
    pattern = re.compile(LOCAL[what])
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in committed_files()
        if not (what in ADDRESSES and path.relative_to(ROOT).as_posix().startswith(GUARDS))
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert [] == found


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of one machine", "cd /" + "home/ann/r2v"),
        ("a path of one machine", 'open("/' + 'work/x")'),
        ("an address of one machine", "GET http:" + "//localhost:8080/x"),
        ("an address of a private network", "https:" + "//10.2.3.4/x"),
        ("an address of a private network", "http:" + "//cache.corp/x"),
        ("a package registry", "pip install --inde" + "x-url=x y"),
        ("a package registry", "https:" + "//packages.example.org/simple/"),
    ],
)
def test_such_a_line_is_found(what: str, line: str) -> None:
    assert re.search(LOCAL[what], line)


@pytest.mark.parametrize(
    "line", ["docs/homework/plan.md", "http:" + "//127.0.0.1:{port}", "https:" + "//example.org/a", "frame/homely"]
)
def test_an_innocent_line_is_not(line: str) -> None:
    assert [] == [what for what, pattern in LOCAL.items() if re.search(pattern, line)]
