"""`check --affected`: from files that changed to the storyboards that read them.

A hook is given whatever changed: a storyboard, an included cast, a template, a picture, or a YAML file of another
tool.  What a storyboard depends on is known only by reading it, so each one of the project is read, and what reading
it looked at is compared.
"""

from __future__ import annotations

import os

from r2v_pipeline.cli.stages.front import Front, Options, read, storyboards
from r2v_pipeline.source.files import project_root

# As much of a file as is looked at for the key that makes it a storyboard.
_HEAD = 4096


def affected(files: list[str], options: Options) -> list[tuple[str, Front]]:
    """The storyboards of the files' projects that are among `files` or look at one of them, by name, each as read."""
    changed = {os.path.abspath(file) for file in files}
    paths = {os.path.abspath(path) for root in map(project_root, changed) for path in storyboards(root)}
    named = {path for path in changed if _says_r2v(path)}
    found = []
    for path in sorted(paths | named):
        shown = os.path.relpath(path).replace(os.sep, "/")
        front = read(shown, options, prompts=False)
        if path in named or changed & front.disk.looked.keys():
            found.append((shown, front))
    return found


def _says_r2v(path: str) -> bool:
    """Whether a YAML file means to be a storyboard, of whatever version; its lock is none."""
    if not path.endswith((".yaml", ".yml")) or path.endswith((".lock.yaml", ".lock.yml")):
        return False
    try:
        with open(path, "rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return any(line.startswith(b"r2v:") for line in head.removeprefix(b"\xef\xbb\xbf").splitlines())
