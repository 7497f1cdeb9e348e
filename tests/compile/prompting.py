"""Storyboards for the tests of compile/, from YAML text to written shots."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from r2v_pipeline.compile.written import Expanded, expand_storyboard
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.build import resolve
from r2v_pipeline.source.document import load
from r2v_pipeline.source.files import Disk

CAST = """
cast:
  mia: {image: refs/mia.png, look: red sweater}
  leo: {name: Leo, video: refs/leo.mp4}
  gift: {kind: object, image: refs/gift.png}
  dog: {kind: animal, look: a small brown dog}
"""


def project(folder: Path, text: str, head: str = CAST) -> Disk:
    """A project whose storyboard is `text` under the usual head and cast."""
    (folder / "refs").mkdir(exist_ok=True)
    for name in ("mia.png", "leo.mp4", "gift.png"):  # as far as their first bytes tell, they are what their names say
        magic = b"\x89PNG\r\n\x1a\n" if name.endswith(".png") else b"\0\0\0\x18ftypmp42"
        (folder / "refs" / name).write_bytes(magic + name.encode())
    body = dedent(text)
    (folder / "s.yaml").write_text(f"r2v: 1\ntitle: Test\n{dedent(head)}\n{body}", encoding="utf-8")
    return Disk(str(folder))


def expanded(folder: Path, text: str, head: str = CAST) -> tuple[Expanded, tuple[Diagnostic, ...]]:
    """The storyboard with its prompts written."""
    disk = project(folder, text, head)
    document, found = load(disk, "s.yaml")
    assert document is not None, found
    storyboard, problems = resolve(document, disk)
    assert storyboard is not None, problems
    made, more = expand_storyboard(storyboard, disk)
    return made, (*found, *problems, *more)


def prompt(
    folder: Path, segments: str, *, model: str = "wan2.6-r2v-flash", language: str = "en", shot: str = ""
) -> str:
    """The prompt of a single shot with these segments (YAML, one a line)."""
    lines = "\n".join(f"      - {line}" for line in dedent(segments).strip().splitlines())
    more = "\n".join(f"    {line}" for line in dedent(shot).strip().splitlines())
    render = f"render: {{model: {model}}}" if model else "tags: [plain]"
    text = f"language: {language}\nshots:\n  - id: s01\n    {render}\n{more}\n    segments:\n{lines}\n"
    made, found = expanded(folder, text)
    # What a model's limits have against these small shots is the catalog's affair; their prompts are written.
    assert not [d for d in found if d.severity == "error" and not d.code.startswith("R2V5")], found
    written = made.shots[0].jobs[0][1]
    assert written is not None
    return written.text
