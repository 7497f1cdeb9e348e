"""Each side has the includes, templates and references of its own revision, wherever Git keeps them."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from repos import BOARD, REFS, Repo, git


def shots(out: str) -> dict[str, dict]:
    return {shot["shot"]: shot for shot in json.loads(out)["shots"]}


@pytest.fixture
def compared(diff):
    """`r2v diff film.yaml … --format json`, read."""

    def run(*words: str) -> dict:
        rc, out, err = diff("film.yaml", *words, "--format", "json")
        assert (0, "") == (rc, err)
        return json.loads(out)

    return run


def test_includes_and_globs_are_those_of_the_revision(repo: Repo, compared) -> None:
    shot = '  - id: {id}\n    prompt: "{{{{ Gift }}}} in {id}."\n    duration: 5s\n'
    repo.change("vars:", "include: [words.yaml, 'acts/*.yaml']\nvars:")
    repo.change("vars: {season: winter}\n", "")
    repo.write("words.yaml", "vars: {season: winter}\n")
    repo.write("acts/1.yaml", "shots:\n" + shot.format(id="one"))
    repo.write("acts/2.yaml", "shots:\n" + shot.format(id="two"))
    repo.commit()
    repo.write("words.yaml", "vars: {season: spring}\n")
    (repo.root / "acts" / "2.yaml").unlink()
    repo.write("acts/3.yaml", "shots:\n" + shot.format(id="three"))
    found = {shot["shot"]: shot["change"] for shot in compared()["shots"]}
    assert {"open": "changed", "two": "removed", "three": "added"} == found


def test_a_template_of_the_revision_and_whom_it_reaches(repo: Repo, compared) -> None:
    repo.write("templates/wide.j2", "{{ shot.prompt }} Soft light.\n")
    repo.change("    duration: 5s", "    duration: 5s\n    template: wide.j2")
    repo.commit()
    repo.write("templates/wide.j2", "{{ shot.prompt }} Hard light.\n")
    found = compared()
    assert [{"file": "templates/wide.j2", "change": "changed", "used_by": ["last"], "reaches": ["last"]}] == found[
        "templates"
    ]
    assert ["last"] == [shot["shot"] for shot in found["shots"]]


def test_the_bytes_of_a_reference_are_those_of_the_revision(repo: Repo, compared) -> None:
    shutil.copy(REFS / "nora.png", repo.root / "refs" / "gift.png")
    repo.commit()
    shutil.copy(REFS / "finn.png", repo.root / "refs" / "gift.png")
    digests = [sha256((REFS / name).read_bytes()).hexdigest() for name in ("gift.png", "nora.png", "finn.png")]
    for words, old, new in ((("HEAD~1..HEAD",), 0, 1), (("HEAD~1",), 0, 2), ((), 1, 2)):
        (reference,) = compared(*words)["shots"][0]["references"]
        expected = ("gift", f"r2v-file:sha256:{digests[old]}", f"r2v-file:sha256:{digests[new]}")
        assert expected == (reference["id"], reference["before"], reference["after"])


def test_a_reference_that_moves_changes_nothing(repo: Repo, compared) -> None:
    repo.git("mv", "refs/gift.png", "refs/box.png")
    repo.change("refs/gift.png", "refs/box.png")
    assert ([], False) == (compared()["shots"], compared()["totals"]["joined"])


def test_a_reference_behind_a_link(repo: Repo, compared) -> None:
    (repo.root / "refs" / "gift.png").unlink()
    (repo.root / "refs" / "gift.png").symlink_to("lantern.png")
    repo.commit()
    assert ["open", "find"] == [shot["shot"] for shot in compared("HEAD~1..HEAD")["shots"]]


def pointer(digest: str) -> str:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12345\n"


def test_lfs_pointers_are_compared_without_their_files(repo: Repo, compared) -> None:
    """A workflow that does not pay for LFS traffic can still review."""
    repo.write("refs/gift.png", pointer("aa" * 32))
    repo.commit()
    repo.write("refs/gift.png", pointer("bb" * 32))
    repo.commit()
    found = compared("HEAD~1..HEAD")
    assert ["open", "find"] == [shot["shot"] for shot in found["shots"]]
    (reference,) = found["shots"][0]["references"]
    assert (f"r2v-file:sha256:{'aa' * 32}", f"r2v-file:sha256:{'bb' * 32}") == (reference["before"], reference["after"])
    assert 2 == len(found["notes"])
    assert "is a Git LFS pointer whose file is not here: compared by digest" in found["notes"][0]


def test_a_pointer_and_its_file_are_the_same(repo: Repo, compared) -> None:
    """The working tree has the picture, the commit its pointer, as every checkout with Git LFS has."""
    data = (repo.root / "refs" / "gift.png").read_bytes()
    repo.write("refs/gift.png", pointer(sha256(data).hexdigest()))
    repo.commit()
    repo.write("refs/gift.png", data)
    assert [] == compared()["shots"]


def test_references_in_a_submodule(repo: Repo, tmp_path: Path, compared) -> None:
    art = Repo(tmp_path / "art")
    art.write("gift.png", (REFS / "gift.png").read_bytes())
    art.commit()
    repo.git("submodule", "--quiet", "add", str(art.root), "art")
    repo.change("refs/gift.png", "art/gift.png")
    repo.commit()
    art.write("gift.png", (REFS / "nora.png").read_bytes())
    art.commit()
    git(repo.root / "art", "pull", "--quiet", "origin", "main")
    assert ["open", "find"] == [shot["shot"] for shot in compared()["shots"]]
    assert [] == compared("HEAD~1..HEAD")["shots"]


def test_a_submodule_that_is_not_here(repo: Repo, tmp_path: Path, diff) -> None:
    art = Repo(tmp_path / "art")
    art.write("gift.png", (REFS / "gift.png").read_bytes())
    art.commit()
    repo.git("submodule", "--quiet", "add", str(art.root), "art")
    repo.change("refs/gift.png", "art/gift.png")
    repo.commit()
    repo.git("submodule", "--quiet", "deinit", "--force", "art")
    rc, out, err = diff("film.yaml", "HEAD~1..HEAD")
    assert (1, "") == (rc, out)
    assert "lies in a submodule that is not checked out here: run 'git submodule update --init'" in err


def test_references_that_git_ignores_stand_for_themselves(repo: Repo, compared) -> None:
    repo.write(".gitignore", "refs/*.mp4\n")
    shutil.copy(REFS / "mia.mp4", repo.root / "refs")
    repo.change("image: refs/gift.png", "video: refs/mia.mp4")
    repo.commit()
    repo.change("dawn", "dusk")
    found = compared()
    assert ["open"] == [shot["shot"] for shot in found["shots"]]
    assert found["notes"] == [
        "at HEAD refs/mia.mp4 is left out by .gitignore: the file on disk stands for it in every commit"
    ]


def test_a_reference_that_somebody_forgot_to_commit(repo: Repo, diff) -> None:
    shutil.copy(REFS / "nora.png", repo.root / "refs")
    repo.change("refs/gift.png", "refs/nora.png")
    repo.git("commit", "--quiet", "--all", "--message", "forgotten")
    rc, _, err = diff("film.yaml")
    assert 1 == rc
    assert "'refs/nora.png' is not in Git at HEAD, although it is on disk" in err


def test_clips_of_an_earlier_build_are_not_made_again(repo: Repo, r2v, compared) -> None:
    repo.change("provider: dashscope, model: wan2.6-r2v, resolution: 720p", "provider: animatic, resolution: 480p")
    repo.change("for: 5s", "for: 1s")
    repo.change("duration: 5s", "duration: 1s")
    repo.commit()
    repo.change("dawn", "dusk")
    ran = r2v("build", "film.yaml", "open", "--yes", cwd=repo.root)
    assert 0 == ran.rc, ran.err
    found = compared()
    assert [("open", "there", False)] == [(s["shot"], s["clip"], s["renders"]) for s in found["shots"]]
    assert 0 == found["totals"]["renders"]


def test_options_hold_on_both_sides(repo: Repo, diff) -> None:
    rc, out, _ = diff("film.yaml", "--provider", "animatic", "--format", "json")
    assert (0, {}) == (rc, shots(out))
    repo.change("dawn", "dusk")
    out = diff("film.yaml", "--preview", "--var", "season=autumn", "--format", "json")[1]
    assert "autumn snow at dawn" in shots(out)["open"]["prompt"]["before"]
    assert 0 == shots(out)["open"]["cost"]["after"]["high"]


def test_a_broken_state_folder_is_only_a_note(repo: Repo, compared) -> None:
    repo.write(".r2v/state.db", "not a database")
    repo.change("dawn", "dusk")
    (note,) = compared()["notes"]
    assert note.startswith("what earlier builds have made is not known: ")


def test_the_shape_that_programs_rely_on(repo: Repo, compared) -> None:
    repo.change("dawn", "dusk")
    found = compared()
    assert 1 == found["version"]
    (shot,) = found["shots"]
    assert ("open", "changed", True) == (shot["shot"], shot["change"], shot["renders"])
    assert {
        "before": "Character1 lies in winter snow at dawn, wind in the cables.",
        "after": "Character1 lies in winter snow at dusk, wind in the cables.",
    } == shot["prompt"]
    half = {"low": 0.5, "high": 0.5, "currency": "USD"}
    assert {"before": half, "after": half, "currency": "USD"} == shot["cost"]
    assert (1, half) == (found["totals"]["renders"], found["totals"]["cost"])
    assert repo.git("rev-parse", "HEAD") == found["base"]["commit"]
    assert found["head"] == {"name": "the working tree", "commit": None}


def test_the_price_of_a_board_with_nothing_to_pay(repo: Repo, diff) -> None:
    repo.write("film.yaml", BOARD.replace("provider: dashscope", "provider: animatic"))
    repo.commit()
    repo.change("dawn", "dusk")
    assert diff("film.yaml")[1].startswith("1 of 3 shots renders again, free (animatic).\n")
