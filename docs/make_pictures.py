"""Makes the pictures of README.md and docs/: frames of films that are built here, from what the pages print.

    python docs/make_pictures.py

The storyboards are the YAML blocks of tutorial.md and examples/storyboards/lighthouse.yaml.  They are built in a
temporary folder, free and offline, and the pictures are written to docs/media/.  Run it after a change of the
animatic's look, look at every picture, and commit them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples" / "storyboards"
MEDIA = ROOT / "docs" / "media"
sys.path.insert(0, str(ROOT))

from r2v_pipeline.media.pyav import decode_frame  # noqa: E402  (the checkout has to be on the path first)

# What the tutorial calls its pictures, and which of ours they are.
REFERENCES = {"ava.png": "nora.png", "ben.png": "finn.png", "lamp.png": "lantern.png"}

# Picture -> number of the tutorial's storyboard, profile, shot, place in its clip (milliseconds or `first`).
TUTORIAL: dict[str, tuple[int, str, str, str | int]] = {
    "tutorial-words.jpg": (0, "", "stairs", 4000),
    "tutorial-reference.jpg": (1, "", "stairs", 4000),
    "tutorial-dialogue.jpg": (1, "", "dawn", 5500),
    "tutorial-chain.jpg": (1, "", "dawn", "first"),
    "tutorial-tall.jpg": (1, "tall", "boat", 2000),
}
# Clip of the lighthouse film and a moment in it; the empty name is the title card, which only the film has.
SHEET = (
    ("", 1000),
    ("dusk", 2000),
    ("lamp_dies", 4200),
    ("lost", 2200),
    ("radio", 1200),
    ("stairs", 1500),
    ("beam", 4200),
    ("dawn", 4400),
)
WIDTH, COLUMNS, GAP, PAPER = 1600, 4, 8, "#0d0f14"
MOST_BYTES = {"contact-sheet.jpg": 400_000}
MOST_OTHERS = 150_000


def main() -> None:
    """All pictures; those of an earlier run that nobody names any more are left for Git to show."""
    MEDIA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="r2v-pictures-") as name:
        for picture, frame in {**tutorial(Path(name)), "contact-sheet.jpg": sheet(Path(name))}.items():
            save(frame, MEDIA / picture)


def tutorial(work: Path) -> dict[str, Image.Image]:
    """The frames of the tutorial's own storyboards, 960 pixels wide, an upright one 640 high."""
    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    boards = re.findall(r"^```yaml\n(r2v: 1\n.*?)^```$", page, re.M | re.S)
    frames = {}
    for picture, (number, profile, shot, at) in TUTORIAL.items():
        project = work / f"tutorial{number}"
        if not project.exists():
            (project / "refs").mkdir(parents=True)
            (project / "storyboard.yaml").write_text(boards[number], "utf-8")
            for ours, theirs in REFERENCES.items():
                shutil.copy(EXAMPLES / "refs" / theirs, project / "refs" / ours)
        output = build(project, "storyboard", profile)
        frame = decode_frame(output / "clips" / f"{shot}.mp4", at)
        frame.thumbnail((960, 640) if frame.width < frame.height else (960, 960), Image.Resampling.LANCZOS)
        frames[picture] = frame
    return frames


def sheet(work: Path) -> Image.Image:
    """The contact sheet of the lighthouse film."""
    project = work / "examples"
    shutil.copytree(EXAMPLES, project, ignore=shutil.ignore_patterns("build", ".r2v"))
    output = build(project, "lighthouse")
    wide = (WIDTH - GAP * (COLUMNS + 1)) // COLUMNS
    high = wide * 9 // 16
    rows = -(-len(SHEET) // COLUMNS)
    made = Image.new("RGB", (WIDTH, rows * (high + GAP) + GAP), PAPER)
    for place, (shot, at) in enumerate(SHEET):
        clip = output / "clips" / f"{shot}.mp4" if shot else output / "film.mp4"
        frame = decode_frame(clip, at).resize((wide, high), Image.Resampling.LANCZOS)
        made.paste(frame, (GAP + place % COLUMNS * (wide + GAP), GAP + place // COLUMNS * (high + GAP)))
    return made


def build(project: Path, storyboard: str, profile: str = "") -> Path:
    """The output folder of a storyboard, built as a user would build it."""
    command = [sys.executable, "-m", "r2v_pipeline", "build", f"{storyboard}.yaml"]
    command += ["--profile", profile] if profile else []
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(project / "cache")}
    subprocess.run(command, cwd=project, env=variables, check=True, stdout=subprocess.DEVNULL)
    return project / "build" / (f"{storyboard}@{profile}" if profile else storyboard)


def save(frame: Image.Image, to: Path) -> None:
    """As a JPEG of the best quality that the page can bear."""
    for quality in (90, 85, 80, 70, 60):
        frame.save(to, quality=quality, optimize=True, progressive=True)
        if to.stat().st_size < MOST_BYTES.get(to.name, MOST_OTHERS):
            break
    print(f"{to.relative_to(ROOT)}: {frame.width}x{frame.height}, {to.stat().st_size // 1000} kB, quality {quality}")


if __name__ == "__main__":
    main()
