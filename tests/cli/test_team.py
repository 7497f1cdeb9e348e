"""Two people, one storyboard: real Git repositories, a shared store, and nothing paid twice."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from r2v_pipeline.providers.fake.server import serving
from r2v_pipeline.providers.fake.vendor import Settings

BOARD = """
r2v: 1
title: Three bought shots
cast: {gift: {kind: object, image: refs/gift.png}}
defaults: {render: {provider: fake-opaque, resolution: 480p}}
shots:
  - id: first
    segments: [{for: 1s, action: "{{ Gift }} lies in the snow."}]

  - id: second
    segments: [{for: 1s, action: "{{ Gift }} stands on a table."}]

  - id: third
    segments: [{for: 1s, action: "{{ Gift }} is open."}]
"""


class Team(NamedTuple):
    """Two clones with a film that `ana` has built, committed and pushed; the store; who runs what."""

    ana: Path
    bo: Path
    store: Path
    git: Callable[..., str]
    r2v: Callable[..., object]
    sold: Callable[[], int]


@pytest.fixture
def team(tmp_path: Path, environment: dict[str, str], vendor, r2v, studio: Path, tmp_path_factory) -> Team:
    def git(*words: str | Path, cwd: Path) -> str:
        who = ["-c", "user.name=Ana", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
        given = ["git", *who, *map(str, words)]
        done = subprocess.run(given, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        assert 0 == done.returncode or words[0] == "merge", done.stdout + done.stderr
        return done.stdout + done.stderr

    ana, bo, store = tmp_path / "ana", tmp_path / "bo", tmp_path / "store"
    kept = tmp_path_factory.getbasetemp() / "team"
    if not kept.exists():
        shutil.copytree(studio / "refs", kept / "refs")
        (kept / "s.yaml").write_text(BOARD)
        (kept / ".gitignore").write_text(".r2v/\nbuild/\n")
        git("init", "-q", cwd=kept)
        with serving(tmp_path_factory.mktemp("vendor"), Settings(render_s=0.1)) as other:
            ran = r2v("build", "--yes", cwd=kept, **other.environment())
        assert 0 == ran.rc, ran.err
        git("add", "-A", cwd=kept)
        git("commit", "-qm", "film", cwd=kept)
    shutil.copytree(kept, ana)
    store.mkdir()
    assert 0 == r2v("push", "--store", store, cwd=ana).rc
    git("clone", "-q", ana, bo, cwd=tmp_path)
    git("remote", "rename", "origin", "ana", cwd=bo)
    return Team(ana, bo, store, git, r2v, lambda: len(vendor.ledger()["jobs"]))


def edit(project: Path, old: str, new: str) -> None:
    text = (project / "s.yaml").read_text()
    assert old in text
    (project / "s.yaml").write_text(text.replace(old, new))


def actions(ran) -> dict[str, str]:
    assert 0 == ran.rc, ran.err
    return {action["job"]: action["verb"] for action in json.loads(ran.out)["actions"]}


def films(*projects: Path) -> set[bytes]:
    return {(project / "build/s/clips/first.mp4").read_bytes() for project in projects}


def test_a_teammate_pays_nothing(team: Team) -> None:
    """The lock says which clip it is, the store has it: a clone builds the very same film."""
    ran = team.r2v("plan", cwd=team.bo)
    assert 3 == ran.out.count("bought before, and its clip is not here (r2v pull)")
    assert 5 == team.r2v("build", "--frozen", cwd=team.bo).rc
    ran = team.r2v("build", "--frozen", "--locked", cwd=team.bo, R2V_STORE=str(team.store))
    assert (0, 0) == (ran.rc, team.sold()), ran.err
    assert 1 == len(films(team.ana, team.bo))
    assert "" == team.git("status", "--short", cwd=team.bo)
    rows = json.loads(team.r2v("status", "--format", "json", cwd=team.bo).out)["shots"]
    assert ["stored"] * 3 == [row["state"] for row in rows]


def test_pull_and_then_build_without_the_store(team: Team) -> None:
    assert 0 == team.r2v("pull", "--store", team.store, cwd=team.bo).rc
    assert {"reuse": 3, "render": 1} == count(actions(team.r2v("plan", "--format", "json", cwd=team.bo)))
    assert (0, 0) == (team.r2v("build", "--frozen", cwd=team.bo).rc, team.sold())


def count(verbs: dict[str, str]) -> dict[str, int]:
    return {verb: list(verbs.values()).count(verb) for verb in verbs.values()}


def test_branches_that_change_different_shots(team: Team) -> None:
    """Each builds its own change; the merge is Git's alone, and nobody renders anything again."""
    edit(team.ana, "lies in the snow", "lies in the rain")
    edit(team.bo, "is open", "is empty")
    for who in (team.ana, team.bo):
        ran = team.r2v("build", "--yes", cwd=who, R2V_STORE=str(team.store))
        assert 0 == ran.rc, ran.err
        assert 0 == team.r2v("push", cwd=who, R2V_STORE=str(team.store)).rc
        team.git("commit", "-qam", "change", cwd=who)
    assert 2 == team.sold()
    team.git("pull", "-q", "--no-rebase", "--no-edit", "ana", "main", cwd=team.bo)
    ran = team.r2v("build", "--frozen", "--locked", cwd=team.bo, R2V_STORE=str(team.store))
    assert (0, 2) == (ran.rc, team.sold()), ran.err


def test_branches_that_change_the_same_shot(team: Team) -> None:
    """Whoever merges settles the words in the storyboard; the lock follows by itself."""
    edit(team.ana, "lies in the snow", "lies in the rain")
    edit(team.bo, "lies in the snow", "lies in the sun")
    for who in (team.ana, team.bo):
        assert 0 == team.r2v("build", "--yes", cwd=who, R2V_STORE=str(team.store)).rc
        assert 0 == team.r2v("approve", "first", "--by", "Ana" if who == team.ana else "Bo", cwd=who).rc
        assert 0 == team.r2v("push", cwd=who, R2V_STORE=str(team.store)).rc
        team.git("commit", "-qam", "change", cwd=who)
    team.git("fetch", "-q", "ana", cwd=team.bo)
    assert "CONFLICT" in team.git("merge", "ana/main", cwd=team.bo)
    team.git("checkout", "-q", "--theirs", "s.yaml", cwd=team.bo)
    assert "<<<<<<<" in (team.bo / "s.lock.yaml").read_text()
    ran = team.r2v("build", "--frozen", "--require-approved", cwd=team.bo, R2V_STORE=str(team.store))
    assert 5 == ran.rc
    assert "second, third" in ran.err, "the approval of the words that were kept holds"
    ran = team.r2v("build", "--frozen", cwd=team.bo, R2V_STORE=str(team.store))
    assert (0, 2) == (ran.rc, team.sold()), ran.err
    assert (team.ana / "s.lock.yaml").read_text() == (team.bo / "s.lock.yaml").read_text()
    assert 1 == len(films(team.ana, team.bo)) or 0 == team.r2v("build", cwd=team.ana).rc


def test_a_rename_of_the_storyboard_and_its_lock(team: Team) -> None:
    """A lock is found by the storyboard's name: whoever renames one renames both, and nothing renders again."""
    team.git("mv", "s.yaml", "film.yaml", cwd=team.bo)
    team.git("mv", "s.lock.yaml", "film.lock.yaml", cwd=team.bo)
    ran = team.r2v("build", "--frozen", "--locked", cwd=team.bo, R2V_STORE=str(team.store))
    assert (0, 0) == (ran.rc, team.sold()), ran.err


def test_both_bought_the_same_request(team: Team, vendor) -> None:
    """The lock decides whose clip is in the film, and one that is here already gives way to it."""
    for who in (team.ana, team.bo):
        edit(who, "lies in the snow", "lies in the rain")
        if who == team.bo:  # a model never gives the same bytes twice; this one does, until it is told
            made = vendor.server.vendor._clips._made
            made.update({shape: data + b"\x00\x00\x00\x0cfreemore" for shape, data in made.items()})
            assert made
        assert 0 == team.r2v("build", "--yes", cwd=who, R2V_STORE=str(team.store)).rc
    assert 2 == team.sold()
    assert 2 == len(films(team.ana, team.bo))
    assert 0 == team.r2v("push", cwd=team.ana, R2V_STORE=str(team.store)).rc
    shutil.copy(team.ana / "s.lock.yaml", team.bo)
    ran = team.r2v("build", "--locked", "--frozen", cwd=team.bo, R2V_STORE=str(team.store))
    assert (0, 2) == (ran.rc, team.sold()), ran.err
    assert 1 == len(films(team.ana, team.bo))
    assert not list((team.bo / "build").rglob("*.bak*"))
    clips = json.loads(team.r2v("takes", "first", "--format", "json", cwd=team.bo).out)["clips"]
    assert 1 == len([clip for clip in clips if clip["at"] and clip["file"]]), "what was bought here is still here"


def test_a_lock_names_what_is_nowhere(team: Team) -> None:
    """Nothing is bought by surprise: the plan says that it was bought before, and asks."""
    shutil.rmtree(team.store)
    team.store.mkdir()
    ran = team.r2v("build", cwd=team.bo, R2V_STORE=str(team.store))
    assert (5, 0) == (ran.rc, team.sold())
    assert 3 == ran.out.count("bought before, and its clip is not here")
    ran = team.r2v("pull", "--store", team.store, cwd=team.bo)
    assert (4, 3) == (ran.rc, ran.err.count("the store has no clip of"))


def test_a_store_that_is_not_there_is_no_empty_store(team: Team) -> None:
    """A share that is not mounted must not cost three clips, whatever --yes says."""
    ran = team.r2v("build", "--yes", cwd=team.bo, R2V_STORE=str(team.store / "not-mounted"))
    assert (7, 0) == (ran.rc, team.sold())
    assert "nothing was sent" in ran.err
    ran = team.r2v("build", "--yes", "--store", "", cwd=team.bo, R2V_STORE=str(team.store / "not-mounted"))
    assert (0, 3) == (ran.rc, team.sold()), ran.err


def test_a_damaged_object_is_neither_taken_nor_bought_again(team: Team) -> None:
    for path in (team.store / "sha256").glob("??/*"):
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    ran = team.r2v("build", "--yes", cwd=team.bo, R2V_STORE=str(team.store))
    assert (7, 0) == (ran.rc, team.sold())
    assert "its bytes are not those of its name" in ran.err
    assert [] == list((team.bo / ".r2v/cas").glob("sha256/??/*"))
    ran = team.r2v("pull", "--store", team.store, cwd=team.bo)
    assert (7, 3) == (ran.rc, ran.err.count("is damaged"))


def test_push_says_what_is_neither_here_nor_there(team: Team) -> None:
    ran = team.r2v("push", "--store", team.store, cwd=team.bo)
    assert (0, "0 clips (0 B) sent") == (ran.rc, ran.out[:18]), "they are in the store already"
    shutil.rmtree(team.store / "sha256")
    ran = team.r2v("push", "--store", team.store, cwd=team.bo)
    assert (4, 3) == (ran.rc, ran.err.count("is neither here nor there"))


def test_a_project_cannot_name_the_store(team: Team, tmp_path: Path) -> None:
    """Whoever may change the project could have all clips sent to him."""
    (team.bo / "r2v").mkdir()
    (team.bo / "r2v/config.toml").write_text(f'[store]\naddress = "{team.store}"\n')
    ran = team.r2v("pull", cwd=team.bo)
    assert (2, True) == (ran.rc, "no store is named" in ran.err)
    ran = team.r2v("pull", cwd=team.bo, XDG_CONFIG_HOME=str(team.bo))
    assert (7, True) == (ran.rc, "inside the project" in ran.err)
    mine = tmp_path / "config/r2v/config.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text(f'[store]\naddress = "{team.store}"\n')
    assert 0 == team.r2v("pull", cwd=team.bo, XDG_CONFIG_HOME=str(tmp_path / "config")).rc


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("store", 7, "another folder in each folder"),
        ("s3://KEY:SECRET@bucket/x", 7, "holds a user or password"),
        ("simplecache::s3://bucket", 7, "is no address of a store"),
    ],
)
def test_addresses_that_are_none(team: Team, address: str, code: int, said: str) -> None:
    ran = team.r2v("pull", cwd=team.bo, R2V_STORE=address)
    assert (code, True) == (ran.rc, said in ran.err), ran.err
    assert "SECRET" not in ran.err.replace(address, "")


def test_cleaning_up_keeps_every_take_that_a_lock_names(team: Team) -> None:
    """Also one that is in no film: going back to it must stay free."""
    assert 0 == team.r2v("build", "--reroll", "first", "--yes", cwd=team.ana).rc
    found = json.loads(team.r2v("gc", "--older-than", "0", "--paid", "--yes", "--format", "json", cwd=team.ana).out)
    assert 1 == found["kept"]["named"]["files"]
    assert 0 == team.r2v("pick", "first", "1", cwd=team.ana).rc
    assert 0 == team.r2v("build", "--frozen", cwd=team.ana).rc
