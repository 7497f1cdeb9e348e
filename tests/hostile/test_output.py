"""Rows 66 to 73: what comes out."""

from __future__ import annotations

import ast
import html.parser
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ground import _RAW as RAW
from ground import BOARD, HEAD, cast, row, text

import r2v_pipeline
from r2v_pipeline.canonical import digest
from r2v_pipeline.execute import states
from r2v_pipeline.execute.budget import Budget
from r2v_pipeline.execute.records import Change, Intent
from r2v_pipeline.execute.session import hold
from r2v_pipeline.providers.base import OPAQUE, Cost, Terms
from r2v_pipeline.report.safe import safe, safe_cell, safe_json

PACKAGE = Path(r2v_pipeline.__file__).parent

JSON = ["--format", "json"]
CANARY = "canary-7f3a9c51d2e84b60"
KEYS = {
    "DASHSCOPE_API_KEY": f"sk-{CANARY}",
    "AI_GATEWAY_API_KEY": f"vck_{CANARY}\n",
    "WAVESPEED_API_KEY": f"{CANARY}é",
    "BLOB_READ_WRITE_TOKEN": f"vercel_blob_rw_{CANARY}",
    "GITHUB_TOKEN": CANARY,
}
COMMANDS = [
    ["check", "s.yaml"],
    ["check", "s.yaml", "--format", "json"],
    ["check", "s.yaml", "--format", "sarif"],
    ["compile", "s.yaml"],
    ["compile", "s.yaml", "--format", "json"],
    ["plan", "s.yaml"],
    ["plan", "s.yaml", "--provider", "dashscope", "--model", "wan2.6-t2v"],
    ["build", "s.yaml", "--yes"],
    ["status"],
    ["why", "a"],
    ["graph"],
    ["models"],
    ["doctor"],
    ["nonsense"],
    ["check", "nowhere.yaml"],
]


@row(66, 68)
def test_no_key_is_in_any_output_or_file(ground):
    """Keys that no header could carry, too: an exception that quotes one would show it."""
    ground.write("s.yaml", HEAD + "film: {size: 160x90, fps: 5}\nshots:\n  - {id: a, prompt: A lamp., duration: 1s}\n")
    ground.environment = {**ground.environment, **KEYS}
    for command in COMMANDS:
        answer = ground.free(*command)
        assert CANARY not in answer.out, command
        assert 3 != answer.rc, answer.out
    written = [*ground.root.rglob("*"), *ground.cache.rglob("*")]
    assert 8 < len([path for path in written if path.is_file()])
    assert [] == [path for path in written if path.is_file() and CANARY.encode() in path.read_bytes()]


@row(66)
def test_a_bug_report_holds_no_value(ground, monkeypatch, capsys, tmp_path):
    """Neither the environment nor the storyboard: the traceback, the versions, the name of the command."""
    from r2v_pipeline.cli import check, main

    monkeypatch.setenv("DASHSCOPE_API_KEY", f"sk-{CANARY}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def broken(*_arguments):
        local = f"Bearer {CANARY}"
        raise RuntimeError(len(local))

    monkeypatch.setattr(check, "read", broken)
    ground.write("s.yaml", BOARD)
    assert 3 == main.main(["check", "s.yaml", "--var", f"x={CANARY}"])
    (report,) = tmp_path.glob("r2v-bug-*")
    assert CANARY not in report.read_text("utf-8") + "".join(capsys.readouterr())
    report.unlink()


def talking(code: str) -> list[int]:
    """Lines that switch a log on."""
    words = ("basicConfig", "setLevel", "addHandler", "set_debug", "enableAttrs", "debuglevel")
    return [node.lineno for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute) and node.attr in words]


@row(67)
def test_no_library_logs_urls():
    """httpx writes every URL at INFO; nothing here turns that on, and no key is ever part of a URL."""
    assert [2] == talking("import logging\nlogging.basicConfig(level=10)")
    found = {path.name: talking(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    assert {} == {name: lines for name, lines in found.items() if lines}


@row(67)
def test_a_signed_url_is_shown_without_its_signature(ground):
    """On boards and in words; the request that is sent has to have it."""
    url = "https://bucket.example.com/mia.png?X-Signature=abcdef0123456789&Expires=1"
    ground.write("s.yaml", cast(f"mia: {{image: '{url}'}}"))
    for command in (["check", "s.yaml"], ["plan", "s.yaml"], ["graph"]):
        assert "abcdef0123456789" not in ground.run(*command).out, command
    assert (
        url in json.loads(ground.run("compile", "s.yaml", "--format", "json").out)["jobs"][0]["references"][0]["source"]
    )


ESCAPES = [
    "\x1b[2J",
    "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
    "\x9b31m",
    "\r\x1b[A approve? [Y/n] y",
    "\u202e001$",
    "\x07",
    "\x00",
    "\x7f",
]


@row(69)
@pytest.mark.parametrize(
    "name",
    [
        "a\x1b[2J.yaml",
        "a\r\nb.yaml",
        "a\x9b.yaml",
        "a\u202e.yaml",
        "::warning::x.yaml",
        "##[error]x.yaml",
        "a\udcff.yaml",
    ],
)
@pytest.mark.parametrize("content", [BOARD, BOARD + "x: 1\n", None])
def test_names_of_files(ground, name, content):
    """What is right, what is wrong and what is not there; in words, as JSON and as annotations."""
    if content:
        ground.write(name, content)
    for form in ("text", "json", "sarif"):
        assert (0 if content == BOARD else 1) == ground.run("check", "--format", form, "./" + name).rc
    for line in ground.said("check", "--format", "github", "./" + name).out.splitlines():
        assert not line.startswith(("::", "##[")) or line.startswith("::error ")


@row(69)
@pytest.mark.parametrize("escape", ESCAPES)
def test_escapes_in_texts(ground, escape):
    """YAML escapes are the only way in, and are refused; what comes in on the command line is shown with its marks."""
    answer = ground.check(HEAD + f"shots:\n  - {{id: a, prompt: {json.dumps('A ' + escape)}, duration: 5s}}\n")
    assert (0 if escape == "\u202e001$" else 1) == answer.rc
    ground.write("s.yaml", HEAD + "vars: {v: x}\nshots:\n  - {id: a, prompt: 'A {{ v }}.', duration: 5s}\n")
    for command in ("compile", "plan", "check"):
        shown = ground.run(command, "s.yaml", "--var", f"v={escape}").out
        assert escape not in shown


@row(69)
@pytest.mark.parametrize("command", ["\x1b[2J", "check\x1b[31m", "::set-output::", "--\x1b[2J"])
def test_escapes_on_the_command_line(ground, command):
    assert 2 == ground.free(command.replace("\0", "")).rc
    assert not [line for line in ground.free(command).out.splitlines() if line.startswith("::") or "\x1b" in line]


@row(69)
def test_a_name_that_looks_like_an_option(ground):
    """`-evil.yaml`: an option that does not exist, a file after `--` and with a folder before it."""
    ground.write("-evil.yaml", BOARD)
    assert 2 == ground.limited("check", "-evil.yaml").rc
    assert 0 == ground.limited("check", "--", "-evil.yaml").rc
    assert 0 == ground.limited("check", "./-evil.yaml").rc
    assert 0 == ground.limited("check").rc


# What a vendor, or a state folder that came from elsewhere, may have put into the journal.
WILD = "\x1b[2J\x1b]8;;https://evil.example\x07\r\u202e\x9b31m approve? [Y/n] y\n::error::x\n##[error]y"


@pytest.fixture
def wild(ground):
    """A project whose journal holds hostile names and messages, of a request in doubt, a clip and a failure."""
    ground.write("s.yaml", BOARD)
    ground.write("a\x1b[2J.yaml", BOARD)
    cost, terms = Cost(1_000_000, 1_000_000, "USD"), Terms(OPAQUE, "me")
    with hold(ground.root) as session:
        journal = session.journal
        for file in ("s.yaml", "a\x1b[2J.yaml", WILD):
            run = journal.begin(file, f"abc{WILD}", Budget())
            for n, state in enumerate(("submitting", "running", "stored", "failed", "expired")):
                key = digest([file, n])
                whose = (f"a{WILD}", f"a{WILD}", WILD, WILD, terms)
                attempt = journal.intend(Intent(key, *whose, b"{}", cost, run))
                if state == "submitting":
                    journal.note(attempt, WILD, WILD)
                    continue
                attempt = journal.move(attempt, states.RUNNING, Change(handle={"id": f"{WILD}{n}{file}"}))
                change = Change(code=WILD, reason=WILD, billed=True)
                if state == "failed":
                    journal.move(attempt, states.FAILED, change)
                elif state == "expired":
                    journal.move(attempt, states.EXPIRED, change)
                elif state == "stored":
                    attempt = journal.move(attempt, states.READY, Change(cost=cost))
                    temp = session.blobs.temp(".mp4")
                    temp.write_bytes(file.encode())
                    journal.move(attempt, states.STORED, change._replace(blob=session.blobs.put(temp)))
    return ground


NEWER = [
    *([["costs", "--by", by] for by in ("shot", "day", "storyboard", "commit")]),
    ["costs", "--format", "json"],
    *([[*command, *form] for command in (["takes", "a"], ["status", "s.yaml"], ["gc"]) for form in ([], JSON)]),
    ["takes", f"a{WILD}"],
    ["takes", WILD, "-f", "a\x1b[2J.yaml"],
    ["cancel", f"a{WILD}", "-f", "s.yaml"],
    ["cancel", "a", "-f", "a\x1b[2J.yaml"],
    ["resolve", f"a{WILD}", "-f", "s.yaml", "--found", WILD],
    ["resolve", f"a{WILD}", "-f", "s.yaml", "--never-ran"],
    ["resolve", "a", "-f", "a\x1b[2J.yaml", "--resubmit"],
    ["resolve", WILD, "-f", "s.yaml", "--resubmit", "--attempt", "3"],
    ["gc", "--older-than", WILD],
    ["costs", "--since", WILD],
    ["status", "a\x1b[2J.yaml"],
    ["why", f"a{WILD}", "-f", "s.yaml"],
    ["plan", "a\x1b[2J.yaml"],
]


@row(69, 70, 73)
@pytest.mark.parametrize("command", NEWER, ids=lambda words: safe(" ".join(words))[:60])
def test_what_the_journal_tells_is_shown_and_does_nothing(wild, command):
    """Of jobs, providers, codes, reasons and files, in words and as JSON."""
    answer = wild.said(*command)
    assert answer.rc in (0, 1, 2, 5, 7), answer.out
    assert harmless(answer.out), answer.out


@row(69, 73)
def test_a_status_that_is_watched(wild):
    """It stays until it is told to end, and says what changes."""
    words = [sys.executable, "-m", "r2v_pipeline", "status", "a\x1b[2J.yaml", "--watch"]
    watching = subprocess.Popen(
        words, cwd=wild.root, env=wild.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert watching.stdout
    first = watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    rest, _ = watching.communicate(timeout=60)
    assert first
    assert harmless((first + rest).decode()), (first, rest)


def harmless(text: str) -> bool:
    """No control reaches the terminal, and no line is a command to a runner."""
    commands = any(line.startswith(("::", "##[")) for line in text.splitlines())
    return not RAW.search(text) and not commands and "Traceback" not in text


@row(69)
def test_it_is_shown_with_its_marks(wild):
    """Escaped, and not left out: somebody has to see what it says."""
    for words in (["costs", "--by", "shot"], ["takes", f"a{WILD}", "-f", "s.yaml"]):
        assert "\\x1b[2J" in wild.said(*words).out


@row(69)
def test_what_is_not_harmless_is_seen():
    assert harmless("a\nb \\x1b ::error::")
    assert not any(map(harmless, ("\x1b[2J", "a\n::error::x", "##[error]", "\u202e", "a\rb", "Traceback (most")))


@row(70)
def test_one_event_is_one_line(ground):
    """Of JSON, whatever its texts hold."""
    film = "film: {size: 160x90, fps: 5}\n"
    ground.write(
        "s.yaml", HEAD + film + 'shots:\n  - {id: a, prompt: "A lamp.\\n{\\"event\\": \\"done\\"}\\n", duration: 1s}\n'
    )
    assert 0 == ground.free("build", "s.yaml", "--yes", "--events", "events.jsonl").rc
    lines = (ground.root / "events.jsonl").read_text("utf-8").split("\n")
    assert "" == lines.pop()
    assert len(lines) == len([json.loads(line) for line in lines if line.startswith("{")])
    assert 3 <= len(lines)


SCRIPTS = [
    "<script>alert(1)</script>",
    '" onerror="x',
    "</title><img src=x onerror=y>",
    "[x](javascript:z)",
    "<svg/onload=q>",
    "&lt;script&gt;",
    "`</code><b>`",
    "![x](https://evil.example/y.png)",
]


class Tags(html.parser.HTMLParser):
    """Every tag of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.met: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.met += [tag, *(name for name, _ in attrs)]


@row(71, 72)
@pytest.mark.parametrize("script", SCRIPTS)
def test_markup_in_tables(script):
    """There is no HTML report yet; Markdown, which becomes HTML, shows foreign text as code."""
    cell = safe_cell(script)
    longest = max(map(len, re.findall("`+", script)), default=0)
    fence = "`" * (longest + 1)
    assert cell.startswith(fence)
    assert cell.endswith(fence)
    assert "|" not in cell.replace("\\|", "")


@row(71)
@pytest.mark.parametrize("script", SCRIPTS)
def test_markup_in_a_plan(ground, script):
    ground.write(
        "s.yaml", cast(f"mia: {{look: {json.dumps(script)}}}").replace("title: T", f"title: {json.dumps(script)}")
    )
    shown = ground.run("plan", "s.yaml", "--format", "markdown").out
    outside = re.sub(r"(`+).*?\1", "", shown)
    tags = Tags()
    tags.feed(outside)
    assert not {"script", "img", "svg", "b", "onerror", "onload"} & set(tags.met)


@row(71)
def test_templates_escape_nothing_because_prompts_are_no_pages(ground):
    """A prompt with `<` and `&` reaches the model as it is written."""
    ground.write("s.yaml", text("A sign: {{ '<b> & \"x\"' | trim }}"))
    assert 'A sign: <b> & "x"' == json.loads(ground.run("compile", "s.yaml", "--format", "json").out)["jobs"][0][
        "prompt"
    ].rstrip(".")


@row(72)
@pytest.mark.parametrize(
    "value", ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", "a|b", "a\\|b", "a\nb", "a`b", "#1", "@team"]
)
def test_cells(value):
    cell = safe_cell(value)
    assert "\n" not in cell
    assert not re.search(r"(?<!\\)\|", cell)


@row(72)
@pytest.mark.parametrize("value", ["\u2028", "\x7f", "</script>", "\ud800", "\U000e0041", "\u200b", '"', "\\"])
def test_json_reads_back(value):
    assert {"a": value} == json.loads(safe_json({"a": value}))


COMMAND_LINES = [
    "::set-output name=x::y",
    "::add-mask::x",
    "::error::x",
    "  ::warning::x",
    "##[error]x",
    "##vso[task.setvariable variable=x]y",
    "a\n::set-output name=x::y",
    "a\r::error::x",
]


@row(73)
@pytest.mark.parametrize("line", COMMAND_LINES)
def test_commands_of_a_runner_in_texts(ground, line):
    """In whatever form the answer is, no line of it that the text made begins a command."""
    ground.write("s.yaml", text(line + " {{ nobody }}") + f"{json.dumps(line)}: 1\n")
    assert 1 == ground.run("check", "s.yaml").rc
    github = ground.said("check", "s.yaml", "--format", "github").out
    commands = [entry for entry in github.splitlines() if entry.startswith(("::", "##["))]
    assert all(entry.startswith(("::error file=", "::warning file=", "::error title=")) for entry in commands)


@row(73)
@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_safe_line_begins_no_command(line):
    assert not re.match(r"\s*::", safe(line))
    assert "##[" not in safe(line)
    assert "##vso[" not in safe(line)
