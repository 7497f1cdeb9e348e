"""`r2v init [DIR]`: a project that builds at once, offline."""

from __future__ import annotations

import argparse
import os
import shlex
import sys

from r2v_pipeline.errors import DiskTrouble, UsageError
from r2v_pipeline.model.schema_file import schema_text

STORYBOARD = "storyboard.yaml"
SCHEMA = "storyboard-1.schema.json"

_TEXT = """\
# yaml-language-server: $schema={schema}
r2v: 1
title: {title}

# Who and what appears.  Give a member a picture or a clip with image: or video:, as
#   ava: {{kind: person, image: refs/ava.png}}
# and the model is shown it; without one it is spoken of by its words.
cast:
  ava: {{kind: person, name: Ava, look: "a lighthouse keeper in a yellow raincoat"}}
  lamp: {{kind: object, look: "a great brass lamp"}}

defaults:
  render: {{resolution: 720p, ratio: "16:9"}}
  style: Cinematic, soft evening light

shots:
  - id: stairs
    segments:
      - for: 2s
        camera: {{size: wide shot, move: slow push in}}
        action: "{{{{ Ava }}}} climbs the last stairs of the lighthouse."
      - for: 3s
        camera: {{size: close-up, move: pan right}}
        action: "{{{{ Ava }}}} lays a hand on {{{{ lamp }}}}"
        say: {{ava: There you are.}}

  - id: light
    segments:
      - for: 4s
        camera: {{size: wide shot, move: pull back}}
        action: "{{{{ Lamp }}}} lights up and sends its beam over the sea."
        sound: waves, a low hum

film:
  subtitles: {{files: [srt, vtt], soft: true}}
"""

_IGNORE = ".r2v/\nbuild/\n"


def run(arguments: list[str]) -> int:
    """Writes a storyboard, its schema for the editor and a .gitignore; never over an existing file."""
    parser = argparse.ArgumentParser("r2v init", description="Start a project that builds at once, offline.")
    parser.add_argument("dir", nargs="?", default=".", metavar="DIR")
    folder = parser.parse_args(arguments).dir
    target = os.path.join(folder, STORYBOARD)
    if os.path.lexists(target):
        raise UsageError(f"{target} exists already", "choose another folder: r2v init DIR")
    title = os.path.basename(os.path.abspath(folder)).replace("_", " ").replace("-", " ").strip() or "My film"
    try:
        os.makedirs(folder, exist_ok=True)
        _write(target, _TEXT.format(schema=SCHEMA, title=_quoted(title.capitalize())))
        _write(os.path.join(folder, SCHEMA), schema_text())
        _write(os.path.join(folder, ".gitignore"), _IGNORE)
    except OSError as why:
        raise DiskTrouble(f"{folder} cannot be written: {why.strerror}") from None
    where = "" if folder == "." else f"cd {shlex.quote(folder)} && "
    sys.stdout.write(f"wrote {target}\nnow run: {where}r2v build {STORYBOARD}\n")
    return 0


def _write(path: str, text: str) -> None:
    if not os.path.lexists(path):
        with open(path, "x", encoding="utf-8") as out:
            out.write(text)


def _quoted(text: str) -> str:
    """As a YAML text that can be nothing else."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
