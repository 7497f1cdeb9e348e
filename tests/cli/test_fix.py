"""`check --fix`: what has one right answer is mended, everything else stays, and no file is ever half written."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r2v_pipeline.cli.checking import mending
from r2v_pipeline.cli.stages.front import Options, read
from r2v_pipeline.errors import DiskTrouble, EnvironmentTrouble
from r2v_pipeline.model.habits import HABITS, names_for

HEAD = "r2v: 1\ntitle: Test\n"
TESTS = Path(__file__).parents[1]
EXAMPLES, SAMPLES = TESTS.parent / "examples" / "storyboards", TESTS / "model" / "samples"
FILES = [path for path in (*EXAMPLES.glob("*.yaml"), *SAMPLES.glob("*.yaml")) if ".lock." not in path.name]
BOARDS = [path.read_text("utf-8") for path in sorted(FILES)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty project, which is where we are."""
    (tmp_path / "p" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "p")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path / "p"


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A project with every file that the sample storyboards name; one for all examples of a property."""
    import shutil

    folder = tmp_path_factory.mktemp("fix") / "p"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("build", ".r2v"))
    shutil.copy(SAMPLES / "included.yaml", folder)
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


def fix(*files: str, diff: bool = False) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = mending.run(list(files), Options(), diff=diff)
    return code, out.getvalue(), err.getvalue()


def mended(path: Path, text: str) -> str:
    """What becomes of a storyboard that lies at a path of the folder where we are."""
    path.write_bytes(text.encode())
    fix(path.name)
    return path.read_bytes().decode()


def shot(body: str) -> str:
    return f"{HEAD}shots:\n- {{id: a, {body}}}\n"


# What is mended

RIGHT = """\
# A film about a boat.
r2v: 1   # the version
title: "A boat"

cast:
  mia: {{{look}: "a pilot, 50", {image}: 'https://example.com/a.png', {kind}: person}}

defaults:
  {negative}: [[neg]]
  render: &look
    {ratio}: "16:9"    # wide
    {audio}: true
    {prompt_extend}: false
profiles:
  final:
    render:
      <<: *look
      resolution: 1080p

{shots}:
  - id: open
    segments:
      - {for_}: 2s
        {action}: >-
          A boat: it drifts.
      - {{"{for2}": 3s, '{action2}': "A ship.", {say}: [{{{by}: mia, {line}: "Hi, for: all", {tone}: tired}}]}}
  - id: close
    prompt: |
      {{{{ Mia }}}} waves; aspect_ratio: 4
    {duration}: 4

film: {{{fps}: 24, {music}: {{file: a.mp3, fade_in: 1s}}}}
""".replace("[[neg]]", "blurry, dark")

KEYS = {
    "look": ("look", ("voice", "look")),
    "image": ("image", ("image", "video")),
    "kind": ("kind", ("voice", "kind")),
    "negative": ("negative", ("negative", "render")),
    "ratio": ("ratio", ("resolution", "ratio")),
    "audio": ("audio", ("resolution", "audio")),
    "prompt_extend": ("prompt_extend", ("resolution", "prompt_extend")),
    "shots": ("shots", ("vars", "shots")),
    "for_": ("for", ("for", "at")),
    "for2": ("for", ("for", "at")),
    "action": ("action", ("action", "for")),
    "action2": ("action", ("action", "for")),
    "say": ("say", ("action", "say")),
    "by": ("by", ("line", "by")),
    "line": ("line", ("line", "by")),
    "tone": ("tone", ("line", "tone")),
    "duration": ("duration", ("segments", "duration")),
    "fps": ("fps", ("loudness", "fps")),
    "music": ("music", ("loudness", "music")),
}


def camel(word: str) -> str:
    first, *rest = word.split("_")
    return first + "".join(part.title() for part in rest)


def spellings(key: str, keys: tuple[str, ...]) -> list[str]:
    others = [name for name, meant in names_for(keys).items() if meant == key]
    return [key, key.title(), *others, *map(camel, others)]


RIGHT_KEYS = {place: key for place, (key, _) in KEYS.items()}


@given(st.fixed_dictionaries({place: st.sampled_from(spellings(*known)) for place, known in KEYS.items()}))
def test_names_of_other_tools_are_undone_to_the_byte(studio, names) -> None:
    """Comments, quotes, layout, anchors and the same words inside texts stay as the author wrote them."""
    assert RIGHT.format(**RIGHT_KEYS) == mended(studio / "names.yaml", RIGHT.format(**names))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("r2v: '1'\ntitle: x\n", "r2v: 1\ntitle: x\n"),
        ("r2v: 1\ntitle: 1984 # Orwell\n", 'r2v: 1\ntitle: "1984" # Orwell\n'),
        ("r2v: 1\ntitel: x\n", "r2v: 1\ntitle: x\n"),
        (HEAD + "defaults: {render: {resolution: 720P}}\n", HEAD + "defaults: {render: {resolution: 720p}}\n"),
        (HEAD + "defaults: {render: {resolution: 720}}\n", HEAD + "defaults: {render: {resolution: 720p}}\n"),
        (HEAD + "defaults: {render: {ratio: 9x16}}\n", HEAD + 'defaults: {render: {ratio: "9:16"}}\n'),
        (HEAD + 'defaults: {render: {ratio: "16x9"}}\n', HEAD + 'defaults: {render: {ratio: "16:9"}}\n'),
        (HEAD + "defaults: {render: {ratio: '16/9'}}\n", HEAD + "defaults: {render: {ratio: '16:9'}}\n"),
        (HEAD + "defaults: {render: {audio: 'yes'}}\n", HEAD + "defaults: {render: {audio: true}}\n"),
        (HEAD + "defaults: {render: {seed: '42'}}\n", HEAD + "defaults: {render: {seed: 42}}\n"),
        (HEAD + "defaults: {transition: Disolve}\n", HEAD + "defaults: {transition: dissolve}\n"),
        (HEAD + "defaults: {audio: {gain: -6}}\n", HEAD + "defaults: {audio: {gain: -6dB}}\n"),
        (HEAD + "film: {loudness: -16, size: 1920×1080}\n", HEAD + "film: {loudness: -16 LUFS, size: 1920x1080}\n"),
        (HEAD + "expect: {max_cost: 12usd, scenes: 3}\n", HEAD + "expect: {max_cost: 12 USD, shots: 3}\n"),
        (HEAD + "tags: [1]\n", HEAD + "tags: [1]\n"),
        (shot("prompt: x, duration: 2 seconds, tags: [1]"), shot('prompt: x, duration: 2s, tags: ["1"]')),
        (shot("prompt: x, seconds: 500ms"), shot("prompt: x, duration: 0.5s")),
        (shot("prompt: x, for: 2s"), shot("prompt: x, duration: 2s")),
        (shot("segments: [{time: 0 - 2s}]"), shot("segments: [{at: 0-2s}]")),
        (
            shot("segments: [{for: 2s, say: {speaker: mia, text: Hi}}]"),
            shot("segments: [{for: 2s, say: {by: mia, line: Hi}}]"),
        ),
        (
            f"{HEAD}scenes: [{{id: a, beats: [{{duration: 2s, sfx: wind}}]}}]\n",
            f"{HEAD}shots: [{{id: a, segments: [{{for: 2s, sound: wind}}]}}]\n",
        ),
    ],
)
def test_what_has_one_right_answer(here, before, after) -> None:
    assert after == mended(here / "s.yaml", before)
    assert after == mended(here / "s.yaml", after)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}defaults: {{render: {{ratio: '16:9', aspect_ratio: '9:16'}}}}\n",  # which of the two?
        f"{HEAD}cast: {{mia: {{image_url: a.png, photo: b.png}}}}\n",
        f"{HEAD}cast: {{mia: {{image_url: a.png, video_url: b.mp4}}}}\n",  # each alone, but not both
        f"{HEAD}cast: {{mia: {{image_urls: [a.png, b.png]}}}}\n",
        f"{HEAD}cast: {{mia: {{image: 'http://x.org/a.png'}}}}\n",
        f"{HEAD}cast: {{Mia: {{name: x}}}}\n",  # texts may speak of it by either name
        f"{HEAD}aspect_ratio: '16:9'\n",  # under defaults, or for one shot?
        f"{HEAD}notes: [a]\n",
        shot('prompt: "", duration: 2s'),
        f"{HEAD}expect: {{max_cost: $12}}\n",  # of which country?
        f"{HEAD}film: {{title: x}}\n",
        f'{HEAD}defaults: {{render: {{"aspect\\x5fratio": "16:9"}}}}\n',
        f"{HEAD}defaults: {{render: {{resolution: 740p}}}}\n",
        f"{HEAD}defaults: {{audio: {{gain: 50}}}}\n",
        f"{HEAD}defaults: {{negative_prompt: }}\n",
        f"{HEAD}defaults: {{aspect: {{resolution: 720p}}}}\n",
        shot("segments: [{for: 2s}], length: 2s"),
        shot("segments: [{at: 0-2s}, {duration: 2s}]"),
        shot("segments: [{for: 2s}, {time: 2-3s}]"),
        shot("segments: [{duration: 2s, at: 0-2s}]"),
        shot("segments: [{for: 2s, text: Hi}]"),
        shot("segments: [{for: 2s, dialogue: Hello}]"),
        shot("prompt: x, duration: &d 500ms, title_card: {text: x, for: *d}"),
        "r2v: '2'\ntitle: x\n",
        "r2v: 1\ntitle: [x\n",
        "",
        "\x00",
    ],
)
def test_what_has_none_is_left(here, text) -> None:
    assert text == mended(here / "s.yaml", text)
    assert not any(d.edits for d in read("s.yaml", Options()).diagnostics)


def test_an_anchor_is_mended_where_every_reader_agrees(here) -> None:
    text = (
        f"{HEAD}x-base: &b {{aspect_ratio: 9x16}}\ndefaults: {{render: *b}}\nprofiles: {{p: {{render: {{<<: *b}}}}}}\n"
    )
    assert text.replace("aspect_ratio: 9x16", 'ratio: "9:16"') == mended(here / "s.yaml", text)


BEAT = shot("segments: [&b {duration: 2s}]")


@pytest.mark.parametrize("reader", ["defaults: {title_card: *b}", "film: {titles: [{<<: *b, text: x, at: 0s}]}"])
def test_an_anchor_is_mended_when_other_readers_mean_the_same(here, reader) -> None:
    assert f"{BEAT}{reader}\n".replace("duration", "for") == mended(here / "s.yaml", f"{BEAT}{reader}\n")


@pytest.mark.parametrize("reader", ["expect: *b", "meta: {own: *b}", "vars: {card: *b}"])
def test_an_anchor_that_is_right_for_another_reader_is_left(here, reader) -> None:
    assert f"{BEAT}{reader}\n" == mended(here / "s.yaml", f"{BEAT}{reader}\n")


# What is said


def test_what_was_mended_and_what_remains(here) -> None:
    (here / "s.yaml").write_text(shot("segments: [{duration: 2s, zzz: 1}], negative_prompt: x, template: no.j2"))
    code, out, err = fix("s.yaml")
    lines = out.split("\n")
    assert (1, "") == (code, err)
    assert [
        "mended s.yaml:4 [R2V104] duration -> for",
        "mended s.yaml:4 [R2V104] negative_prompt -> negative",
        "2 mistakes mended",
        "",
    ] == lines[:4]
    assert "error[R2V104]: unknown key 'zzz'" == lines[4]


def test_all_is_mended(here) -> None:
    (here / "s.yaml").write_text(shot("prompt: x, length: 2s"))
    expected = "mended s.yaml:4 [R2V104] length -> duration\n1 mistake mended, none left\n"
    assert (0, expected, "") == fix("s.yaml")
    assert (0, "nothing mended, no mistakes\n", "") == fix("s.yaml")


def test_many_mends_are_counted(here) -> None:
    (here / "s.yaml").write_text(
        HEAD + "shots:\n" + "".join(f"- {{id: s{n}, prompt: x, length: 2s}}\n" for n in range(60))
    )
    code, out, _ = fix("s.yaml")
    assert 0 == code
    assert ["… and 20 more", "60 mistakes mended, none left", ""] == out.split("\n")[-3:]


def test_the_diff_alone_goes_to_standard_output(here) -> None:
    text = shot("prompt: x, length: 2s") + "# ::error::no\n# \u202e\n#\ttab\n#\n#\n#\ntags: [1]"
    (here / "s.yaml").write_text(text)
    code, out, err = fix("s.yaml", diff=True)
    assert (1, text) == (code, (here / "s.yaml").read_text())
    assert [
        "--- s.yaml",
        "+++ s.yaml",
        "@@ -1,7 +1,7 @@",
        " r2v: 1",
        " title: Test",
        " shots:",
        "-- {id: a, prompt: x, length: 2s}",
        "+- {id: a, prompt: x, duration: 2s}",
        " # ::error::no",
        " # \\u202e",
        " #\ttab",
        "",
    ] == out.split("\n")
    assert "1 mistake to mend\n\nerror[R2V104]: unknown key 'tags'" == err[: err.index("\n", 25)]


def test_a_diff_of_the_last_line_without_a_line_break(here) -> None:
    (here / "s.yaml").write_text("r2v: 1\ntitel: x")
    _, out, _ = fix("s.yaml", diff=True)
    tail = "\n\\ No newline at end of file\n"
    assert f"@@ -1,2 +1,2 @@\n r2v: 1\n-titel: x{tail}+title: x{tail}" == out.split("\n", 2)[2]


def test_git_applies_the_diff(here) -> None:
    """Two hunks, tabs, a file of Windows."""
    import subprocess

    rows = "".join(
        f"- {{id: s{n}, prompt: x, {'length' if n in (3, 20, 22) else 'duration'}: 2s}}\r\n" for n in range(30)
    )
    (here / "s.yaml").write_bytes(f"r2v: 1\r\ntitle: x\r\nmeta: {{a: 1}}\t# tab\r\nshots:\r\n{rows}".encode())
    _, out, _ = fix("s.yaml", diff=True)
    assert 2 == out.count("@@ -")
    (here / "d.diff").write_bytes(out.encode())
    subprocess.run(["git", "apply", "-p0", "d.diff"], cwd=here, check=True, env={**os.environ, "GIT_DIR": "/nowhere"})
    patched = (here / "s.yaml").read_bytes()
    assert (0, "nothing mended, no mistakes\n", "") == fix("s.yaml")
    assert 30 == patched.count(b"duration: 2s}\r\n")


def test_a_terminal_gets_colours(here, monkeypatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    (here / "s.yaml").write_text("r2v: 1\ntitel: x\n")
    out = Terminal()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        mending.run(["s.yaml"], Options(), diff=True)
    assert "\x1b[1;31m-titel: x\x1b[0m\n\x1b[32m+title: x\x1b[0m\n" in out.getvalue()


# Files


def test_included_files_are_mended_too_and_once(here) -> None:
    (here / "acts").mkdir()
    (here / "acts" / "1.yaml").write_text("scenes: [{id: b, prompt: x, length: 2s}]\n")
    for name in ("s", "t"):
        (here / f"{name}.yaml").write_text(f"r2v: 1\ntitel: {name}\ninclude: acts/*.yaml\n")
    code, out, _ = fix("s.yaml", "t.yaml")
    assert 0 == code
    assert "shots: [{id: b, prompt: x, duration: 2s}]\n" == (here / "acts" / "1.yaml").read_text()
    assert ["title: s", "title: t"] == [(here / f"{n}.yaml").read_text().split("\n")[1] for n in ("s", "t")]
    assert [
        "mended acts/1.yaml:1 [R2V104] scenes -> shots",
        "mended acts/1.yaml:1 [R2V104] length -> duration",
        "mended s.yaml:2 [R2V104] titel -> title",
        "mended t.yaml:2 [R2V104] titel -> title",
        "4 mistakes mended, none left",
        "",
    ] == out.split("\n")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_endings_marks_and_permissions_stay(here, mark) -> None:
    path = here / "s.yaml"
    path.write_bytes(mark + "r2v: 1\r\ntitel: Ünïcode 🎬 日本   \r\nmeta: {}\n\n".encode())
    path.chmod(0o640)
    fix("s.yaml")
    assert mark + "r2v: 1\r\ntitle: Ünïcode 🎬 日本   \r\nmeta: {}\n\n".encode() == path.read_bytes()
    assert 0o640 == path.stat().st_mode & 0o7777
    assert [".git", "s.yaml"] == sorted(os.listdir(here))


def test_a_file_without_anything_to_mend_is_not_touched(here) -> None:
    (here / "s.yaml").write_text(shot("prompt: x, duration: 2s, zzz: 1"))
    before = (here / "s.yaml").stat()
    assert 1 == fix("s.yaml")[0]
    after = (here / "s.yaml").stat()
    assert (before.st_ino, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_ino,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def test_a_link_inside_the_project_stays_and_its_target_is_mended(here) -> None:
    (here / "real.yaml").write_text("r2v: 1\ntitel: x\n")
    (here / "s.yaml").symlink_to("real.yaml")
    fix("s.yaml")
    assert (here / "s.yaml").is_symlink()
    assert "r2v: 1\ntitle: x\n" == (here / "real.yaml").read_text()


@pytest.mark.parametrize("target", ["../outside.yaml", ".git/inside.yaml"])
def test_nothing_is_written_through_a_link_to_where_no_storyboard_lies(here, target) -> None:
    """Included by a stranger's pull request: out of the project, or into a folder that is not for storyboards."""
    (here / target).write_text("scenes: []\n")
    (here / "act.yaml").symlink_to(target)
    (here / "s.yaml").write_text("r2v: 1\ntitel: x\ninclude: act.yaml\n")
    code, _, _ = fix("s.yaml")
    assert 1 == code
    assert "scenes: []\n" == (here / target).read_text()
    assert "title: x" in (here / "s.yaml").read_text()


def test_a_full_disk_leaves_the_file_as_it_was(here, monkeypatch) -> None:
    (here / "s.yaml").write_text("r2v: 1\ntitel: x\n")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskTrouble, match=r"s\.yaml"):
        fix("s.yaml")
    assert "r2v: 1\ntitel: x\n" == (here / "s.yaml").read_text()
    assert [".git", "s.yaml"] == sorted(os.listdir(here))


def test_a_write_protected_file_is_respected(here, monkeypatch) -> None:
    """Root may write anything, so what the system says is asked for, and answered here."""
    (here / "s.yaml").write_text("r2v: 1\ntitel: x\n")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DiskTrouble, match="Permission denied"):
        fix("s.yaml")
    assert "r2v: 1\ntitel: x\n" == (here / "s.yaml").read_text()


def test_a_file_that_an_editor_saved_meanwhile_is_not_overwritten(here) -> None:
    (here / "s.yaml").write_text("newer")
    with pytest.raises(EnvironmentTrouble, match="changed while it was being mended"):
        mending.replace(str(here / "s.yaml"), b"older", b"mended")
    assert "newer" == (here / "s.yaml").read_text()


def test_the_command(project, r2v) -> None:
    (project / "s.yaml").write_text(shot("segments: [{at: 0-3}, {at: 4-6}, {at: 7-10}]"))
    ran = r2v("check", "s.yaml", "--diff")
    assert (1, "1 mistake to mend, none left\n") == (ran.rc, ran.err)
    assert "+- {id: a, segments: [{at: 0-3}, {at: 3-6}, {at: 6-10}]}\n" in ran.out
    ran = r2v("check", "--fix", "s.yaml")
    assert (0, "mended s.yaml:4 [R2V302] 4-6 -> 3-6, 7-10 -> 6-10\n1 mistake mended, none left\n") == (ran.rc, ran.out)
    assert shot("segments: [{at: 0-3}, {at: 3-6}, {at: 6-10}]") == (project / "s.yaml").read_text()


# For any storyboard

TIMES = """\
r2v: 1
title: Times
shots:
  - id: a
    segments: [{at: 0-3, action: x}, {at: 4-6, action: x}, {at: 7-9s, action: x}]
  - {id: b, segments: &b [{at: 0:00-0:02}, {at: 0:02-0:05}, {at: 0:06-0:08}, &c {at: 0:09-0:12}]}
  - {id: c, segments: *b, style: x}
  - {id: d, segments: [at: 0-9, *c]}
"""
ALL = [*BOARDS, TIMES, RIGHT.format(**{place: spellings(*known)[-1] for place, known in KEYS.items()})]
WORDS = sorted({name for names in HABITS.values() for name in names} | {"fro", "titel", "promt", "Render", "zzz"})
PIECES = ("&a ", "*a", "<<: *a", "{", "}", ", ", '"', "yes", "16x9", "720", "2 s")


def worn(text: str, dice: random.Random) -> str:
    """A text as people and merges leave it: keys by other names, times one off, a line lost or doubled, odd pieces."""
    kind = dice.random()
    if kind < 0.6:  # a key by another name, or a name by its key
        key = dice.choice(list(re.finditer(r"[A-Za-z_]+(?=[\"']?:(\s|$))", text)) or [re.match("", text)])
        return text[: key.start()] + dice.choice(WORDS) + text[key.end() :]
    if kind < 0.85:  # one second more or less
        digit = dice.choice(list(re.finditer(r"[1-8]", text)) or [re.match("", text)])
        return text[: digit.start()] + str(int(digit[0] or 0) + dice.choice((-1, 1))) + text[digit.end() :]
    if kind < 0.93:
        lines = text.split("\n")
        at = dice.randrange(len(lines))
        return "\n".join([*lines[:at], *lines[at : at + 1] * dice.choice((0, 2)), *lines[at + 1 :]])
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(PIECES) + text[at:]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ALL), st.integers(0, 6), st.randoms(use_true_random=False))
def test_fixing_any_storyboard(studio, text, times, dice) -> None:
    """Nothing left to mend, nothing mended twice, nothing changed that was not said, and never a file less readable."""
    for _ in range(times):
        text = worn(text, dice)
    path = studio / "any.yaml"
    path.write_bytes(text.encode())
    before = read("any.yaml", Options()).diagnostics
    offered = any(d.edits for d in before)
    _, out, _ = fix("any.yaml")
    after = path.read_bytes().decode()
    left = read("any.yaml", Options()).diagnostics
    assert offered is (after != text)
    assert not any(d.edits for d in left)
    assert text.count("\n") == after.count("\n")
    assert sum(d.code.startswith("R2V0") for d in left) <= sum(d.code.startswith("R2V0") for d in before)
    touched = [n for n, (a, b) in enumerate(zip(text.split("\n"), after.split("\n"), strict=True), 1) if a != b]
    said = [int(line.split(":")[1].split()[0]) for line in out.split("\n") if line.startswith("mended any.yaml:")]
    assert set(touched) <= set(said) or len(said) == 40
    fix("any.yaml")
    assert after == path.read_bytes().decode()
