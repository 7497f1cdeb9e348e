"""`r2v check --fix`: mends what has one right answer, in the storyboard and the files that it includes.

Everything happens in memory first: mend what can be mended at once, read the result, and again, until nothing is left
that has one right answer.  Only then are the files replaced, each whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence

from r2v_pipeline.cli.stages.front import Front, Options, paint_for, read
from r2v_pipeline.diagnostics import Diagnostic, Edit, SourceText, Span, has_errors, in_order
from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.report.diagnostics import to_text
from r2v_pipeline.report.mended import diff_text, mended_text
from r2v_pipeline.report.safe import safe
from r2v_pipeline.source.edits import apply, together
from r2v_pipeline.source.files import Disk, project_root

ROUNDS = 12  # a renamed key shows what is wrong inside it: as deep as the language nests, and more

_MARK = b"\xef\xbb\xbf"


class Drafts:
    """Text files by real path: their bytes as they were read, and as they are to be."""

    def __init__(self) -> None:
        self.before: dict[str, bytes] = {}
        self.after: dict[str, bytes] = {}

    def changed(self) -> list[str]:
        """The real paths of the files that are to be written."""
        return [path for path in self.before if self.after.get(path, self.before[path]) != self.before[path]]


class DraftDisk(Disk):
    """A project's tree with the drafts in it."""

    def __init__(self, root: str, drafts: Drafts) -> None:
        super().__init__(root)
        self.drafts = drafts

    def text(self, path: str) -> bytes:
        full = self._locate(path)
        if full in self.drafts.after:
            return self.drafts.after[full]
        data = super().text(path)
        if self._may_write(path, full):
            self.drafts.before[full] = data
        return data

    def _may_write(self, path: str, full: str) -> bool:
        """Not through a link into a folder such as .git: a storyboard may come from a stranger."""
        inside = os.path.relpath(full, self._real)
        return inside == os.path.normpath(path) or not any(part.startswith(".") for part in inside.split(os.sep))


def run(files: list[str], options: Options, *, diff: bool) -> int:
    """Mends the storyboards and says what remains; with `diff` shows the change and writes nothing.

    Exit code 1 when errors remain, or with `diff` when the files as they are have any, else 0.

    Raises:
        EnvironmentTrouble: for a file that changed meanwhile, and for one that cannot be written.
    """
    drafts = Drafts()
    fronts = _read(files, options, drafts)
    wrong = any(has_errors(front.diagnostics) for front in fronts)
    done: list[Diagnostic] = []
    for _ in range(ROUNDS):
        chosen = together(_fixable(fronts, drafts))
        if not chosen:
            break
        kept = dict(drafts.after)
        _apply(chosen, drafts)
        mended = _read(files, options, drafts)
        if _unreadable(mended) > _unreadable(fronts):  # cannot happen; a text that does not parse is never written
            drafts.after = kept
            break
        fronts = mended
        done += chosen
    done.sort(key=lambda d: (d.edits[0].span.file, d.edits[0].span.line))
    found = in_order([d for front in fronts for d in front.diagnostics])
    if diff:
        _show_diff(drafts, done, found)
        return int(wrong)
    for path in drafts.changed():
        replace(path, drafts.before[path], drafts.after[path])
    sys.stdout.write(mended_text(done, paint_for(sys.stdout)) + _sum(done, found, "mended"))
    if found:
        sys.stdout.write("\n" + to_text(found, paint_for(sys.stdout)))
    return int(has_errors(found))


def _read(files: list[str], options: Options, drafts: Drafts) -> list[Front]:
    return [read(file, options, prompts=False, disk=DraftDisk(project_root(file), drafts)) for file in files]


def _fixable(fronts: Iterable[Front], drafts: Drafts) -> tuple[Diagnostic, ...]:
    """What can be mended, each cause once: an included file that two storyboards read is one text here."""
    texts: dict[str, SourceText] = {}
    found = []
    for diagnostic in (d for front in fronts for d in front.diagnostics if d.edits):
        edits = []
        for span, text in diagnostic.edits:
            path = os.path.realpath(span.file)
            source = texts.setdefault(path, span.source)
            if path in drafts.before and source.text == span.source.text:
                edits.append(Edit(Span(source, span.start, span.end), text))
        if len(edits) == len(diagnostic.edits):
            found.append(diagnostic._replace(span=edits[0].span, edits=tuple(edits)))
    return in_order(found)


def _apply(chosen: Iterable[Diagnostic], drafts: Drafts) -> None:
    edits: dict[SourceText, list[Edit]] = {}
    for edit in (edit for one in chosen for edit in one.edits):
        edits.setdefault(edit.span.source, []).append(edit)
    for source, own in edits.items():
        path = os.path.realpath(source.name)
        mark = _MARK if drafts.before[path].startswith(_MARK) else b""
        drafts.after[path] = mark + apply(source.text, own).encode("utf-8")


def _unreadable(fronts: Iterable[Front]) -> int:
    """How many mistakes keep a file from being read at all, or keys from being told apart."""
    return sum(d.code.startswith("R2V0") for front in fronts for d in front.diagnostics)


def _sum(done: Sequence[Diagnostic], found: Sequence[Diagnostic], verb: str) -> str:
    """`3 mistakes mended, none left`."""
    number = "1 mistake" if len(done) == 1 else f"{len(done):,} mistakes"
    return f"{number if done else 'nothing'} {verb}{'' if found else ', none left' if done else ', no mistakes'}\n"


def _show_diff(drafts: Drafts, done: Sequence[Diagnostic], found: Sequence[Diagnostic]) -> None:
    """The diff alone goes to standard output, so that another program can apply it."""
    paint = paint_for(sys.stdout)
    for path in drafts.changed():
        before, after = (b.removeprefix(_MARK).decode("utf-8") for b in (drafts.before[path], drafts.after[path]))
        sys.stdout.write(diff_text(os.path.relpath(path).replace(os.sep, "/"), before, after, paint))
    sys.stderr.write(_sum(done, found, "to mend"))
    if found:
        sys.stderr.write("\n" + to_text(found, paint_for(sys.stderr)))


def replace(path: str, before: bytes, after: bytes) -> None:
    """Writes a file whole or not at all, with the owner and permissions that it has.

    `path` has no links in it: what a link points to is replaced, the link stays.

    Raises:
        EnvironmentTrouble: when the file is no longer what was read, or cannot be written.
    """
    from r2v_pipeline.execute.disk import sync_folder, trouble, writing

    name = safe(os.path.relpath(path))
    with writing(name):
        with open(path, "rb") as stream:
            if stream.read() != before:
                raise EnvironmentTrouble(f"{name} changed while it was being mended", "run the same command again")
        if not os.access(path, os.W_OK):
            raise trouble(PermissionError(13, ""), name)
        old = os.stat(path)
        number, temp = tempfile.mkstemp(prefix=".r2v-", suffix=".part", dir=os.path.dirname(path))
        try:
            with open(number, "wb") as stream:
                with contextlib.suppress(OSError):  # only root may give files away; then they are the user's own
                    os.fchown(number, old.st_uid, old.st_gid)
                os.fchmod(number, old.st_mode & 0o7777)
                stream.write(after)
                stream.flush()
                os.fsync(number)
            os.replace(temp, path)
        except BaseException:  # an interrupt too: no half-made file stays
            with contextlib.suppress(OSError):
                os.unlink(temp)
            raise
        sync_folder(os.path.dirname(path))
