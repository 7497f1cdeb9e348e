"""The watch over secrets works: what shows or writes one fails, in whatever spelling."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import canary
import pytest

PLANTED = {
    "as it is": canary.WORD.encode(),
    "in a header": f"authorization: Bearer sk-{canary.WORD}\r\n".encode(),
    "in JSON": f'{{"key": "{canary.WORD}"}}'.encode(),
    "in base64, anywhere": base64.b64encode(f"someone:{canary.WORD} and more".encode()),
    "in base64, one further": base64.b64encode(f"someone1:{canary.WORD} and more".encode()),
    "in base64, two further": base64.b64encode(f"someone12:{canary.WORD} and more".encode()),
    "as hex": canary.WORD.encode().hex().encode(),
    "as UTF-16": canary.WORD.encode("utf-16-le"),
    "backwards": canary.WORD[::-1].encode(),
}


@pytest.mark.parametrize("how", PLANTED)
def test_a_planted_canary_is_found(how: str) -> None:
    data = b"before " + PLANTED[how] + b" after"
    assert canary.found(data)
    assert not canary.found(data.replace(PLANTED[how], b""))


def test_names_of_files_count_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("harmless")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    assert [] == canary.in_files([folder])
    outside.write_bytes(PLANTED["as hex"])
    assert [] == canary.in_files([folder])
    assert [str(outside)] == canary.in_files([tmp_path])
    outside.unlink()
    named = folder / canary.WORD
    named.touch()
    assert [str(named)] == canary.in_files([tmp_path])
    named.unlink()


def test_every_test_has_the_keys() -> None:
    assert canary.KEYS == {name: os.environ[name] for name in canary.KEYS}


@pytest.mark.keyless
def test_but_one_that_wants_none() -> None:
    assert [] == [name for name in canary.KEYS if name in os.environ]


LEAKS = """
import os, subprocess, sys

KEY = os.environ.get("DASHSCOPE_API_KEY", "")

def test_nothing(tmp_path):
    (tmp_path / "a").write_text("fine")

def test_written(tmp_path):
    (tmp_path / "a").write_text(os.environ["DASHSCOPE_API_KEY"])

def test_in_a_cache(tmp_path_factory):
    (tmp_path_factory.mktemp("cache") / "a").write_text(os.environ["R2V_FAKE_KEY"])

def test_said():
    print(os.environ["WAVESPEED_API_KEY"])

def test_read(capsys):
    print(os.environ["WAVESPEED_API_KEY"])
    capsys.readouterr()

def test_by_a_program():
    code = "import os; print(os.environ['GITHUB_TOKEN'])"
    subprocess.run([sys.executable, "-c", code], capture_output=True)
"""


def test_each_leak_fails_its_test(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "test_leaks.py").write_text(LEAKS, encoding="utf-8")
    words = [
        "-m",
        "pytest",
        "-p",
        "canary",
        "-p",
        "no:cacheprovider",
        "-q",
        "-rfEp",
        "--tb=no",
        "-c",
        os.devnull,
        "--rootdir=.",
    ]
    done = subprocess.run(
        [sys.executable, *words, "test_leaks.py"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(Path(canary.__file__).parent), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    good = [line.split("::")[1] for line in done.stdout.splitlines() if line.startswith("PASSED")]
    bad = {line.split("::")[1].split()[0] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))}
    assert {"test_written", "test_in_a_cache", "test_said", "test_read", "test_by_a_program"} == bad, done.stdout
    assert "test_nothing" in good
