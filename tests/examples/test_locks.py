"""The locks of the examples are committed, and are what a build writes: `make demo` leaves the checkout as it is.

The examples are drawn, so a lock is made of its storyboard alone.  `R2V_UPDATE_GOLDEN=1` writes them anew.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from r2v_pipeline.cli.stages.front import Options, compiled, read
from r2v_pipeline.plan.lock import Clip, Lock, asked, renewed
from r2v_pipeline.plan.lockfile import ENDING, write

FOLDER = Path(__file__).parents[2] / "examples" / "storyboards"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.name.endswith(ENDING))
UPDATE = bool(os.environ.get("R2V_UPDATE_GOLDEN"))


@pytest.mark.parametrize("name", NAMES)
def test_the_lock_of_an_example(name: str, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "s", ignore=shutil.ignore_patterns("build", ".r2v", f"*{ENDING}"))
    front = read(str(tmp_path / "s" / f"{name}.yaml"), Options())
    assert front.expanded is not None
    made, _ = compiled(front)
    assert made is not None
    drawn = {job.key: Clip("") for one in asked(made) for job in one.renders}
    text = write(renewed(made, drawn, Lock()))
    committed = FOLDER / f"{name}{ENDING}"
    if UPDATE:
        committed.write_text(text, "utf-8")
    assert text == committed.read_text("utf-8")


def test_no_lock_is_left_of_an_example_that_is_gone() -> None:
    assert [f"{name}{ENDING}" for name in NAMES] == sorted(path.name for path in FOLDER.glob(f"*{ENDING}"))


def test_a_build_writes_it(tmp_path: Path, r2v) -> None:
    """The very file, on any machine: nothing in it is of this one."""
    shutil.copytree(FOLDER, tmp_path / "s", ignore=shutil.ignore_patterns("build", ".r2v", f"*{ENDING}"))
    (tmp_path / "s" / ".r2v").mkdir()
    assert 0 == r2v("build", "silent_dance.yaml", cwd=tmp_path / "s").rc
    assert (FOLDER / f"silent_dance{ENDING}").read_bytes() == (tmp_path / "s" / f"silent_dance{ENDING}").read_bytes()
