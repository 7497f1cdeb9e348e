"""The shot cache: after any edit a command says exactly what it says without a cache."""

from __future__ import annotations

import io
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r2v_pipeline.cli import cache, check, compile
from r2v_pipeline.cli.stages import recall

REFS = Path(__file__).parents[2] / "examples" / "storyboards" / "refs"

HEAD = """\
r2v: 1
title: A film that is edited
include: parts/*.yaml
vars: {season: autumn}
cast:
  mia: {image: refs/mia.png, look: red coat}
  gift: {kind: object, image: refs/gift.png}
  end: {from: {shot: s1, frame: last}}
defaults: {style: soft light, transition: {type: dissolve, for: 0.5s}}
shots:
"""
TAIL = "film: {fps: 24}\n"
FIRST = [
    '  - id: s1\n    segments:\n      - {for: 2s, action: "{{ Mia }} walks, in {{ season }}", say: {mia: So far.}}\n',
    '  - id: s2\n    prompt: "{{ Gift }} after {{ end }}"\n    duration: 3s\n',
    "  # a note between two shots\n  - id: s3\n    segments:\n      - for: 1.5s\n        action: A bridge.\n",
    '  - id: s4\n    prompt: "{{ mia.look | upper }} and {% if true %}fog{% endif %}"\n    duration: 2s\n    take: 2\n',
    "  - id: s5\n    template: one.txt\n    prompt: The end\n    duration: 4s\n    transition: cut\n",
    "  - {id: s6, prompt: A gate, duration: 2s, first_frame: {from: {shot: s3, frame: last}}}\n",
    "  - id: s7\n    prompt: >-\n      The last\n      gate\n    duration: 1s\n    title_card: {text: Fin, for: 1s}\n",
]
PARTS = (
    "shots:\n  - {id: p1, prompt: A lake, duration: 2s}\n  - {id: p2, prompt: A well, duration: 2s}\n",
    "shots:\n  - {id: p2, prompt: A well, duration: 2s}\nvars: {more: rain}\n",
    "vars: {more: rain}\n",
)
FROM_FIRST = "{from: {shot: s1, frame: first}}"
PAID = "{model: wan2.6-r2v, provider: dashscope}"


class Said(NamedTuple):
    """What a command does that a person sees."""

    code: int
    out: str
    err: str


Command = tuple[Callable[[list[str]], int], list[str]]

# Each of these keeps what it learns of shots for itself, but the last, which takes what the first knows.
COMMANDS: tuple[Command, ...] = (
    (check.run, ["board.yaml"]),
    (compile.run, ["board.yaml"]),
    (compile.run, ["board.yaml", "--format", "json"]),
    (check.run, ["board.yaml", "--format", "json"]),
)


def said(command: Callable[[list[str]], int], words: list[str]) -> Said:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    before, sys.stdout = sys.stdout, out
    try:
        with redirect_stderr(io.StringIO()) as err:
            code = command(words)
        out.flush()
    finally:
        sys.stdout = before
    return Said(code, out.buffer.getvalue().decode(), err.getvalue())


class Desk:
    """A project that is edited, and how often its shots were recalled."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache
        self.head, self.shots, self.tail = HEAD, list(FIRST), TAIL
        self.recalled = 0
        for name in ("refs", "templates", "parts", ".git"):
            (folder / name).mkdir(parents=True)
        self.picture("mia", "parlor")
        self.picture("gift", "gift")
        self.template("{{ shot.prompt }}, seen once")
        self.write(PARTS[0])
        time.sleep(0.06)  # files that were changed within a run are not trusted

    def picture(self, name: str, other: str) -> None:
        """Gives a picture the bytes of another."""
        found = next(REFS.glob(f"{other}.*"))
        shutil.copy(found, self.folder / "refs" / f"{name}.png")

    def template(self, text: str) -> None:
        (self.folder / "templates" / "one.txt").write_text(text, "utf-8")

    def write(self, text: str, name: str = "a.yaml") -> None:
        """Writes an included file."""
        (self.folder / "parts" / name).write_text(text, "utf-8")

    def text(self) -> tuple[str, list[str], str]:
        """The storyboard, for `undo`."""
        return self.head, list(self.shots), self.tail

    def undo(self, text: tuple[str, list[str], str]) -> None:
        """Puts everything back that an accident changed."""
        self.head, self.shots, self.tail = text
        for name in ("board.lock.yaml", "parts/b.yaml"):
            (self.folder / name).unlink(missing_ok=True)
        self.picture("gift", "gift")

    def agree(self, commands: tuple[Command, ...] = COMMANDS) -> None:
        """Every command says with its cache what it says without one."""
        (self.folder / "board.yaml").write_text(self.head + "".join(self.shots) + self.tail, "utf-8")
        for command, words in commands:
            os.environ["XDG_CACHE_HOME"] = str(self.cache / "none" / str(time.monotonic_ns()))
            expected = said(command, words)
            os.environ["XDG_CACHE_HOME"] = str(self.cache / "kept")
            assert expected == said(command, words), words


@contextmanager
def at_desk(folder: Path) -> Iterator[Desk]:
    """A desk in a folder, for as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", "")  # set for each run
        patch.setattr(check, "_LONG", 0)
        patch.setattr(recall, "_MOST", 1.0)
        made = Desk(folder / "project", folder / "cache")
        whole = recall._Recall.run

        def counted(work: Any, *given: Any) -> Any:
            found = whole(work, *given)
            made.recalled += found is not None
            return found

        patch.setattr(recall._Recall, "run", counted)
        patch.chdir(made.folder)
        yield made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path) as made:
        yield made


def writing(desk: Desk, pick: random.Random) -> list[Callable[[], object]]:
    """Edits that people make, most of them right."""
    shots, number = desk.shots, pick.randrange(100)
    at = pick.randrange(len(shots))
    here = shots[at]

    def put(text: str) -> None:
        shots[at] = text

    def insert(*words: str) -> None:
        shots.insert(pick.randrange(len(shots) + 1), "\n".join(words) + "\n")

    def move() -> None:
        shots.insert(pick.randrange(len(shots)), shots.pop(at))

    return [
        lambda: put(here.replace("A ", f"A {number} ", 1)),
        lambda: put(here.replace("prompt: ", f"tags: [t{number}]\n    prompt: ", 1)),
        lambda: put(here.replace(" walks", f" walks {number} steps", 1)),
        lambda: put(here.replace("duration: ", f"duration: {pick.choice('123')}.", 1)),
        lambda: put(here.replace("cut", pick.choice(("wipe", "{type: wipe, for: 0.8s}", "dissolve")), 1)),
        lambda: put(here.replace("{{ Gift }}", "{{ Gift }} and {{ end }}", 1)),
        lambda: put(here + pick.choice(("  # a note\n", "\n", "  #\n", "    x-mine: 1\n"))),
        lambda: insert(f"  - {{id: n{number}, prompt: A path, duration: 2s}}"),
        lambda: insert(f"  - id: n{number}", '    prompt: "{{ Mia }} — 你好"', "    duration: 2s"),
        lambda: insert(f"  - id: n{number}", "    prompt: |", "      One", "        - two", "", "    duration: 2s"),
        lambda: insert(f"  - id: n{number}", "    segments: [{for: 2s, action: A}]", "    title_card: {text: B}"),
        lambda: insert(f"  - {{id: n{number}, prompt: A, duration: 2s, first_frame: {{image: refs/gift.png}}}}"),
        lambda: insert(f"  - {{id: n{number}, prompt: A, duration: 2s, cast: [mia], first_frame: {FROM_FIRST}}}"),
        lambda: insert(f"  - {{id: n{number}, clip: refs/gift.png, duration: 2s}}"),
        lambda: shots.pop(at) if len(shots) > 1 else None,
        lambda: shots.pop(at) if len(shots) > 9 else None,
        move,
        move,
        lambda: desk.write(pick.choice(PARTS).replace("lake", f"lake {number}")),
    ]


def breaking(desk: Desk, pick: random.Random) -> list[Callable[[], object]]:
    """Accidents, and edits of all that is not shots."""
    shots, number = desk.shots, pick.randrange(100)
    at = pick.randrange(len(shots))
    here = shots[at]

    def put(text: str) -> None:
        shots[at] = text

    def insert(*words: str) -> None:
        shots.insert(pick.randrange(len(shots) + 1), "\n".join(words) + "\n")

    def head(old: str, new: str) -> None:
        desk.head = desk.head.replace(old, new, 1)

    return [
        lambda: put(here.replace("1.5s", "0.3s", 1)),
        lambda: put(here.replace("duration: 2s", "duration: 0.2s", 1)),
        lambda: put(here.replace("cut", "{type: wipe, for: 3s}", 1)),
        lambda: put(here.replace("id: ", f"id: r{number}", 1)),
        lambda: put(here.replace("{{ Mia }}", pick.choice(("{{ Gift }}", "{{ nobody }}", "Someone")), 1)),
        lambda: put(here.replace("So far.", "So far as all of us could ever see in a second or two", 1)),
        lambda: put(here.removesuffix("\n")),
        lambda: put(here + pick.choice(("    tagz: [a]\n", "film: {fps: 30}\n", "  nobody: {look: tall}\n", "\tx"))),
        lambda: put(pick.choice(("\t", "  ", "x", "#", "&a ", "meta: {a: 1}\n", "  - id: s1\n")) + here),
        lambda: put(here.replace("duration: ", "duration: &long ", 1)),
        lambda: put(here.replace("duration: 2s", "duration: *long", 1)),
        lambda: shots.extend(
            (here.replace("duration: 2s", "duration: &b 2s"), here.replace("duration: 2s", "duration: *b"))
        ),
        lambda: insert("  -", f"    id: n{number}", "    prompt: A path", "    duration: 2s"),
        lambda: insert(f"  - id: n{number}", '    prompt: "one', '  - two"', "    duration: 2s"),
        lambda: insert(f"  - {{id: n{number}, prompt: A, duration: 2s, first_frame: {{image: refs/no.png}}}}"),
        lambda: insert(f"  - {{id: n{number}, prompt: A, duration: 2s, render: {PAID}}}"),
        lambda: insert(f"  - {{id: n{number}, prompt: With subtitles, duration: 2s}}"),
        lambda: insert(f"  - {{id: n{number}, prompt: A, duration: 2s, first_frame: {{from: {{shot: n{number}}}}}}}"),
        lambda: insert(here.removesuffix("\n")),
        lambda: head("autumn", "spring"),
        lambda: head("red coat", "blue coat"),
        lambda: head("vars", f"expect: {{shots: {len(shots) + pick.choice((1, 2, 3))}}}\nvars"),
        lambda: head(
            "shots:", pick.choice(("shots: []", "shots: # of them", "shots:\n  - {id: h, prompt: A, duration: 1s}"))
        ),
        lambda: setattr(desk, "tail", pick.choice(("", "film: {fps: 25}\n", "\n# the end\n", "meta: {a: 1}"))),
        lambda: desk.write(pick.choice(("vars: {season: May}\n", PARTS[0].replace("p2", "s2"), "shots: []\n"))),
        lambda: desk.write(f"shots: [{{id: q{number}, prompt: A, duration: 2s}}]\n", "b.yaml"),
        lambda: (desk.folder / "parts" / "b.yaml").unlink(missing_ok=True),
        lambda: desk.template(f"{{{{ shot.prompt }}}}, seen {number} times"),
        lambda: desk.picture("mia", pick.choice(("parlor", "nora"))),
        lambda: (desk.folder / "refs" / "gift.png").unlink(missing_ok=True),
        lambda: desk.picture("gift", "gift"),
        lambda: (desk.folder / "board.lock.yaml").write_text(pick.choice(("", "r2v-lock: 1\n")), "utf-8"),
        lambda: (desk.folder / "board.lock.yaml").unlink(missing_ok=True),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(seed=st.integers(0, 1 << 30))
def test_any_chain_of_edits(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    pick = random.Random(seed)
    with at_desk(tmp_path_factory.mktemp("edits")) as desk:
        for _ in range(8):
            for _ in range(pick.choice((1, 1, 1, 2, 4))):
                pick.choice(writing(desk, pick))()
            desk.agree()
            if pick.random() < 0.4:
                before = desk.text()
                pick.choice(breaking(desk, pick))()
                desk.agree()
                if pick.random() < 0.8:
                    desk.undo(before)
                    time.sleep(0.06)


def recalled(desk: Desk) -> int:
    """How many of the first three commands work from what they know of shots, all of them saying what is true."""
    before = desk.recalled
    desk.agree(COMMANDS[:3])
    return desk.recalled - before


def test_after_an_edit_the_other_shots_are_known(desk: Desk) -> None:
    assert 0 == recalled(desk)
    desk.shots[2] = desk.shots[2].replace("A bridge", "An old bridge")
    assert 3 == recalled(desk)
    desk.shots[4:4] = ["  - {id: new, prompt: A road, duration: 2s}\n"]
    desk.shots.append(desk.shots.pop(0))
    assert 3 == recalled(desk)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("autumn", "spring"),
        ("title: A", "title: Another"),
        ("fps: 24", "fps: 25"),
        ("A bridge", "With subtitles"),
        ("id: s3", "id: s2"),
        ("{{ Gift }}", "Nothing"),
        ("    duration: 3s", "    duration: 3s\n    nobody: 1"),
        ("prompt: The end", 'prompt: "The end\n  - of it"'),
    ],
)
def test_what_reaches_further_is_worked_out_as_a_whole(desk: Desk, old: str, new: str) -> None:
    desk.agree()
    desk.shots = [shot.replace(old, new) for shot in desk.shots]
    desk.head, desk.tail = desk.head.replace(old, new), desk.tail.replace(old, new)
    assert (FIRST, HEAD, TAIL) != (desk.shots, desk.head, desk.tail)
    assert 0 == recalled(desk)


@pytest.mark.parametrize("name", ["refs/mia.png", "templates/one.txt"])
def test_a_file_that_a_shot_names_counts_by_its_bytes(desk: Desk, name: str) -> None:
    desk.agree()
    path = desk.folder / name
    path.write_bytes((desk.folder / "refs/gift.png").read_bytes() if name.endswith("png") else b"{{ shot.prompt }}!")
    desk.shots[2] = desk.shots[2].replace("A bridge", "An old bridge")
    assert 0 == recalled(desk)


def test_an_included_file_is_one_of_the_sheets(desk: Desk) -> None:
    desk.agree()
    desk.write(PARTS[0].replace("lake", "pond"))
    assert 3 == recalled(desk)
    desk.write("shots: [{id: q, prompt: A road, duration: 2s}]\n", "b.yaml")
    assert 0 == recalled(desk)


def test_a_claim_about_all_shots_is_compared_with_all(desk: Desk) -> None:
    desk.head = desk.head.replace("vars", "expect: {shots: 9}\nvars")
    assert 0 == recalled(desk)
    desk.shots.pop()
    assert 0 == recalled(desk)


def test_what_is_kept_is_for_its_user_alone(desk: Desk) -> None:
    desk.agree()
    kept = desk.cache / "kept" / "r2v" / "shots"
    assert {0o600} == {path.stat().st_mode & 0o777 for path in kept.iterdir()}
    assert 0o700 == kept.stat().st_mode & 0o777


def test_what_is_damaged_is_not_believed(desk: Desk) -> None:
    desk.agree()
    for path in (desk.cache / "kept" / "r2v" / "shots").iterdir():
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] + b"?" + data[len(data) // 2 + 1 :])
    desk.shots[2] = desk.shots[2].replace("A bridge", "An old bridge")
    assert 0 == recalled(desk)


def test_a_key_of_this_machine_is_found_in_shots_that_were_known(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.shots[2] = desk.shots[2].replace("A bridge", "A bridge called correcthorsebatterystaple")
    desk.agree()
    monkeypatch.setenv("SOME_API_KEY", "correcthorsebatterystaple")
    desk.shots[3] = desk.shots[3].replace("take: 2", "take: 3")
    assert 0 == recalled(desk)


def test_a_cache_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_BYTES", 5 << 20)
    for number in range(4):
        cache.write(str(tmp_path / "shots" / str(number)), bytes(2 << 20))
        os.utime(tmp_path / "shots" / str(number), (number, number))
    assert ["2", "3"] == sorted(path.name for path in (tmp_path / "shots").iterdir())


def test_another_r2v_believes_nothing_of_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version alone does not tell two commits of a checkout, or two installations, apart."""
    before = cache.identity(["check"])
    assert before == cache.identity(["check"])
    looked: list[str] = []
    monkeypatch.setattr(cache, "signature", lambda name: looked.append(name) or (1, 2, 3))
    assert before != cache.identity(["check"])
    assert ["__init__.py", "index"] == [os.path.basename(name) for name in looked]
