"""The lock as text: what Git makes of two branches, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import handmade as make
import pytest
from hypothesis import given
from hypothesis import strategies as st
from locking import bought, compiled

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.plan.lock import Approval, Lock, renewed, with_approval
from r2v_pipeline.plan.lockfile import read, unmerged, write
from r2v_pipeline.providers.base import Cost

NAMES = [f"s{number:02}" for number in range(12)]


def film(words: dict[str, str]) -> Lock:
    """The lock of a finished film whose shots have these words."""
    shots = [make.shot(name, text) for name, text in words.items()]
    return renewed(compiled(shots), bought(compiled(shots)), Lock())


def merged(folder: Path, base: str, ours: str, theirs: str, *style: str) -> tuple[int, str]:
    """How many conflicts Git's own merge of three versions has, and the file that it leaves."""
    names = []
    for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
        (folder / name).write_text(text, encoding="utf-8")
        names.append(name)
    done = subprocess.run(["git", "merge-file", "-p", *style, *names], cwd=folder, capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def text_of(lock: Lock) -> SourceText:
    return SourceText("s.lock.yaml", write(lock))


@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_branches_that_change_different_shots_merge_cleanly(tmp_path_factory, mine: set[str], others: set[str]) -> None:
    """Neighbours too: no line of one block touches a line of the next."""
    base = dict.fromkeys(NAMES, "Wind.")
    ours = {name: "Rain." if name in mine else "Wind." for name in NAMES}
    theirs = {name: "Snow." if name in others - mine else "Wind." for name in NAMES}
    both = {name: theirs[name] if name in others - mine else ours[name] for name in NAMES}
    count, text = merged(tmp_path_factory.mktemp("m"), *(write(film(words)) for words in (base, ours, theirs)))
    assert (0, write(film(both))) == (count, text)


@pytest.mark.parametrize("style", [(), ("--diff3",), ("--zdiff3",)])
def test_what_git_cannot_merge_is_read_as_both(tmp_path: Path, style: tuple[str, ...]) -> None:
    """In every style of conflict marks; shots that only one side changed are settled."""
    base = dict.fromkeys(NAMES, "Wind.")
    ours, theirs = film({**base, "s03": "Rain.", "s04": "Rain."}), film({**base, "s03": "Snow.", "s05": "Snow."})
    count, text = merged(tmp_path, write(film(base)), write(ours), write(theirs), *style)
    assert count > 0
    lock, found = read(SourceText("s.lock.yaml", text))
    assert () == found
    assert (ours.shots["s03"], theirs.shots["s03"]) == (lock.shots["s03"], lock.rivals["s03"])
    for name, entry in (("s04", ours.shots["s04"]), ("s05", theirs.shots["s05"])):
        assert entry in (lock.shots[name], lock.rivals.get(name))


def test_both_add_a_shot_at_the_same_place(tmp_path: Path) -> None:
    base = {"s00": "Wind.", "s09": "Wind."}
    ours, theirs = film({**base, "s03": "Rain."}), film({**base, "s04": "Snow."})
    _, text = merged(tmp_path, write(film(base)), write(ours), write(theirs))
    lock, found = read(SourceText("s.lock.yaml", text))
    assert () == found
    assert {**ours.shots, **theirs.shots} == {**lock.rivals, **lock.shots}


def test_one_likes_what_the_other_changes(tmp_path: Path) -> None:
    """Git may merge this without a word: the approval of the old clip is of no take of the new block."""
    base = film({"s00": "Wind."})
    old = base.shots["s00"]
    liked = Lock({"s00": with_approval(old, Approval(1, old.takes[0].seen, "Ana"))})
    changed = film({"s00": "Rain."})
    _, text = merged(tmp_path, write(base), write(liked), write(changed))
    lock, found = read(SourceText("s.lock.yaml", text))
    assert () == found
    shots = [make.shot("s00", "Rain.")]
    assert changed == renewed(compiled(shots, lock), bought(compiled(shots)), lock)


def test_a_mark_is_shown_where_it_stands() -> None:
    both = Lock(film({"s00": "Wind."}).shots, film({"s00": "Rain."}).shots)
    at = unmerged(text_of(both))
    assert at is not None
    assert (7, "<<<<<<< ours") == (at.line, at.source.text[at.start : at.end])
    assert unmerged(text_of(film({"s00": "Wind."}))) is None


def test_it_holds_no_time_no_machine_and_no_path() -> None:
    text = write(film({"s00": "Wind."}))
    assert [
        "# Which take of which shot is in the film, and which clip that is.  Keep this file in Git and do not edit it:",
        "# `r2v build`, `r2v pick` and `r2v approve` write it, and put it in order again after a merge.",
        "lock: 1",
        "",
        "shots:",
        "",
        "  s00:",
    ] == text.splitlines()[:7]
    assert ["key", "take", "provider", "prompt", "takes"] == [
        line.split(":")[0].strip() for line in text.splitlines()[7:] if not line.startswith("      ")
    ]


def test_an_empty_lock_is_one() -> None:
    assert "shots: {}\n" in write(Lock())
    assert (Lock(), ()) == read(text_of(Lock()))


@pytest.mark.parametrize(
    "name", ["Ana", "Bo B.", "null", "on", "7", "Ana: QA", "#1", "Zoë", "李", "a, b", "'", '"', "-"]
)
def test_any_name_may_approve(name: str) -> None:
    entry = film({"s00": "Wind."}).shots["s00"]
    lock = Lock({"s00": with_approval(entry, Approval(1, entry.takes[0].seen, name))})
    assert (lock, ()) == read(text_of(lock))


@pytest.mark.parametrize("key", ["1" * 64, "1" * 30 + "e" + "2" * 33, "0" * 64])
def test_a_digest_that_looks_like_a_number(key: str) -> None:
    entry = film({"s00": "Wind."}).shots["s00"]
    lock = Lock({"s00": entry._replace(key=key, prompt=key)})
    assert (lock, ()) == read(text_of(lock))


@pytest.mark.parametrize("micros", [0, 1, 10_000, 980_000, 123_456_789_012])
def test_prices_are_exact(micros: int) -> None:
    entry = film({"s00": "Wind."}).shots["s00"]
    piece = entry.takes[0].pieces[0]._replace(cost=Cost(micros, micros, "CNY"))
    lock = Lock({"s00": entry._replace(takes=(entry.takes[0]._replace(pieces=(piece,)),))})
    assert (lock, ()) == read(text_of(lock))


GOOD = write(film({"s00": "Wind."}))
KEY = GOOD.split("key: ")[1][:64]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lock: 1", "lock: 2", "only version 1 is known here"),
        ("lock: 1\n", "", "'lock' is missing"),
        ("lock: 1", "lock: 1\nmore: 2", "'more' means nothing in it"),
        ("  s00:", "  S 00:", "'S 00' is no id of a shot"),
        (f"    key: {KEY}", f"    key: {KEY[:-1]}", "'key' is not 64 digits of a sha256"),
        ("    take: 1", "    take: one", "'take' is not a whole number"),
        ("    take: 1", "    take: true", "'take' is not a whole number"),
        ("    take: 1\n", "", "'take' is missing"),
        ("    provider: wan", "    provider: [wan]", "'provider' is not a text"),
        ("    provider: wan", "    url: https://example.com", "'url' means nothing in it"),
        ("cost: 0.98 USD", "cost: 1", "'cost' is not an amount such as 0.98 USD"),
        ("    takes:\n", "    takes: 5\n    x-old:\n", "'x-old' means nothing in it"),
        ("lock: 1", "lock: 1\nlock: 1", "the lock cannot be read: "),
        ("lock: 1", "\tlock: 1", "the lock cannot be read: "),
        (GOOD, "- a\n", "it is no map"),
        (GOOD, "", "the file is empty"),
    ],
)
def test_what_is_no_lock_is_refused_with_its_place(old: str, new: str, said: str) -> None:
    assert old in GOOD
    lock, found = read(SourceText("s.lock.yaml", GOOD.replace(old, new, 1)))
    assert Lock() == lock
    assert ["R2V621"] == [problem.code for problem in found]
    assert said in found[0].message
    assert found[0].span is not None
    assert "from Git" in found[0].help


def test_a_take_that_stands_in_it_twice() -> None:
    line = GOOD.splitlines()[-1]
    _, found = read(SourceText("s.lock.yaml", f"{GOOD}{line}\n"))
    assert ["this is no lock of r2v: a take stands in it twice"] == [problem.message for problem in found]


def test_marks_around_what_is_no_lock() -> None:
    _, found = read(SourceText("s.lock.yaml", f"{GOOD}<<<<<<< ours\n  a: 1\n=======\n  b: 2\n>>>>>>> theirs\n"))
    assert ["R2V621"] == [problem.code for problem in found]
    assert "two versions of a merge" in found[0].message
