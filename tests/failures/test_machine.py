"""Rows 25 to 40 and 96: the machine is in the way."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ordeal import Trial

from r2v_pipeline.providers.fake.server import Running

# Runs a command of r2v after something was done to the process.
AFTER = "import os, resource, sys; {}; from r2v_pipeline.cli.main import main; sys.exit(main(sys.argv[1:]))"


def after(trial: Trial, deed: str, *words: str) -> tuple[int, str]:
    """A command in a process that `deed` was done to."""
    done = trial.run_program([sys.executable, "-P", "-c", AFTER.format(deed), *words])
    assert "Traceback" not in done.said
    return done.rc, done.said


def test_a_disk_that_is_nearly_full_buys_nothing(trial: Callable[..., Trial]) -> None:
    """What a clip needs is looked at before anything is sent."""
    made = trial()
    deed = "import shutil; shutil.disk_usage = lambda _: type('Usage', (), {'free': 50_000_000})"
    rc, said = after(made, deed, "build", "s.yaml", "--yes")
    assert 7 == rc, said
    assert "50.0 MB are free" in said
    assert "nothing was sent" in said
    assert [] == made.accepted()


@pytest.mark.parametrize("named", ["/nowhere/ffmpeg", "/bin/true"])
def test_without_a_working_ffmpeg_nothing_is_bought(trial: Callable[..., Trial], named: str) -> None:
    """A film that could not be joined is not paid for first."""
    made = trial()
    made.environment["R2V_FFMPEG"] = named
    done = made.build()
    assert 7 == done.rc, done.said
    assert "R2V_FFMPEG" in done.said
    assert [] == made.accepted()


@pytest.mark.parametrize("limit", [0, 60_000])
def test_no_file_may_grow(trial: Callable[..., Trial], limit: int) -> None:
    """A quota, or a disk that fills up: from the first byte of the state, in the journal, in a clip.  With room again,
    the same command ends it, and each shot was bought once."""
    made = trial("idempotent")
    rc, said = after(made, f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))", "build", "s.yaml", "--yes")
    assert 7 == rc, said
    assert len(made.accepted()) <= 1
    if limit < 60_000:
        assert [] == made.accepted()
    assert "" == made.mended(None)


@pytest.mark.parametrize("files", [8])
def test_too_few_open_files(trial: Callable[..., Trial], files: int) -> None:
    made = trial("idempotent")
    rc, said = after(
        made, f"resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))", "build", "s.yaml", "--yes"
    )
    assert rc in (0, 4, 7), said
    assert "" == made.mended(None)


def test_state_on_another_disk_and_no_cache(trial: Callable[..., Trial], tmp_path: Path) -> None:
    """Names are only given within a disk, and a cache that cannot be written is done without."""
    other = Path("/dev/shm") / f"r2v-test-{os.getpid()}"
    if not other.parent.is_dir() or other.parent.stat().st_dev == tmp_path.stat().st_dev:
        other = tmp_path / "state"
    other.mkdir()
    try:
        made = trial()
        (tmp_path / "file").touch()
        made.environment.update(R2V_STATE_DIR=str(other), XDG_CACHE_HOME=str(tmp_path / "file" / "cache"))
        done = made.build()
        assert 0 == done.rc, done.said
        assert made.film.exists()
        again = made.build()
        assert "nothing to do" in again.said
    finally:
        shutil.rmtree(other)


def test_what_r2v_keeps_is_for_its_owner_only(trial: Callable[..., Trial]) -> None:
    """Prompts of an unpublished film lie there; whatever the umask says."""
    made = trial()
    rc, said = after(made, "os.umask(0)", "build", "s.yaml", "--yes")
    assert 0 == rc, said
    state = made.folder / ".r2v"
    open_ones = [
        path.name
        for path in [state, *state.rglob("*")]
        if stat.S_IMODE(path.stat().st_mode) & 0o077
        if path.is_dir() or path.name.startswith(("state.db", "lock"))
    ]
    assert [] == open_ones


PLACES = [
    {},
    {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
    {"TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "2"},
    {"PYTHONOPTIMIZE": "1", "PYTHONUTF8": "1"},
    {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error", "PYTHONUTF8": "0", "LC_ALL": "POSIX"},
]


def test_the_same_bytes_anywhere(trial: Callable[..., Trial]) -> None:
    """Zones, languages, hash seeds, with and without assertions, with warnings as errors."""
    made = trial()
    said = set()
    for place in PLACES:
        made.environment.update(place)
        done = made.run("compile", "s.yaml", "--format", "json")
        assert 0 == done.rc, done.said
        said.add(done.said)
    assert 1 == len(said)


@pytest.mark.parametrize("switch", [{"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error"}], ids=["development"])
def test_the_same_film_under_any_switch(
    trial: Callable[..., Trial], switch: dict[str, str], bought: Callable[[], Trial]
) -> None:
    made = trial("opaque")
    made.environment.update(switch)
    assert "" == made.mended(bought().film.read_bytes())


# What SQLite takes for the name of a file has an end.
ODD = {
    "of bytes that are no text": ("caf\udce9 \U0010ffe9", 0),
    "of odd signs": ('with space/it\'s "quoted" & $HOME;/émoji 🎬 映画/new\nline/-dash', 0),
    "long": ("n" * 255, 0),
    "too deep": ("/".join(["d" * 200] * 15), 7),
}


@pytest.mark.parametrize("how", ODD)
def test_a_project_in_an_odd_place(how: str, bought: Callable[[], Trial]) -> None:
    """Built, or refused in words before anything is sent."""
    made, (name, code) = bought(), ODD[how]
    place = made.folder.parent / name / "p"
    os.makedirs(place.parent)
    made.folder.rename(place)
    made.folder = place
    text = (place / "s.yaml").read_text("utf-8").replace("title: Three", "title: Three odd")
    (place / "s.yaml").write_text(text.replace("64x36", "66x36"), encoding="utf-8")
    made.film.unlink()
    done = made.run("build", "s.yaml", "--yes")
    assert "Traceback" not in done.said
    assert (code, code == 0) == (done.rc, made.film.exists()), done.said
    assert 3 == len(made.accepted())


def test_a_reference_that_goes_away_after_the_check(trial: Callable[..., Trial]) -> None:
    """Trouble of the machine, said in a line, and no defect of r2v."""
    made = trial()
    gone = "from r2v_pipeline.source import files; files.Disk.digest = lambda *_: exec('raise OSError(5, \"broken\")')"
    rc, said = after(made, gone, "build", "s.yaml", "--yes")
    assert (7, True) == (rc, "'refs/gift.png' cannot be read: broken" in said), said
    assert [] == made.accepted()


def test_a_vendor_that_is_not_there_costs_nothing(trial: Callable[..., Trial], vendor: Running) -> None:
    made = trial("opaque")
    made.environment["R2V_FAKE_URL"] = f"{vendor.url.rpartition(chr(58))[0]}:9"
    done = made.build()
    assert done.rc in (4, 7), done.said
    assert "Traceback" not in done.said
    made.environment["R2V_FAKE_URL"] = vendor.url
    assert "" == made.mended(None)
