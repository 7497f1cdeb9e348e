"""What pip installs is the whole of r2v: built, installed into an environment of its own, run far from the checkout."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = "lighthouse.yaml"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once.  Where hatchling is installed nothing is downloaded for it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    if importlib.util.find_spec("hatchling"):
        command.append("--no-build-isolation")
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment with the wheel in it.

    Its dependencies are those of the environment that runs the tests, so that nothing is downloaded; an editable r2v
    there stays invisible, since Python does not read the .pth files of a folder that a .pth file names.
    """
    folder = tmp_path_factory.mktemp("away") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    python = folder / "bin" / "python"
    install = ["install", "-qq", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True, timeout=120)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    ours = {sysconfig.get_paths()[kind] for kind in ("purelib", "platlib")}
    (site_packages / "dependencies.pth").write_text("\n".join(sorted(ours)) + "\n", "utf-8")
    return python.parent


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A copy of the examples where no checkout is near."""
    shutil.copytree(ROOT / "examples" / "storyboards", tmp_path / "story", ignore=shutil.ignore_patterns("build"))
    return tmp_path / "story"


@pytest.fixture
def run(installed: Path, away: Path) -> Callable[..., str]:
    """Run a program of that environment among the examples; its output, or a failed test."""

    def run(program: str, *args: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [str(installed / program), *args],
            cwd=away,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    """Fonts, the explain pages and py.typed are not imported by anything: only a list can miss them."""
    package = ROOT / "r2v_pipeline"
    expected = {p.relative_to(ROOT).as_posix() for p in package.rglob("*") if p.is_file() and p.suffix != ".pyc"}
    expected |= {f"r2v_pipeline/schemas/{p.name}" for p in (ROOT / "schemas").glob("*.json")}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert set() == expected - names


@pytest.mark.parametrize(
    "pattern",
    [
        "r2v_pipeline/schemas/storyboard-1.schema.json",
        "r2v_pipeline/media/fonts/*.[ot]tf",
        "r2v_pipeline/media/fonts/OFL.txt",
        "r2v_pipeline/py.typed",
        "r2v_pipeline/explain/R2V104.md",
        "*.dist-info/licenses/LICENSE",
    ],
)
def test_what_only_users_open_is_in_the_wheel(pattern: str, wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if PurePosixPath(name).match(pattern)]


def test_nothing_but_the_package_is_in_the_wheel(wheel: Path) -> None:
    tops = {name.partition("/")[0].partition("-")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {"r2v_pipeline"} == tops


def test_the_installed_r2v_is_the_one_that_runs(run: Callable[..., str], installed: Path) -> None:
    where = run("python", "-c", "import r2v_pipeline; print(r2v_pipeline.__file__)").strip()
    assert Path(where).is_relative_to(installed.parent)


def test_it_tells_its_version(run: Callable[..., str], wheel: Path) -> None:
    assert wheel.name.split("-")[1] in run("r2v", "--version")


def test_it_checks_and_compiles_an_example(run: Callable[..., str]) -> None:
    run("r2v", "check", EXAMPLE)
    assert '"jobs"' in run("r2v", "compile", EXAMPLE, "--format", "json")
