"""The two sides of a comparison: which commits are meant, where the storyboard lies in them, and both compiled."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from r2v_pipeline.cli.stages.front import Front, Options, compiled, read
from r2v_pipeline.cli.stages.planning import prices
from r2v_pipeline.diagnostics import Diagnostic, did_you_mean, has_errors
from r2v_pipeline.errors import EnvironmentTrouble, UsageError
from r2v_pipeline.review.reach import templates
from r2v_pipeline.review.types import Version
from r2v_pipeline.source.files import Disk, Files, Missing, Unreadable, project_root
from r2v_pipeline.source.git import Failed, Repository, around, commit_of, merge_base, names
from r2v_pipeline.source.objects import Objects
from r2v_pipeline.source.revision import Revision

WORKING_TREE = "the working tree"

# As much of two storyboards has to be the same lines for one to be the other under a new name.
_ALIKE = 0.5
_MOST_FILES = 500
_SHORT = 10


class Side(NamedTuple):
    """A storyboard at one point of its history.

    `path` is where it lies there, empty where it is not there.  `version` is None for that, and where it has errors.
    """

    name: str
    path: str
    files: Files
    front: Front | None
    version: Version | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def is_broken(self) -> bool:
        return bool(self.path) and self.version is None

    @property
    def apart(self) -> Mapping[str, str]:
        """Files that the commit does not hold, with what stands for them."""
        return self.files.apart if isinstance(self.files, Revision) else {}


class Trees(NamedTuple):
    """The project's files on both sides, what each side is called, and the folder that both call the project.

    `marks` are the files that are written when HEAD becomes another commit.
    """

    base: Revision
    head: Files
    head_name: str
    root: str
    marks: tuple[str, ...]


@contextmanager
def trees(file: str, range: str) -> Iterator[Trees]:
    """The two sides that a range means (`BASE`, `BASE..HEAD`, `BASE...HEAD`, or nothing) for a storyboard.

    Raises:
        UsageError: there is no repository, or no such revision in it.
        EnvironmentTrouble: Git is missing, or refuses.
    """
    repository = _repository(file)
    root = project_root(file) if repository.top else repository.shared
    folder = os.path.relpath(os.path.realpath(root), repository.top or root).replace(os.sep, "/")
    if folder.startswith(".."):
        raise UsageError(f"the project {root} lies outside of the Git repository {repository.top}")
    folder = "" if folder == "." else folder
    try:
        base, head = _range(repository, range)
        with Objects(repository) as objects:

            def revision(name: str, commit: str) -> Revision:
                return Revision(objects, commit, name=name, root=root, folder=folder)

            marks = (os.path.join(repository.own, "HEAD"), os.path.join(repository.own, "logs", "HEAD"))
            there = revision(*head) if head else Disk(root)
            yield Trees(revision(*base), there, head[0] if head else "", root, marks)
    except Failed as why:
        raise EnvironmentTrouble(f"Git cannot be asked: {why}") from None


def sides(trees: Trees, file: str, options: Options) -> tuple[Side, Side]:
    """Both sides compiled.  A storyboard that has another name on one side is followed.

    Raises:
        UsageError: neither side has it.
    """
    path = os.path.relpath(os.path.abspath(file), trees.root).replace(os.sep, "/")
    old, now = followed(trees.base, trees.head, path), followed(trees.head, trees.base, path)
    if not old and not now:
        known = [known for known in trees.head.walk("") if known.endswith((".yaml", ".yml"))]
        where = f"neither at {trees.base.name} nor " + (f"at {trees.head_name}" if trees.head_name else "on disk")
        raise UsageError(f"there is no storyboard '{file}', {where}", did_you_mean(path, known, "files"))
    return (
        side(trees.base.name, trees.base, old, options),
        side(trees.head_name or WORKING_TREE, trees.head, now, options),
    )


def followed(files: Files, other: Files, path: str) -> str:
    """Where a tree has the storyboard that lies at a path in it or in the other tree; empty where it has none."""
    return path if _there(files, path) else _renamed(files, other, path)


def side(name: str, files: Files, path: str, options: Options) -> Side:
    """The storyboard at a path of a tree, compiled; an empty path is one that is not there."""
    if not path:
        return Side(name, "", files, None, None, ())
    front = read(os.path.join(files.root, path), options, disk=files)
    found = front.diagnostics
    compilation = None
    if front.expanded is not None:
        compilation, problems = compiled(front)
        found = (*found, *problems)
    if compilation is None or front.expanded is None or has_errors(found):
        return Side(name, path, files, front, None, found)
    version = Version(compilation, prices(front.expanded), templates(compilation.storyboard, files))
    return Side(name, path, files, front, version, found)


def _repository(file: str) -> Repository:
    folder = os.path.dirname(os.path.abspath(file))
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    try:
        return around(folder)
    except Failed as why:
        said = str(why)
    if "not a git repository" in said:
        raise UsageError(f"{folder} is in no Git repository", "there is nothing to compare with before 'git init'")
    help = f"git config --global --add safe.directory {folder}" if "dubious ownership" in said else ""
    raise EnvironmentTrouble(f"Git cannot be asked: {said}", help)


def _range(repository: Repository, range: str) -> tuple[tuple[str, str], tuple[str, str] | None]:
    """Name and commit of both sides; None for the working tree."""
    one, dots, other = range.partition("...")
    if not dots:
        one, dots, other = range.partition("..")
    if not dots and not repository.top:
        raise UsageError("a bare repository has no working tree", "name both sides: r2v diff FILE BASE..HEAD")
    one, other = one or "HEAD", other or "HEAD"
    base = _commit(repository, one)
    if not dots:
        return (one, base), None
    head = _commit(repository, other)
    if dots == "..":
        return (one, base), (other, head)
    common = merge_base(repository, base, head)
    if not common:
        help = _deeper(repository) or f"they share no history; compare them as they are: {one}..{other}"
        raise UsageError(f"Git knows no commit that '{one}' and '{other}' have in common", help)
    name = one if common == base else f"{common[:_SHORT]}, where {other} left {one}"
    return (name, common), (other, head)


def _commit(repository: Repository, name: str) -> str:
    commit = commit_of(repository, name)
    if commit:
        return commit
    if name == "HEAD":
        raise UsageError("this repository has no commit yet", "there is nothing to compare with before 'git commit'")
    help = _deeper(repository) or did_you_mean(name, names(repository), "branches and tags")
    raise UsageError(f"Git knows no commit '{name}' here", help)


def _deeper(repository: Repository) -> str:
    if not repository.shallow:
        return ""
    return "this clone is shallow: run 'git fetch --deepen=100', or check out with 'fetch-depth: 0' in a workflow"


def _there(files: Files, path: str) -> bool:
    """Whether a tree has anything at a path; what is wrong with it is found by whoever reads it."""
    try:
        files.check(path)
    except Missing:
        return False
    except Unreadable:
        return True
    return True


def _renamed(files: Files, other: Files, path: str) -> str:
    """Where the storyboard that the other tree has at a path lies in this tree under another name; empty: nowhere.

    As Git does it: among the files that only this tree has, the one of the most equal lines.
    """
    wanted = _lines(other, path)
    best, found = _ALIKE, ""
    for number, candidate in enumerate(files.walk("")):
        if number == _MOST_FILES:
            break
        if candidate.endswith((".yaml", ".yml")) and not candidate.endswith((".lock.yaml", ".lock.yml")):
            likeness = 0.0 if _there(other, candidate) else _likeness(wanted, _lines(files, candidate))
            if likeness > best:
                best, found = likeness, candidate
    return found


def _lines(files: Files, path: str) -> Counter[bytes]:
    try:
        return Counter(files.text(path).splitlines())
    except Unreadable:
        return Counter()


def _likeness(one: Counter[bytes], other: Counter[bytes]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
