"""Putting results where people look for them: `build/<storyboard>/clips/<shot>.mp4` and the film.  The parts of a split
shot lie beside its clip, as `<shot>.1.mp4` and so on.

What lies there is a copy (an edit of it must not reach the store) and r2v's own only as long as the journal says that
r2v made it and nobody changed it since.  Everything else is moved aside to `<name>.bak-N`, never overwritten.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Container
from pathlib import Path

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.errors import StateTrouble
from r2v_pipeline.execute import fault, results
from r2v_pipeline.execute.blobs import Blobs, hash_file, same_bytes
from r2v_pipeline.execute.disk import sync_file, sync_folder, writing
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import OutputFile

CLIPS = "clips"
# Linux's FICLONE: the copy shares its bytes with the original until one of them is written.
_FICLONE = 0x40049409


class Outputs:
    """One output folder, `output` being its project-relative path.  `note` is told, in a sentence, what was moved.

    One object a build: a new one takes the half-made files of another for a dead build's and removes them.

    A published file is safe before the journal says that r2v made it: after a power cut a half of one would look whole,
    or like the work of somebody else.
    """

    def __init__(self, root: Path, output: str, journal: Journal, blobs: Blobs, note: Callable[[str], None]) -> None:
        self.folder = root / output
        self._root, self._output = root, output
        self._journal, self._blobs, self._note = journal, blobs, note
        self._made = results.files(journal, output)
        # Names that a killed build of this very folder may have left half-made.
        self._mark = f".r2v-{digest_bytes(os.fsencode(os.path.realpath(self.folder)))[:8]}-"
        self._known: set[Path] = set()

    def publish(self, name: str, digest: str, key: str) -> Path:
        """Have a copy of a blob under a name in the folder; nothing is done where it is there already.

        Raises:
            StateTrouble: the blob is damaged, or the folder leads out of the project.
            DiskTrouble: no room, no permission, or the blob cannot be looked at; what was there still is.
        """
        final = self._target(name)
        made = self._made.get(name)
        if made and made.sha256 == digest and same_bytes(final, made):
            if (made.key, made.mtime_ns) != (key, final.stat().st_mtime_ns):
                self._record(name, digest, key)
            return final
        blob = self._blobs.found(digest)
        if not (blob and self._blobs.verify(blob)):
            moved = self._blobs.quarantine(digest)
            raise StateTrouble(
                f"the finished clip for {name} was changed in the store; it is now {moved}",
                "run `r2v plan` to see what making it again costs",
            )
        temp = self.temp(name)
        try:
            with writing(final):
                _copy(self._blobs.path(digest), temp)
            return self._place(temp, name, digest, key)
        finally:
            temp.unlink(missing_ok=True)

    def adopt(self, temp: Path, name: str, key: str) -> Path:
        """Move a finished file (the film) into place; it must lie on the same disk, best in the folder itself.

        Raises:
            DiskTrouble: no permission; what was there still is, and `temp` too.
        """
        with writing(self._target(name)):
            digest = hash_file(temp)
        return self._place(temp, name, digest, key)

    def prune(self, keep: Container[str], within: str = f"{CLIPS}/") -> None:
        """Remove what r2v made and nobody asks for any more: names that start with `within` and are not in `keep`.

        A file that was changed since stays, and is the user's from now on.
        """
        for name, made in list(self._made.items()):
            if name in keep or not name.startswith(within):
                continue
            path = self._target(name)
            with writing(path):
                if same_bytes(path, made):
                    path.unlink()
            results.forget_file(self._journal, self._output, name)
            del self._made[name]

    def temp(self, name: str) -> Path:
        """A name beside `name` to make a file under; the same ending, hidden, and removed by nobody but the maker."""
        final = self._target(name)
        with writing(final):
            final.parent.mkdir(parents=True, exist_ok=True)
        return final.with_name(f"{self._mark}{uuid.uuid4().hex[:12]}{final.suffix}")

    def _target(self, name: str) -> Path:
        """The file's place.  A folder that is a link out of the project is not followed; an absolute name was given on
        the command line, and is the user's own business."""
        final = self.folder / name
        if final.parent in self._known:
            return final
        real = Path(os.path.realpath(final.parent))
        if not os.path.isabs(name) and Path(os.path.realpath(self._root)) not in (real, *real.parents):
            raise StateTrouble(
                f"{final.parent} leads out of the project, to {real}", "remove the link, or give -o FILM"
            )
        with writing(final):
            for stale in final.parent.glob(f"{self._mark}*"):
                stale.unlink()
        self._known.add(final.parent)
        return final

    def _place(self, temp: Path, name: str, digest: str, key: str) -> Path:
        final = self._target(name)
        with writing(final):
            sync_file(temp)
        fault.point("output.copied")
        with writing(final):
            self._make_way(final, name, digest)
            temp.replace(final)
            fault.point("output.renamed")
            sync_folder(final.parent)
            self._record(name, digest, key)
        fault.point("output.recorded")
        return final

    def _make_way(self, final: Path, name: str, digest: str) -> None:
        """What r2v made may be replaced; so may a file with the very bytes that come.  All else is somebody's work."""
        if not os.path.lexists(final):
            return
        made = self._made.get(name)
        if made and same_bytes(final, made):
            return
        if final.is_file() and not final.is_symlink() and hash_file(final) == digest:
            return
        number = 1
        while os.path.lexists(aside := final.with_name(f"{final.name}.bak-{number}")):
            number += 1
        final.rename(aside)
        shown = os.path.relpath(final).replace(os.sep, "/")
        self._note(f"{shown} was not made by r2v, or was changed since; it is now {aside.name}")

    def _record(self, name: str, digest: str, key: str) -> None:
        stat = (self.folder / name).stat()
        file = OutputFile(name, stat.st_size, stat.st_mtime_ns, digest, key)
        results.record_file(self._journal, self._output, file)
        self._made[name] = file


def _copy(source: Path, target: Path) -> None:
    """A copy of its own, sharing bytes where the file system can."""
    with source.open("rb") as reader, target.open("xb") as writer:
        try:
            import fcntl

            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
        except (ImportError, OSError):
            shutil.copyfileobj(reader, writer, 1 << 20)
