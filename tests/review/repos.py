"""Real Git repositories in temporary folders, untouched by the configuration of whoever runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent

REFS = Path(__file__).parents[2] / "examples" / "storyboards" / "refs"

# Paid shots without a key: nothing here buys anything.  5 s of this model cost 0.50 USD with pictures alone.
BOARD = """\
r2v: 1
title: A gift
vars: {season: winter}
cast:
  gift: {kind: object, image: refs/gift.png}
  lamp: {kind: object, image: refs/lantern.png}
defaults: {render: {provider: dashscope, model: wan2.6-r2v, resolution: 720p}}
shots:
  - id: open
    segments:
      - {for: 5s, action: "{{ Gift }} lies in {{ season }} snow at dawn, wind in the cables."}
  - id: find
    segments:
      - {for: 3s, action: "{{ Lamp }} lights up beside {{ gift }}."}
      - {for: 2s, action: "{{ Lamp }} goes out."}
  - id: last
    prompt: "{{ Lamp }} alone on a table."
    duration: 5s
"""

ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@example.org",
    "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@example.org",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}


def git(folder: Path, *words: str) -> str:
    """What Git says; a test that asks for something it refuses is wrong."""
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **ALONE}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


class Repo:
    """A repository with one storyboard in it."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        root.mkdir(parents=True)
        git(root, "init", "--quiet", *options)

    def start(self, board: str = BOARD) -> Repo:
        """The first commit: `film.yaml` and its pictures."""
        (self.root / "refs").mkdir(exist_ok=True)
        for name in ("gift.png", "lantern.png"):
            shutil.copy(REFS / name, self.root / "refs" / name)
        self.write("film.yaml", board)
        self.commit()
        return self

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())

    def change(self, old: str, new: str, name: str = "film.yaml") -> None:
        text = (self.root / name).read_text("utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        return git(self.root, *words)
