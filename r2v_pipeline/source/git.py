"""Asking Git about the repository around a project: nothing is written, fetched, checked out, or run as a hook.

A repository may be a stranger's.  Only commands that read objects are used; no shell, no pager, no filter, no network.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.errors import EnvironmentTrouble

# Variables that point Git at another repository than the one around the folder it is asked about; a hook sets them.
_ELSEWHERE = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
_ALONE = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "LC_ALL": "C",
}
_PATIENCE_S = 60


class Failed(Exception):
    """Git is missing, refused, or did not answer.  `silent`: it ended so without a word, which is its way to say no."""

    silent = False


def commit(folder: Path) -> str:
    """The commit that is checked out around a folder, in hex; empty outside of Git, before a first commit, or without
    Git on this machine."""
    if not repository(folder):
        return ""
    try:
        return _ask(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode("ascii", "replace").strip()
    except Failed:
        return ""


def repository(folder: Path) -> Path | None:
    """The top of the Git repository, worktree or submodule around a folder."""
    real = Path(os.path.realpath(folder))
    return next((place for place in (real, *real.parents) if _is_top(place / ".git")), None)


def _is_top(mark: Path) -> bool:
    """A folder with a HEAD, or a file that says where the folder is; Git takes nothing else for a repository."""
    return mark.is_file() or os.path.lexists(mark / "HEAD")


class Repository(NamedTuple):
    """A repository as it is seen from one folder, all paths absolute.

    `top` is the working tree around the folder, empty in a bare repository.  `own` holds the working tree's HEAD,
    `shared` what all working trees share, the objects of Git LFS too.  `shallow`: its history ends somewhere.
    """

    folder: str
    top: str
    own: str
    shared: str
    shallow: bool


def around(folder: str) -> Repository:
    """The repository, bare or not, that a folder lies in.

    Raises:
        Failed: there is none, it belongs to somebody else, or there is no Git.
    """
    words = ("--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository", "--git-dir")
    out = os.fsdecode(_ask(Path(folder), "rev-parse", *words, "--git-common-dir", "--show-cdup"))
    bare, inside, shallow, own, shared, up = [*out.split("\n"), ""][:6]
    top, own, shared = (os.path.realpath(os.path.join(folder, place)) for place in (up, own, shared))
    return Repository(folder, top if (bare, inside) == ("false", "true") else "", own, shared, shallow == "true")


def commit_of(repository: Repository, name: str) -> str:
    """The commit that a revision (`main`, `HEAD~2`, `v1.0`) stands for, in hex; empty where it stands for none here."""
    if not name or name.startswith("-") or "\0" in name:
        return ""
    try:
        out = _ask(Path(repository.folder), "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except Failed as why:
        if why.silent:
            return ""
        raise
    return out.decode("ascii", "replace").strip()


def merge_base(repository: Repository, one: str, other: str) -> str:
    """The last commit that two commits have in common, in hex; empty where none is known here."""
    try:
        return _ask(Path(repository.folder), "merge-base", one, other).decode("ascii", "replace").split("\n")[0]
    except Failed as why:
        if why.silent:
            return ""
        raise


def names(repository: Repository) -> list[str]:
    """What branches and tags are called, as they are typed."""
    kinds = ("refs/heads", "refs/tags", "refs/remotes")
    out = _ask(Path(repository.folder), "for-each-ref", "--format=%(refname:short)", *kinds)
    return out.decode("utf-8", "replace").split("\n")[:-1]


def is_ignored(repository: Repository, path: str) -> bool:
    """Whether Git leaves a file of the working tree out on purpose; `path` is absolute."""
    try:
        _ask(Path(repository.top), "check-ignore", "--quiet", "--", path)
    except Failed:
        return False
    return True


def command(folder: str, *words: str) -> tuple[list[str], dict[str, str]]:
    """The words and variables with which Git is asked about a folder."""
    environ = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return ["git", "-C", folder, "--no-pager", *words], {**environ, **_ALONE}


def on_branches(folder: Path, ending: str) -> Iterator[bytes]:
    """The contents of every file of the repository whose name has this ending, on each local branch and on HEAD.

    Each content comes once; none outside of Git.

    Raises:
        EnvironmentTrouble: there is a repository and it cannot be read to its end.
    """
    if not repository(folder):
        return
    try:
        tips = _ask(folder, "for-each-ref", "--format=%(objectname)", "refs/heads").split()
        tips += commit(folder).encode().split()
        names = sorted({name for tip in dict.fromkeys(tips) for name in _named(folder, tip.decode(), ending)})
        yield from _contents(folder, names)
    except Failed as why:
        raise EnvironmentTrouble(
            f"the branches of the Git repository around {folder} cannot be read: {why}",
            "what they need is not known, so nothing is decided without them",
        ) from None


def _named(folder: Path, tip: str, ending: str) -> Iterator[str]:
    for row in _ask(folder, "ls-tree", "-r", "-z", "--full-tree", tip).split(b"\0"):
        about, _, path = row.partition(b"\t")
        if path.endswith(ending.encode()) and b" blob " in about:
            yield about.split()[2].decode("ascii")


def _contents(folder: Path, names: list[str]) -> Iterator[bytes]:
    if not names:
        return
    out = _ask(folder, "cat-file", "--batch", given="\n".join(names).encode() + b"\n")
    at = 0
    for name in names:
        end = out.index(b"\n", at)
        said = out[at:end].split()
        if len(said) != 3 or said[1] != b"blob":
            raise Failed(f"object {name} is missing")
        size = int(said[2])
        yield out[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _ask(folder: Path, *words: str, given: bytes = b"") -> bytes:
    asked, environ = command(str(folder), *words)
    try:
        done = subprocess.run(asked, input=given, capture_output=True, env=environ, timeout=_PATIENCE_S, check=False)
    except FileNotFoundError:
        raise Failed("there is no git on this machine") from None
    except (OSError, subprocess.TimeoutExpired) as why:
        raise Failed(str(why)) from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        failed = Failed(lines[0] if lines else f"git {words[0]} failed")
        failed.silent = not lines
        raise failed
    return done.stdout


def setting(folder: Path, name: str) -> str:
    """A value of Git's configuration as it holds in a folder, `user.name` for one; empty where there is none."""
    try:
        return _ask(folder, "config", "--get", name).decode("utf-8", "replace").strip()
    except Failed:
        return ""
