"""Every key that r2v is given in a test is a canary, and a test that shows or writes one fails.

A plug-in of pytest: `-p canary`, or by conftest.py beside it.  What a test wrote is looked through below its temporary
folder, its cache and its home; what it and the programs it started said is looked through as it is read.
"""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

WORD = "CanaryQ7zV2mXw9KdT4"
# What r2v may read a secret from, in the form in which each comes.
KEYS = {
    "DASHSCOPE_API_KEY": f"sk-{WORD}dashscope",
    "WAVESPEED_API_KEY": f"{WORD}wavespeed",
    "AI_GATEWAY_API_KEY": f"vck_{WORD}gateway",
    "VERCEL_OIDC_TOKEN": f"ey.{WORD}.oidc",
    "BLOB_READ_WRITE_TOKEN": f"vercel_blob_rw_{WORD}",
    "GITHUB_TOKEN": f"ghp_{WORD}",
    "AWS_SECRET_ACCESS_KEY": f"{WORD}aws",
    "R2V_FAKE_KEY": f"sbx_{WORD}",
}
# Only for programs that a test starts: in this process it would stand before every host that a test makes up.
PROXIES = {"HTTPS_PROXY": f"http://someone:{WORD}@127.0.0.1:9"}
# Files larger than this are films that a test made up to be large.
MOST = 8 << 20


def spellings(word: str) -> tuple[bytes, ...]:
    """A word as it is and as it may be hidden: in the base64 of a longer text (at any of three offsets), as hex, as
    UTF-16, and read backwards."""
    raw = word.encode()
    shifted = [base64.b64encode(b"x" * n + raw)[4 if n else 0 :] for n in range(3)]
    # The last signs depend on what follows.
    return (raw, raw.hex().encode(), word.encode("utf-16-le"), raw[::-1], *(text[:-4] for text in shifted))


NEEDLES = spellings(WORD)


def found(data: bytes) -> bool:
    """Whether a canary is in these bytes."""
    return any(needle in data for needle in NEEDLES)


def in_files(roots: Iterable[Path]) -> list[str]:
    """The files below some folders whose names or bytes hold a canary; links are not followed."""
    bad = []
    for root in roots:
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if found(os.fsencode(name)) or _held(path):
                    bad.append(path)
    return bad


def _held(path: str) -> bool:
    try:
        if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > MOST:
            return False
        with open(path, "rb") as file:
            return found(file.read())
    except OSError:  # somebody made it unreadable, or took it away
        return False


def heard(*streams: str | bytes | None) -> None:
    """Fails the test that reads a canary from what was said."""
    for said in streams:
        data = said.encode("utf-8", "surrogatepass") if isinstance(said, str) else said
        if data and found(data):
            pytest.fail("a secret was shown")


def _listen() -> None:
    """What a program said is heard where it is read, and so is what pytest caught of this process."""
    communicate, readouterr = subprocess.Popen.communicate, pytest.CaptureFixture.readouterr

    def communicated(self: Any, *words: Any, **named: Any) -> Any:
        streams = communicate(self, *words, **named)
        heard(*streams)
        return streams

    def read(self: Any) -> Any:
        streams = readouterr(self)
        heard(*streams)
        return streams

    subprocess.Popen.communicate = communicated  # type: ignore[method-assign]
    pytest.CaptureFixture.readouterr = read  # type: ignore[method-assign]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "keyless: no key is set; for tests of what is said then")
    _listen()


@pytest.fixture(autouse=True)
def canaries(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Generator[None, None, None]:
    """Sets the keys, and looks afterwards through every temporary folder that the test made."""
    if request.node.get_closest_marker("keyless") is None:
        for name, value in KEYS.items():
            monkeypatch.setenv(name, value)
    before = set(tmp_path_factory.getbasetemp().iterdir())
    yield
    made = set(tmp_path_factory.getbasetemp().iterdir()) - before
    assert [] == in_files(made), "a secret was written"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:  # noqa: ARG001
    """What nobody read of what a test said is in its report."""
    report = yield
    if any(found(text.encode("utf-8", "replace")) for _, text in report.sections):
        report.outcome, report.longrepr = "failed", "a secret was shown"
        report.sections = []
    return report
