"""Rows 74 to 80: what a pull request of a stranger may bring along."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ground import BOARD, HEAD, PNG, SHOT, row, text

import r2v_pipeline
from r2v_pipeline.cli.stages.front import Options, read
from r2v_pipeline.model.schema_file import schema
from r2v_pipeline.source.files import Disk

PACKAGE = Path(r2v_pipeline.__file__).parent
CHECKOUT = PACKAGE.parent


@row(74)
def test_only_named_files_are_read(ground):
    """Every file of the project that is opened for a storyboard is one that it names."""
    ground.write("secrets.txt", "x")
    ground.write("other.yaml", BOARD)
    ground.write("refs/a.png", PNG)
    ground.write("more.yaml", "vars: {x: 1}\n")
    ground.write("templates/t.j2", "{{ shot.prompt }}")
    head = HEAD + "include: more.yaml\ncast: {mia: {image: refs/a.png}}\n"
    ground.write("s.yaml", head + "shots:\n  - {id: a, prompt: '{{ mia }}', duration: 5s, template: t.j2}\n")
    opened = []
    disk = Disk(str(ground.root))
    disk.open = lambda path: opened.append(path) or Disk.open(disk, path)
    assert () == read("s.yaml", Options(), disk=disk).diagnostics
    assert {"s.yaml", "more.yaml", "refs/a.png", "templates/t.j2"} == set(opened)


@row(74)
@pytest.mark.parametrize(
    "template",
    [
        "{% include '../secrets.txt' %}",
        "{% include 'secrets.txt' %}",
        "{% import '../s.yaml' as x %}",
        "{{ shot.secrets }}",
    ],
)
def test_a_template_reads_no_other_file(ground, template):
    ground.write("secrets.txt", "the secret")
    ground.write("templates/t.j2", template)
    answer = ground.check(HEAD + "shots:\n  - {id: a, prompt: b, duration: 5s, template: t.j2}\n")
    assert 1 == answer.rc
    assert "the secret" not in answer.out


@row(75)
def test_what_many_shots_cost_is_said_before(ground):
    """In money, by the catalog, without a key; the storyboard has no say in what may be spent (row 30)."""
    lines = "".join(f"  - {{id: s{n}, prompt: Lamp {n}., duration: 5s}}\n" for n in range(500))
    ground.write(
        "s.yaml",
        HEAD + "defaults: {render: {provider: dashscope, model: wan2.6-t2v, resolution: 720p}}\nshots:\n" + lines,
    )
    answer = ground.run("plan", "s.yaml", "--format", "json")
    plan = json.loads(answer.out)
    assert {f"s{n}" for n in range(500)} <= {action["shot"] for action in plan["actions"] if action["verb"] == "render"}
    assert 100 < plan["totals"]["cost"]["high"]


WORKFLOWS = [".github/workflows", "examples", "docs", "r2v_pipeline"]


def pwned(text: str) -> list[str]:
    """What lets a pull request run with secrets.

    A run that follows the one of a pull request has rights; it may have them as long as it takes no code from there
    and no secret but GitHub's own (tests/examples/test_github.py holds the rest of it).
    """
    found = re.findall(r"pull_request_target", text)
    takes_code = re.search(r"actions/checkout|^[ -]*run:|secrets\.|download-artifact@v", text, re.MULTILINE)
    return [*found, "workflow_run"] if "workflow_run" in text and takes_code else found


@row(76)
def test_no_workflow_that_is_shipped_or_shown_gives_secrets_to_a_pull_request():
    assert ["pull_request_target"] == pwned("on: pull_request_target")
    assert ["workflow_run"] == pwned("on: {workflow_run: {}}\njobs: {a: {steps: [\n  - uses: actions/checkout@v4\n]}}")
    assert ["workflow_run"] == pwned("on: {workflow_run: {}}\njobs: {a: {steps: [\n  - run: make\n]}}")
    files = [p for folder in WORKFLOWS for p in (CHECKOUT / folder).rglob("*") if p.suffix in (".yml", ".yaml", ".md")]
    assert 5 < len(files)
    assert {} == {str(p): found for p in files if (found := pwned(p.read_text("utf-8")))}


@row(76)
@pytest.mark.parametrize(
    "command",
    [
        ["check", "s.yaml"],
        ["compile", "s.yaml"],
        ["plan", "s.yaml", "--provider", "dashscope", "--model", "wan2.6-t2v"],
    ],
)
def test_a_review_needs_neither_network_nor_keys(ground, command):
    """The tests' network guard is in the process; no key is set."""
    ground.write("s.yaml", BOARD)
    assert 0 == ground.free(*command).rc


INTRUDERS = (
    "yaml",
    "jinja2",
    "json",
    "re",
    "jsonschema",
    "r2v_pipeline",
    "sitecustomize",
    "usercustomize",
    "conftest",
    "encodings",
    "marshal",
    "select",
)


@row(77)
def test_modules_in_the_project_are_not_imported(ground, tmp_path):
    """As the installed command starts: a script elsewhere.  The process that renders templates looks here neither."""
    marker = ground.root.parent / "imported"
    for name in INTRUDERS:
        ground.write(f"{name}.py", f"open({str(marker)!r}, 'a').write({name!r})\n")
        ground.write(f"templates/{name}.py", f"open({str(marker)!r}, 'a').write({name!r})\n")
    board = text("{% if 1 %}A lamp.{% endif %}").replace("5s", "1s")
    ground.write("s.yaml", board + "film: {size: 160x90, fps: 5}\n")
    script = tmp_path / "bin" / "r2v"
    script.parent.mkdir()
    script.write_text("import sys\nfrom r2v_pipeline.cli.main import main\nsys.exit(main())\n")
    for command in (["check", "s.yaml"], ["compile", "s.yaml"], ["build", "s.yaml", "--yes"]):
        subprocess.run(
            [sys.executable, str(script), *command],
            cwd=ground.root,
            env=ground.environment,
            check=True,
            capture_output=True,
            timeout=60,
        )
    assert not marker.exists()


@row(77)
def test_the_process_that_renders_imports_nothing_from_here(ground):
    """Also where r2v was started as `python -m`, which has the current folder on its path."""
    marker = ground.root.parent / "imported"
    ground.write("jinja2.py", f"open({str(marker)!r}, 'a').write('x')\n")
    ground.write("s.yaml", text("{% if 1 %}A lamp.{% endif %}"))
    assert 0 == ground.free("check", "s.yaml").rc
    assert not marker.exists()


@row(77)
@pytest.mark.parametrize(
    "name", ["r2v.toml", "pyproject.toml", ".r2vrc", "r2v.yaml", "setup.cfg", ".env", "r2v.ini", "plugins/evil.py"]
)
def test_no_file_of_the_project_configures_r2v(ground, name):
    ground.write("s.yaml", BOARD)
    before = ground.run("compile", "s.yaml", "--format", "json"), ground.run("plan", "s.yaml", "--format", "json")
    ground.write(name, "[tool.r2v]\nprovider = 'dashscope'\nbase_url = 'https://evil.example'\nDASHSCOPE_API_KEY=x\n")
    assert before == (
        ground.run("compile", "s.yaml", "--format", "json"),
        ground.run("plan", "s.yaml", "--format", "json"),
    )


@row(78)
@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(4096), b"not a database", bytes(1 << 16)])
def test_state_from_elsewhere_is_no_reason_to_crash(ground, content):
    """A journal that a pull request brings: said to be damaged, or not looked at; never a traceback, nothing reused."""
    ground.write("s.yaml", HEAD + "film: {size: 160x90, fps: 5}\nshots:\n  - {id: a, prompt: A lamp., duration: 1s}\n")
    ground.write(".r2v/state.db", content)
    assert 0 == ground.check().rc
    for command in (["plan", "s.yaml"], ["build", "s.yaml", "--yes"]):
        answer = ground.free(*command)
        assert answer.rc in (0, 7), answer.out
        assert "Traceback" not in answer.out


@row(78)
def test_a_blob_from_elsewhere_is_not_believed(ground):
    """A clip in the store has the digest of its bytes for a name; another under it is noticed."""
    ground.write("s.yaml", HEAD + "film: {size: 160x90, fps: 5}\nshots:\n  - {id: a, prompt: A lamp., duration: 1s}\n")
    assert 0 == ground.free("build", "s.yaml", "--yes").rc
    (blob,) = [p for p in (ground.root / ".r2v/cas").rglob("*") if p.is_file()]
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes() + b"evil")
    answer = ground.free("build", "s.yaml", "--yes")
    assert 0 != answer.rc or b"evil" not in (ground.root / "build/s/clips/a.mp4").read_bytes()[-4:]


@row(79)
@pytest.mark.parametrize("place", ["image", "clip", "music"])
def test_a_pointer_of_git_lfs(ground, place):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
    ground.write("refs/x.png", pointer)
    board = {
        "image": HEAD + "cast: {mia: {image: refs/x.png}}\nshots:\n  - {id: a, prompt: '{{ mia }}', duration: 5s}\n",
        "clip": HEAD + "shots:\n  - {id: a, clip: refs/x.png, duration: 5s}\n",
        "music": BOARD + "film: {music: {file: refs/x.png}}\n",
    }[place]
    answer = ground.refused(board, "R2V203")
    assert "is a Git LFS pointer and not the file: run 'git lfs pull'" in answer.out


@row(79)
def test_an_empty_submodule(ground):
    (ground.root / "refs").mkdir()
    ground.refused(
        HEAD + "cast: {mia: {image: refs/x.png}}\nshots:\n  - {id: a, prompt: '{{ mia }}', duration: 5s}\n", "R2V203"
    )


@row(79)
def test_a_large_tree_is_not_walked_for_one_file(ground):
    """Thousands of files beside the storyboard: what is named is read, and no folder is listed."""
    for number in range(3000):
        (ground.root / f"{number}.txt").touch()
    ground.write("s.yaml", BOARD)
    disk = Disk(str(ground.root))
    assert () == read("s.yaml", Options(), disk=disk).diagnostics
    assert {"s.yaml", ".git", ".r2v"} >= {os.path.basename(path) for path in disk.looked}


def parts(node):
    """Every schema inside a schema."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from parts(value)


@row(80)
def test_the_schema_refers_to_itself_alone():
    references = [part["$ref"] for part in parts(schema()) if isinstance(part.get("$ref"), str)]
    assert 50 < len(references)
    assert [] == [reference for reference in references if not reference.startswith("#/definitions/")]


def patterns():
    """Every pattern of the schema, those of keys included."""
    found = set()
    for part in parts(schema()):
        if isinstance(part.get("pattern"), str):
            found.add(part["pattern"])
        if isinstance(part.get("patternProperties"), dict):
            found |= set(part["patternProperties"])
    return sorted(found)


@row(80)
def test_patterns_are_anchored():
    assert 10 < len(patterns())
    assert ["^x-"] == [pattern for pattern in patterns() if not re.fullmatch(r"\^.*\$(\(\?!\\n\))?", pattern)]


@row(80)
@pytest.mark.parametrize("pattern", patterns())
def test_patterns_take_no_time(pattern):
    """For texts of a megabyte, made to be nearly right, from what the pattern itself speaks of."""
    pieces = [
        "a",
        "0",
        "0:",
        "1s-",
        " ",
        "x-",
        "https://",
        "a/",
        "1.",
        "-",
        "+",
        "A",
        "\n",
        "0:0",
        "..",
        "a.",
        "1" * 6 + ".",
        "/",
        "a_",
        "9dB ",
    ]
    compiled = re.compile(pattern)
    begun = time.perf_counter()
    for piece in pieces:
        compiled.search(piece * ((1 << 20) // len(piece)) + "\0")
    assert time.perf_counter() - begun < 2


@row(80)
def test_a_schema_in_the_project_is_not_asked(ground):
    """Nor one that the storyboard names for editors."""
    ground.write("schemas/storyboard-1.schema.json", "{}")
    ground.write("storyboard-1.schema.json", '{"$ref": "https://evil.example/x"}')
    comment = "# yaml-language-server: $schema=https://evil.example/schema.json\n"
    ground.refused(comment + HEAD + "$schema: https://evil.example/x\n" + SHOT, "R2V104")
    ground.accepted(comment + BOARD)
    assert os.path.exists("storyboard-1.schema.json")
