"""A project with references, a sandbox that all tests of this folder share, and the command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "providers" / "dashscope"))

from sandbox_server import Sandbox, serving

EXAMPLES = Path(__file__).parents[2] / "examples" / "storyboards"


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with serving(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The server that builds of this test use; it behaves again afterwards."""
    yield shared_sandbox
    shared_sandbox.ask("DELETE", "faults")


@pytest.fixture
def environment(environment: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    """Variables for a program under test; it knows of the server where the test does."""
    if "sandbox" not in request.fixturenames:
        return environment
    made: Sandbox = request.getfixturevalue("sandbox")
    return {**environment, "R2V_SANDBOX": made.url, "R2V_SANDBOX_KEY": made.said["key"]}


@pytest.fixture
def refs(project: Path) -> Path:
    """The examples' references, in a project of this test."""
    shutil.copytree(EXAMPLES / "refs", project / "refs")
    return project / "refs"
