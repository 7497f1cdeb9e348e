"""Which two trees are compared: ranges, merges, dirty trees, bare and shallow clones, worktrees, renamed files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from repos import BOARD, Repo, git


def changes(out: str) -> dict[str, str]:
    return {shot["shot"]: shot["change"] for shot in json.loads(out)["shots"]}


def test_a_clean_tree_differs_in_nothing(diff) -> None:
    rc, out, err = diff("film.yaml", "--exit-code")
    assert 0 == rc
    assert out.startswith(
        "Nothing changes: both sides compile to the same requests.\nfilm.yaml: HEAD -> the working tree"
    )
    assert "" == err


def test_the_working_tree_is_compared_as_it_lies_there(repo: Repo, diff) -> None:
    """Neither the index nor a commit is needed: what is staged and what is not both count."""
    repo.change("dawn", "dusk")
    repo.git("add", "film.yaml")
    repo.change("goes out", "flickers")
    rc, out, _ = diff("film.yaml", "--exit-code", "--format", "json")
    assert 10 == rc
    assert {"open": "changed", "find": "changed"} == changes(out)


def test_the_only_storyboard_need_not_be_named(repo: Repo, diff) -> None:
    repo.change("dawn", "dusk")
    repo.commit()
    assert {"open": "changed"} == changes(diff("HEAD~1..HEAD", "--format", "json")[1])


@pytest.mark.parametrize(
    ("range", "expected"),
    [
        ("", {}),
        ("main", {"open": "changed", "find": "changed", "last": "changed"}),
        ("main..topic", {"open": "changed", "find": "changed", "last": "changed"}),
        ("main...topic", {"open": "changed", "find": "changed"}),
        ("main...", {"open": "changed", "find": "changed"}),
        ("topic...main", {"last": "changed"}),
        ("topic~1..", {"find": "changed"}),
        ("..main", {"open": "changed", "find": "changed", "last": "changed"}),
        ("v1..topic", {"open": "changed", "find": "changed"}),
    ],
)
def test_a_range_means_what_it_means_to_git(range: str, expected: dict[str, str], repo: Repo, diff) -> None:
    repo.git("tag", "v1")
    repo.git("switch", "--quiet", "--create", "topic")
    repo.change("dawn", "dusk")
    repo.commit()
    repo.change("goes out", "flickers")
    repo.commit()
    repo.git("switch", "--quiet", "main")
    repo.change("alone", "forgotten")
    repo.commit()
    repo.git("switch", "--quiet", "topic")
    assert expected == changes(diff("film.yaml", *([range] if range else []), "--format", "json")[1])


def test_a_merge_is_compared_with_either_parent(repo: Repo, diff) -> None:
    repo.git("switch", "--quiet", "--create", "topic")
    repo.change("dawn", "dusk")
    repo.commit()
    repo.git("switch", "--quiet", "main")
    repo.change("alone", "forgotten")
    repo.commit()
    repo.git("merge", "--quiet", "--no-edit", "topic")
    assert {"open": "changed"} == changes(diff("film.yaml", "HEAD^1..HEAD", "--format", "json")[1])
    assert {"last": "changed"} == changes(diff("film.yaml", "HEAD^2..HEAD", "--format", "json")[1])


def test_a_tree_in_conflict_is_a_storyboard_with_a_mistake(repo: Repo, diff) -> None:
    repo.git("switch", "--quiet", "--create", "topic")
    repo.change("dawn", "dusk")
    repo.commit()
    repo.git("switch", "--quiet", "main")
    repo.change("dawn", "noon")
    repo.commit()
    with pytest.raises(AssertionError):
        repo.git("merge", "--quiet", "topic")
    rc, out, err = diff("film.yaml")
    assert (1, "") == (rc, out)
    assert err.startswith("The working tree does not compile:\n\nerror[R2V002]")


def test_a_bare_clone_has_both_sides_in_git(repo: Repo, tmp_path: Path, diff) -> None:
    repo.change("dawn", "dusk")
    repo.commit()
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repo.root), str(bare))
    assert {"open": "changed"} == changes(diff("film.yaml", "HEAD~1..HEAD", "--format", "json", cwd=bare)[1])
    rc, _, err = diff("film.yaml", cwd=bare)
    assert 2 == rc
    assert "a bare repository has no working tree" in err


def test_a_shallow_clone_says_what_to_fetch(repo: Repo, tmp_path: Path, diff) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.change("dawn", "dusk")
    repo.commit()
    clone = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repo.root}", str(clone))
    assert (0, "") == diff("film.yaml", cwd=clone)[::2]
    rc, _, err = diff("film.yaml", first, cwd=clone)
    assert 2 == rc
    assert f"error: Git knows no commit '{first}' here" in err
    assert "this clone is shallow: run 'git fetch --deepen=100'" in err


def test_a_partial_clone_fetches_nothing_by_itself(repo: Repo, tmp_path: Path, diff) -> None:
    repo.change("dawn", "dusk")
    repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{repo.root}", str(clone))
    assert (0, "") == diff("film.yaml", cwd=clone)[::2]
    rc, _, err = diff("film.yaml", "HEAD~1", cwd=clone)
    assert 1 == rc
    assert "HEAD~1 does not compile" in err
    assert "run 'git fetch --refetch --no-filter'" in err


def test_a_repository_with_longer_object_names(tmp_path: Path, diff) -> None:
    repo = Repo(tmp_path / "sha256", "--object-format=sha256").start()
    repo.change("dawn", "dusk")
    assert 64 == len(repo.git("rev-parse", "HEAD"))
    assert {"open": "changed"} == changes(diff("film.yaml", "--format", "json", cwd=repo.root)[1])


def test_a_worktree_is_a_working_tree(repo: Repo, tmp_path: Path, diff) -> None:
    other = tmp_path / "other"
    repo.git("worktree", "add", "--quiet", str(other), "-b", "topic")
    film = other / "film.yaml"
    film.write_text(film.read_text("utf-8").replace("dawn", "dusk"), "utf-8")
    assert {"open": "changed"} == changes(diff("film.yaml", "--format", "json", cwd=other)[1])
    assert {} == changes(diff("film.yaml", "--format", "json")[1])


def test_a_project_deeper_in_the_repository(repo: Repo, diff) -> None:
    """The project is the folder with .r2v, as for every other command, and paths are relative to it in both trees."""
    (repo.root / "films" / "a" / ".r2v").mkdir(parents=True)
    repo.git("mv", "film.yaml", "refs", "films/a")
    repo.commit()
    repo.change("dawn", "dusk", "films/a/film.yaml")
    assert {"open": "changed"} == changes(diff("films/a/film.yaml", "--format", "json")[1])
    inside = repo.root / "films" / "a"
    rc, out, _ = diff("film.yaml", cwd=inside)
    assert 0 == rc
    assert "film.yaml:11:" in out


def test_from_a_folder_inside(repo: Repo, diff) -> None:
    repo.change("dawn", "dusk")
    assert {"open": "changed"} == changes(diff("../film.yaml", "--format", "json", cwd=repo.root / "refs")[1])


def test_a_new_storyboard_has_only_new_shots(repo: Repo, diff) -> None:
    repo.write("second.yaml", BOARD.replace("A gift", "Another").replace("{{ ", "{{  ").replace("id: ", "id: x-"))
    repo.git("rm", "--quiet", "--cached", "film.yaml")
    _, out, _ = diff("second.yaml", "--format", "json")
    assert {"x-open": "added", "x-find": "added", "x-last": "added"} == changes(out)


def test_a_renamed_file_is_followed(repo: Repo, diff) -> None:
    repo.git("mv", "film.yaml", "gift.yaml")
    repo.change("dawn", "dusk", "gift.yaml")
    rc, out, _ = diff("gift.yaml", "--format", "json")
    assert 0 == rc
    assert {"open": "changed"} == changes(out)
    assert ["the file was called film.yaml at HEAD"] == json.loads(out)["notes"]


def test_a_renamed_file_is_followed_by_its_old_name_too(repo: Repo, diff) -> None:
    repo.git("mv", "film.yaml", "gift.yaml")
    repo.commit()
    assert {} == changes(diff("film.yaml", "HEAD~1..HEAD", "--format", "json")[1])


def test_a_deleted_storyboard_has_only_removed_shots(repo: Repo, diff) -> None:
    repo.git("rm", "--quiet", "film.yaml")
    assert {"open": "removed", "find": "removed", "last": "removed"} == changes(
        diff("film.yaml", "--format", "json")[1]
    )


def test_no_repository(tmp_path: Path, diff) -> None:
    rc, _, err = diff("film.yaml", cwd=tmp_path)
    assert 2 == rc
    assert "is in no Git repository" in err


def test_no_commit_yet(tmp_path: Path, diff) -> None:
    empty = Repo(tmp_path / "empty")
    empty.write("film.yaml", BOARD)
    rc, _, err = diff("film.yaml", cwd=empty.root)
    assert 2 == rc
    assert "this repository has no commit yet" in err


def test_the_command_as_it_is_typed(repo: Repo, r2v) -> None:
    repo.change("dawn", "dusk")
    ran = r2v("diff", "film.yaml", "--exit-code", cwd=repo.root)
    assert 10 == ran.rc
    assert ran.out.startswith("1 of 3 shots renders again, about $0.50.\n")
    assert "" == ran.err


def test_a_mistyped_revision(diff) -> None:
    rc, _, err = diff("film.yaml", "mian")
    assert 2 == rc
    assert "error: Git knows no commit 'mian' here\n  help: did you mean 'main'?" in err


@pytest.mark.parametrize("range", ["--upload-pack=x", "main..--output=x", "@{-9}", "film.yaml", "HEAD:film.yaml", "\\"])
def test_a_revision_is_never_an_option(range: str, repo: Repo, diff) -> None:
    before = sorted(repo.root.iterdir())
    rc, out, err = diff("film.yaml", range)
    assert (2, "") == (rc, out)
    assert "Traceback" not in err
    assert before == sorted(repo.root.iterdir())


def test_a_file_that_is_nowhere(diff) -> None:
    rc, _, err = diff("flim.yaml")
    assert 2 == rc
    assert "there is no storyboard 'flim.yaml', neither at HEAD nor on disk\n  help: did you mean 'film.yaml'?" in err


def test_histories_without_a_common_commit(repo: Repo, diff) -> None:
    repo.git("switch", "--quiet", "--orphan", "island")
    repo.start(BOARD.replace("dawn", "dusk"))
    rc, _, err = diff("film.yaml", "main...island")
    assert 2 == rc
    assert "compare them as they are: main..island" in err
    assert 0 == diff("film.yaml", "main..island")[0]


def test_a_side_that_does_not_compile_shows_its_mistakes(repo: Repo, diff) -> None:
    repo.change("{{ season }}", "{{ saeson }}")
    repo.commit()
    repo.change("{{ saeson }}", "{{ season }}")
    rc, out, err = diff("film.yaml", "--exit-code")
    assert (1, "") == (rc, out)
    assert err.startswith(
        "HEAD does not compile:\n\nerror[R2V401]: nothing is called 'saeson' here\n  --> film.yaml:11:"
    )


def test_diff_writes_nothing_into_the_project(repo: Repo, diff) -> None:
    repo.change("dawn", "dusk")
    before = sorted(str(path) for path in repo.root.rglob("*") if ".git" not in path.parts)
    assert 0 == diff("film.yaml")[0]
    assert before == sorted(str(path) for path in repo.root.rglob("*") if ".git" not in path.parts)
