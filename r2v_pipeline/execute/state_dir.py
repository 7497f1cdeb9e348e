"""Where a project keeps its state: `.r2v/`, ignored by Git, on a disk that this machine has to itself.

SQLite's log and the build lock rest on one kernel seeing every reader and writer; on a network disk two machines would
buy the same clip twice, so such a disk is refused and `R2V_STATE_DIR` names the way out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.errors import StateTrouble
from r2v_pipeline.execute.disk import make_folder, replace_text, writing

NAME = ".r2v"
VARIABLE = "R2V_STATE_DIR"
_NETWORK = ("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "glusterfs", "lustre")
_NETWORK_FUSE = ("sshfs", "s3fs", "rclone", "gcsfuse", "goofys", "davfs", "glusterfs", "ceph", "smbnetfs", "blobfuse")
_README = """\
This folder is r2v's memory of the project.

  state.db   what was asked of which provider, for how much, and what came of it
  cas/       finished clips, named by the sha256 of their bytes; read-only, never edited
  pieces/    what had to be encoded for a film, kept for the next join; may be deleted at any time
  tmp/       half-written files; removed by the next build
  failed/    clips that came back broken      damaged/   files that were changed after r2v stored them
  sandbox/   the same again for `r2v build --sandbox`; nothing in it was paid, `r2v gc --sandbox --yes` removes it
  lock       held while a build runs

Deleting it does not lose a storyboard, but clips that were paid for would be paid for again.
Git ignores it.  It must lie on a local disk; the environment variable R2V_STATE_DIR names another place.
"""


def locate(
    root: Path, environ: Mapping[str, str] = os.environ, mounts: Path = Path("/proc/mounts"), within: str = ""
) -> Path:
    """The state folder of a project, made or not, or the state `within` it.  Writes nothing.

    With R2V_STATE_DIR set, each project has a folder of its own in it, named after the project's place.

    Raises:
        StateTrouble: it would lie outside the project, is no folder, or is on a network disk.
    """
    real = Path(os.path.realpath(root))
    elsewhere = environ.get(VARIABLE, "")
    if elsewhere:
        state = Path(os.path.realpath(elsewhere)) / f"{real.name}-{digest_bytes(os.fsencode(real))[:12]}"
    else:
        state = Path(os.path.realpath(real / NAME))
        if real not in state.parents:
            raise StateTrouble(
                f"{root / NAME} is a link that leads out of the project, to {state}",
                f"remove the link; to keep the state elsewhere set {VARIABLE}",
            )
    state = state / within
    if os.path.lexists(state) and (not state.is_dir() or (within and state.is_symlink())):
        raise StateTrouble(f"{state} is not a folder", "move it away: r2v keeps its state there")
    kind = filesystem(state, mounts)
    if kind in _NETWORK or (kind.startswith("fuse.") and kind[5:].startswith(_NETWORK_FUSE)):
        raise StateTrouble(
            f"{state} is on a network disk ({kind}), where two machines could buy the same clip",
            f"set {VARIABLE} to a folder on a local disk; everything else may stay where it is",
        )
    return state


def prepare(state: Path) -> None:
    """Make the state folder, for a lock to be in.

    Raises:
        DiskTrouble: it cannot be made.
    """
    with writing(state):
        make_folder(state)


def furnish(state: Path) -> None:
    """Have the state folder ignored by Git, and say in it what it is.  The caller holds its lock.

    Raises:
        DiskTrouble: it cannot be written to.
    """
    replace_text(state / ".gitignore", "*\n")
    replace_text(state / "README", _README)


def filesystem(path: Path, mounts: Path) -> str:
    """The type of the file system that a path is on or would be; empty where the system does not tell."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    best, kind = -1, ""
    for row in table.splitlines():
        fields = row.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        # Later rows are mounted over earlier ones.
        if (point == path or point in path.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


def _unescaped(text: str) -> str:
    """Blanks, tabs, line breaks and backslashes stand in the table as octal."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
