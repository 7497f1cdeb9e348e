"""`r2v check FILE.lock.yaml`: whether a lock can be read, and whether it may be committed as it is."""

from __future__ import annotations

import os

from r2v_pipeline.cli.locked.locking import held
from r2v_pipeline.diagnostics import Diagnostic, error
from r2v_pipeline.plan.lockfile import CONFLICT, UNREADABLE
from r2v_pipeline.source.files import Disk, project_root
from r2v_pipeline.source.signature import Signature


def read_lock(file: str) -> tuple[tuple[Diagnostic, ...], dict[str, Signature]]:
    """What is wrong with a lock, and what was looked at to know it."""
    root = project_root(file)
    disk = Disk(root)
    path = os.path.relpath(os.path.abspath(file), root).replace(os.sep, "/")
    lock = held(disk, path)
    found = lock.found
    if lock.text is None and not found:
        found = (error(UNREADABLE, f"'{file}' does not exist", None),)
    elif lock.mark and not found:
        message = "a merge left its marks in the lock"
        found = (error(CONFLICT, message, lock.mark, "'r2v build' writes the file anew; then add it to the commit"),)
    return found, disk.looked
