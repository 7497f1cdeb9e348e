"""Writes docs/review.md: `python docs/make_review.py`.

The page's frame is docs/review.in.  The repository that it speaks of is made here, in a temporary folder and with fixed
names and dates, and every output on the page is what r2v and Git print there.  A test compares.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FRAME = ROOT / "docs" / "review.in"
PAGE = ROOT / "docs" / "review.md"
REFS = ROOT / "examples" / "storyboards" / "refs"

FILM = """\
# film.yaml
r2v: 1
title: The lamp
expect: {mentions: film grain, max_cost: 3 USD}
vars: {season: winter}
cast:
  gift: {kind: object, image: refs/gift.png}
  lamp: {kind: object, image: refs/lantern.png}
defaults:
  render: {provider: dashscope, model: wan2.6-r2v, resolution: 720p}
  style: Soft film grain.
shots:
  - id: snow
    segments:
      - {for: 5s, action: "{{ Gift }} lies in {{ season }} snow at dawn, wind in the cables."}
  - id: second
    prompt: "{{ Gift }} under a bench, half covered with leaves."
    duration: 5s
  - id: light
    segments:
      - {for: 3s, action: "{{ Lamp }} lights up beside {{ gift }}."}
      - {for: 2s, action: "Its flame bends in the wind."}
  - id: rain
    prompt: "Rain falls on {{ gift }} and on the snow around it."
    duration: 5s
  - id: end
    prompt: "{{ Gift }} is open and empty."
    duration: 5s
    template: close.j2
"""
TEMPLATE = "Close-up: {{ shot.prompt }} Soft light from one side. {{ shot.style }}\n"

ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "Ana" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ana@example.org" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": "2026-01-02T03:04:05Z" for who in ("AUTHOR", "COMMITTER")},
}


class Repository:
    """The repository of the page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, codes: tuple[int, ...] = (0,)) -> str:
        """What a command prints, as one sees it on a terminal without colours."""
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
        environ = {**os.environ, **ALONE, "NO_COLOR": "1", "COLUMNS": "100", "PYTHONPATH": paths}
        command = [sys.executable, "-m", "r2v_pipeline", *words[1:]] if words[0] == "r2v" else list(words)
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, check=False)
        said = (done.stdout + done.stderr).decode("utf-8")
        if done.returncode not in codes:
            raise SystemExit(f"{' '.join(words)}: exit {done.returncode}\n{said}")
        return said.rstrip("\n")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text, old
        self.write(name, text.replace(old, new))

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)


def outputs(folder: Path) -> dict[str, str]:
    """Every part of the page that is printed, by the name that the frame calls it by."""
    made = Repository(folder)
    made.run("git", "-c", "init.defaultBranch=main", "init", "--quiet")
    (folder / "refs").mkdir()
    for name in ("gift.png", "lantern.png"):
        shutil.copy(REFS / name, folder / "refs" / name)
    made.write("film.yaml", FILM)
    made.write("templates/close.j2", TEMPLATE)
    made.commit("The lamp")
    found = {
        "film": FILM.rstrip("\n"),
        "template": TEMPLATE.rstrip("\n"),
        "check": made.run("r2v", "check", "film.yaml"),
    }
    made.run("git", "switch", "--quiet", "--create", "dusk")
    made.change("film.yaml", "at dawn", "at dusk")
    made.change("film.yaml", "id: second", "id: bench")
    shutil.copy(REFS / "boat.png", folder / "refs" / "lantern.png")
    made.change("templates/close.j2", "Soft light", "Hard light")
    made.commit("At dusk")
    found["stat"] = made.run("git", "diff", "--stat", "main...dusk")
    found["text"] = made.run("r2v", "diff", "film.yaml", "main...dusk")
    found["markdown"] = made.run("r2v", "diff", "film.yaml", "main...dusk", "--format", "markdown")
    made.change("film.yaml", "Soft film grain.", "Soft colours.")
    made.commit("Colours")
    found["broken"] = made.run("r2v", "check", "film.yaml", codes=(1,))
    found["broken_diff"] = made.run("r2v", "diff", "film.yaml", "main...dusk", codes=(1,))
    made.change("film.yaml", "Soft colours.", "Soft film grain.")
    made.commit("Grain again")
    made.run("git", "switch", "--quiet", "main")
    made.run("git", "merge", "--quiet", "--no-ff", "--no-edit", "dusk")
    found["merged"] = made.run("r2v", "diff", "film.yaml", "HEAD^1..HEAD").splitlines()[0]
    return found


def page() -> str:
    """The text of docs/review.md as r2v prints it today."""
    with tempfile.TemporaryDirectory() as folder:
        parts = outputs(Path(os.path.realpath(folder)))
    head = "<!-- written by docs/make_review.py out of docs/review.in: change those -->\n"
    return head + re.sub(r"^<<(\w+)>>$", lambda found: parts[found[1]], FRAME.read_text("utf-8"), flags=re.MULTILINE)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
