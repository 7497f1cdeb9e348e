"""Rows 1 to 24: crashes and power cuts."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from ordeal import MODES, Trial
from scripted import DEARLY, PAID, REPLAYED, Scripted, build, plan_of, render_job, rows, states

from r2v_pipeline.execute import fault
from r2v_pipeline.execute.session import hold
from r2v_pipeline.providers.base import Running as StillRunning
from r2v_pipeline.providers.base import Terms
from r2v_pipeline.providers.fake.server import Running

# The journal as a power cut at a fault point leaves it, and from where on its log may be torn.
JOURNAL = ("state.db", "state.db-wal")
# What is not yet on the disk at a point, by the point before it: a log that is torn anywhere between the two is legal.
TORN = {"intent.durable": "intent.before", "answer.durable": "answer.read"}


def log_of(project: Path) -> Path:
    return project / ".r2v" / "state.db-wal"


@pytest.mark.parametrize("terms", [DEARLY, REPLAYED], ids=["opaque", "idempotent"])
@pytest.mark.parametrize("point", TORN)
def test_a_log_that_is_torn_at_any_byte(tmp_path: Path, terms: Terms, point: str) -> None:
    """Of a transaction that was not synced, nothing counts; whoever was sent something knows it by the row."""
    project, kept = tmp_path / "project", tmp_path / "kept"
    (project / ".git").mkdir(parents=True)
    sizes: dict[str, int] = {}
    sold: list[int] = []
    client, plan = Scripted(terms=terms), plan_of(render_job("s1", provider="vendor"), cost=PAID)

    def watch(name: str) -> None:
        sizes[name] = log_of(project).stat().st_size if log_of(project).exists() else 0
        if name == point and not kept.exists():
            kept.mkdir()
            for part in JOURNAL:
                shutil.copy(project / ".r2v" / part, kept)
            sold.append(len(client.bill))

    fault.watch(watch)
    with hold(project) as session:
        build(session, plan, client)
    fault.watch(None)
    jobs, taken = dict(client.jobs), dict(client.taken)
    first, last = sizes[TORN[point]], sizes[point]
    assert last > first
    for number, end in enumerate(range(first, last + 1, (last - first) // 12)):
        again = tmp_path / str(number)
        (again / ".git").mkdir(parents=True)
        (again / ".r2v").mkdir()
        shutil.copy(kept / "state.db", again / ".r2v")
        log_of(again).write_bytes((kept / "state.db-wal").read_bytes()[:end] + bytes(number % 2 * 100))
        vendor = Scripted(jobs if sold[0] else {}, terms)
        vendor.bill, vendor.taken = ["s1"] * sold[0], taken if sold[0] else {}
        with hold(again) as session:
            outcome = states(build(session, plan, vendor))["s1"]
            assert ["s1"] == vendor.bill or (outcome == "held" and terms is DEARLY and not sold[0]), (number, end)
            assert outcome in (("stored", "held") if terms is DEARLY else ("stored",))
            assert 1 == len(rows(session))


def hung(trial: Trial, fault: str, vendor: Running) -> None:
    """A build that is killed while its first submit has no answer."""
    vendor.order({"do": fault, "on": "submit"})
    process = trial.start("build", "s.yaml", "--yes")
    end = time.monotonic() + 30
    while time.monotonic() < end and not trial.accepted():
        time.sleep(0.01)
    process.kill()
    process.communicate()


@pytest.mark.parametrize(("mode", "fault"), [*((mode, "hang") for mode in MODES), ("findable", "hang_body")])
def test_killed_while_a_submit_has_no_answer(
    trial: Callable[..., Trial], vendor: Running, mode: str, fault: str
) -> None:
    """The vendor has the job, the answer came in no part or in half; the next build knows by token, by listing, or asks
    a person."""
    made = trial(mode)
    hung(made, fault, vendor)
    assert 1 == len(made.accepted())
    done = made.build()
    assert (5 if mode == "opaque" else 0) == done.rc, done.said
    assert ("r2v resolve one" in done.said) == (mode == "opaque")
    assert 3 == len(made.accepted())


def test_killed_while_it_waits_and_copied_then(trial: Callable[..., Trial], vendor: Running) -> None:
    """Both copies of the project collect the same jobs; neither buys one again."""
    made = trial("opaque")
    vendor.order({"do": "changed", "on": "poll", "times": -1, "with": {"status": "running", "progress": 0.5}})
    process = made.start("build", "s.yaml", "--yes")
    end = time.monotonic() + 30
    while time.monotonic() < end and vendor.server.vendor.requests["poll"] < 2:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    before = len(made.accepted())
    assert before
    other = trial("opaque", name="copy")
    shutil.rmtree(other.folder)
    shutil.copytree(made.folder, other.folder)
    other.environment = made.environment
    vendor.behave()
    assert 0 == made.build().rc
    assert 3 == len(made.accepted())
    shot = made.accepted()[0].body["label"]
    done = other.run("build", "s.yaml", str(shot), "--yes")
    assert 0 == done.rc, done.said
    assert 3 == len(made.accepted())


def test_killed_in_the_middle_of_a_download(trial: Callable[..., Trial], vendor: Running) -> None:
    """What is half here has no name of a clip, and goes; the clip is fetched again and not bought again."""
    made = trial()
    vendor.order({"do": "hang_body", "on": "download"})
    process = made.start("build", "s.yaml", "--yes")
    end = time.monotonic() + 30
    while time.monotonic() < end and not any((made.folder / ".r2v" / "tmp").glob("*.mp4")):
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert [*(made.folder / ".r2v" / "tmp").glob("*.mp4")]
    vendor.behave()
    assert 0 == made.build().rc
    assert 3 == len(made.accepted())
    assert [] == [*(made.folder / ".r2v" / "tmp").glob("*")]


def test_killed_between_the_film_and_the_word_about_it(bought: Callable[[], Trial], vendor: Running) -> None:
    """The film is there and its working folder too: the next build takes that away and asks nobody for anything."""
    made = bought()
    film = made.film.read_bytes()
    left = made.film.parent / ".film-left"
    left.mkdir()
    (left / "film.mp4").write_bytes(film)
    vendor.server.vendor.requests.clear()
    assert 0 == made.build().rc
    assert not left.exists()
    assert film == made.film.read_bytes()
    assert 0 == sum(vendor.server.vendor.requests.values())


def test_a_journal_that_was_deleted(bought: Callable[[], Trial]) -> None:
    """A vendor that honours tokens bills nothing a second time; what was bought is fetched again."""
    made = bought()
    film = made.film.read_bytes()
    for part in (made.folder / ".r2v").glob("state.db*"):
        part.unlink()
    assert 0 == made.build().rc
    assert 3 == len(made.accepted())
    assert film == made.film.read_bytes()


def test_looking_works_beside_a_damaged_journal(bought: Callable[[], Trial]) -> None:
    """What spends is refused; what only looks says what is wrong, in a line, and what needs no journal works."""
    made = bought()
    journal = made.folder / ".r2v" / "state.db"
    data = bytearray(journal.read_bytes())
    data[4096 * 3 : 4096 * 9] = bytes(range(256)) * (16 * 6)
    journal.write_bytes(data)
    (made.folder / "s.yaml").write_text((made.folder / "s.yaml").read_text().replace("falls", "rolls"))
    for words in (("build", "s.yaml", "--yes"), ("costs",), ("status", "s.yaml"), ("plan", "s.yaml")):
        said = made.run(*words)
        assert 7 == said.rc or (words[0] != "build" and said.rc == 0), said
        assert "Traceback" not in said.said
    assert 0 == made.run("check", "s.yaml").rc
    assert 0 == made.run("compile", "s.yaml").rc
    assert 3 == len(made.accepted())


def test_nine_hours_asleep(project: Path) -> None:
    """A lid was closed between the submit and the next poll: the job is collected, and nothing is sent."""
    now = [1_800_000_000.0]
    plan = plan_of(render_job("s1", provider="vendor"), cost=PAID)
    client = Scripted(terms=DEARLY)
    client.polls = {"s1": [StillRunning()] * 1000}
    with hold(project, now=lambda: now[0]) as session:
        assert {"s1": "detached"} == states(build(session, plan, client, patience_s=-1.0))
    now[0] += 9 * 3600
    client.polls.clear()
    with hold(project, now=lambda: now[0]) as session:
        assert {"s1": "stored"} == states(build(session, plan, client))
    assert ["s1"] == client.bill


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a flipped bit": lambda clip: clip.write_bytes(bytes([clip.read_bytes()[0] ^ 1]) + clip.read_bytes()[1:]),
    "cut off": lambda clip: clip.write_bytes(clip.read_bytes()[:1000]),
    "empty": lambda clip: clip.write_bytes(b""),
    "gone": lambda clip: clip.unlink(),
    "a link": lambda clip: (clip.rename(clip.with_suffix(".x")), clip.symlink_to("/etc/hostname")),
    "a folder": lambda clip: (clip.unlink(), clip.mkdir()),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_clip_in_the_store_that_is_not_what_it_was(bought: Callable[[], Trial], how: str) -> None:
    """It was paid for: what a new one costs is said first, and without a yes nothing is sent."""
    made = bought()
    with closing(sqlite3.connect(made.folder / ".r2v" / "state.db")) as journal:
        ((digest,),) = journal.execute("SELECT blob FROM attempt WHERE shot = 'one'")
    (clip,) = (made.folder / ".r2v" / "cas").rglob(digest)
    clip.parent.chmod(0o700)
    clip.chmod(0o600)
    DAMAGE[how](clip)
    shown = made.run("plan", "s.yaml")
    assert "$0.10" in shown.said
    refused = made.run("build", "s.yaml")
    assert 5 == refused.rc, refused.said
    assert 3 == len(made.accepted())
