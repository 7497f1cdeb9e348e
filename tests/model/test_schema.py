"""The schema describes the whole language, and its errors come out as sentences at the right place."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.model import schema_file
from r2v_pipeline.model.guesses import flow
from r2v_pipeline.model.schema import check
from r2v_pipeline.source.yaml12 import load_yaml

SAMPLES = Path(__file__).parent / "samples"
HEAD = "r2v: 1\ntitle: x\n"
ROOT = schema_file.schema()


def load(text: str) -> Any:
    """A text without reader's complaints."""
    data, found = load_yaml(SourceText("s.yaml", text))
    assert () == found
    return data


def judge(text: str, schema_name: str = "storyboard") -> list[str]:
    """The diagnostics of a text, in the lines of samples/wrong.txt."""
    said = []
    for d in check(load(text), schema_name):
        assert d.span is not None
        said.append(f"  {d.code} {d.span.line}:{d.span.column} {d.message}")
        said += [f"    {d.help}"] if d.help else []
    return said


def shot(body: str) -> str:
    """A storyboard whose only shot has these keys beside its id."""
    return WHOLE["shot"].format(body)


# What is right


@pytest.mark.parametrize(
    ("name", "schema_name"), [("guide", "storyboard"), ("full", "storyboard"), ("included", "include")]
)
def test_the_samples_are_right(name: str, schema_name: str) -> None:
    assert [] == judge((SAMPLES / f"{name}.yaml").read_text("utf-8"), schema_name)


@pytest.mark.parametrize("value", ["2s", "2.5s", "1:10", "0:00.5", "4", "2.25", "'10'", "999999"])
def test_durations(value: str) -> None:
    assert [] == judge(shot(f"prompt: x, duration: {value}"))


@pytest.mark.parametrize("value", ["0-2s", "0s-2s", "0:00-0:02", "0-3", "1.5-0:04.25"])
def test_ranges(value: str) -> None:
    assert [] == judge(shot(f"segments: [{{at: {value}}}]"))


@pytest.mark.parametrize(
    "body",
    [
        "prompt: x, duration: 2s",
        "segments: [{for: 2s}]",
        "clip: a.mp4",
        "clip: a.mp4, duration: 3s",
        "clip: a.mp4, segments: [{for: 2s}]",
    ],
)
def test_a_shot_says_what_it_shows_in_one_of_three_ways(body: str) -> None:
    assert [] == judge(shot(body))


@pytest.mark.parametrize(
    "path", ["refs/mia.mp4", "../m.png", "画/像.png", "a b.png", "https://x.org/a.png?b=c#d", "C:a"]
)
def test_media(path: str) -> None:
    """What leads out of the project, or is no plain path, is found where files are opened (R2V203)."""
    assert [] == judge(f"{HEAD}cast: {{mia: {{image: '{path}'}}}}")


# What is wrong


def cases() -> Iterator[tuple[str, str, list[str]]]:
    """Kind, line and expected diagnostics of each case in samples/wrong.txt."""
    kind = ""
    for block in (SAMPLES / "wrong.txt").read_text("utf-8").strip().split("\n\n"):
        first, *rest = block.split("\n")
        if first.startswith("["):
            kind = first.strip("[]")
        elif not first.startswith("#"):
            yield kind, first, rest


WHOLE = {
    "file": "{}",
    "block": HEAD + "{}",
    "shot": HEAD + "shots:\n- {{id: a, {}}}\n",
    "beat": HEAD + "shots:\n- {{id: a, segments: [{{for: 2s, {}}}]}}\n",
}


@pytest.mark.parametrize(("kind", "line", "expected"), list(cases()))
def test_what_is_said(kind: str, line: str, expected: list[str]) -> None:
    assert expected == judge(WHOLE[kind].format(line))


def test_an_included_file_holds_no_film() -> None:
    help = "    an included file holds include, vars, cast, shots and meta; '{}' belongs in the storyboard"
    expected = [
        "  R2V104 1:1 unknown key 'title'",
        help.format("title"),
        "  R2V104 2:1 unknown key 'film'",
        help.format("film"),
        "  R2V104 3:1 unknown key 'casts'",
        "    did you mean 'cast'?",
        "  R2V102 4:10 missing key 'id'",
        "    add 'id: unboxing'",
    ]
    assert expected == judge("title: x\nfilm: {}\ncasts: {}\nshots: [{clip: a.mp4}]", "include")


def test_a_clash_shows_the_other_key() -> None:
    (only,) = check(load(shot("segments: [{for: 2s}], prompt: x, duration: 2s")), "storyboard")
    assert [("4:11", "given here")] == [(f"{at.span.line}:{at.span.column}", at.text) for at in only.labels]


def test_spans_cover_the_key_or_the_value() -> None:
    found = check(load(shot("promt: x, duration: 'soon'")), "storyboard")
    assert ["promt", "'soon'"] == [d.span.source.text[d.span.start : d.span.end] for d in found if d.span]


def test_what_an_anchor_repeats_is_told_once() -> None:
    text = f"{HEAD}shots:\n- &a {{id: s1, promt: x, duration: 2s}}\n- {{<<: *a, id: s2}}\n- *a\n"
    assert ["  R2V104 4:15 unknown key 'promt'", "    did you mean 'prompt'?"] == judge(text)


def test_a_mistake_among_thousands_is_found_fast() -> None:
    """Parts that are right are not entered: 3,000 shots would take jsonschema more than two seconds."""
    right = "".join(f"- {{id: s{n}, segments: [{{for: 2s, action: x}}, {{for: 2s}}]}}\n" for n in range(3000))
    data = load(f"{HEAD}shots:\n{right}- {{id: last, segments: [{{for: 2t}}]}}\n")
    check(data, "storyboard")
    started = time.process_time()
    found = check(data, "storyboard")
    assert 1 == len(found)
    assert time.process_time() - started < 1


def test_a_right_storyboard_does_not_load_jsonschema(environment: dict[str, str]) -> None:
    code = (
        "import sys\nfrom r2v_pipeline.diagnostics import SourceText\nfrom r2v_pipeline.model.schema import check\n"
        "from r2v_pipeline.source.yaml12 import load_yaml\n"
        "data, _ = load_yaml(SourceText('s.yaml', open(sys.argv[1], encoding='utf-8').read()))\n"
        "assert check(data, 'storyboard') == ()\n"
        "assert not {'jsonschema', 'difflib', 'json'} & set(sys.modules), sorted(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SAMPLES / "full.yaml")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (0, "") == (done.returncode, done.stderr)


# The schema itself


def resolve(part: dict[str, Any]) -> dict[str, Any]:
    """What a schema refers to."""
    while "$ref" in part:
        part = ROOT["definitions"][part["$ref"].rpartition("/")[2]]
    return part


def parts(path: str, part: Any) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every schema below one: its place, itself, and whether it is what a key may hold."""
    inner = [(f"{path}.{key}", item, True) for key, item in part.get("properties", {}).items()]
    inner += [(f"{path}.<{key}>", item, True) for key, item in part.get("patternProperties", {}).items()]
    if isinstance(part.get("additionalProperties"), dict):
        inner.append((f"{path}.<any>", part["additionalProperties"], True))
    branches = [key for key in ("then", "else", "items") if isinstance(part.get(key), dict)]
    inner += [(f"{path}.{key}", part[key], False) for key in branches]
    for place, item, is_field in inner:
        if item is not False:
            yield place, item, is_field
            yield from parts(place, item)


# Branches that only forbid a key have the words for that, and nothing to show an author.
FORBIDDING = {"timed_by_at", "timed_by_for"}
EVERYTHING = [
    found
    for name, part in {"storyboard": ROOT, **ROOT["definitions"]}.items()
    if name not in FORBIDDING
    for found in [(name, part, True), *parts(name, part)]
]


def test_it_is_a_draft_07_schema() -> None:
    jsonschema.Draft7Validator.check_schema(ROOT)


def test_every_field_has_a_description_and_examples() -> None:
    """They are what an editor shows while an author types."""
    bare = [
        f"{place}: {key}"
        for place, part, is_field in EVERYTHING
        if is_field and place not in ("storyboard", "include")
        for key in ("description", "examples")
        if not (part.get(key) or resolve(part).get(key))
    ]
    assert [] == bare


def test_every_example_is_right() -> None:
    validator = jsonschema.Draft7Validator
    wrong = [
        f"{place}: {example!r}"
        for place, part, _ in EVERYTHING
        for example in part.get("examples", ())
        if not validator({**part, "definitions": ROOT["definitions"]}).is_valid(example)
    ]
    assert [] == wrong


def test_descriptions_are_short_sentences() -> None:
    long = [
        place
        for place, part, _ in EVERYTHING
        if (text := part.get("description")) and (len(text) > 110 or not text.endswith(".") or not text[0].strip())
    ]
    assert [] == long


# What editors make of it: measured with yaml-language-server 1.25.


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema there is, branches and unions too."""
    if isinstance(part, dict):
        yield part
        for key, item in part.items():
            if key in ("properties", "patternProperties", "definitions"):
                for inner in item.values():
                    yield from schemas(inner)
            elif key in ("items", "then", "else", "additionalProperties"):
                yield from schemas(item)
            elif key == "anyOf":
                for inner in item:
                    yield from schemas(inner)


def test_no_words_of_ours_hide_an_editors_own() -> None:
    """An editor says a map's `errorMessage` of each unknown key in it, instead of naming the key."""
    closed = [part for part in schemas(ROOT) if part.get("additionalProperties") is False]
    assert closed
    assert [] == [part for part in closed if "errorMessage" in part and "if" not in part]


def test_what_an_editor_says_of_a_wrong_value_is_a_sentence() -> None:
    """For kinds that it would name in the terms of schemas, and for patterns, which it would print."""
    formed = [
        part for part in schemas(ROOT) if {"pattern", "minimum"} & set(part) or isinstance(part.get("type"), list)
    ]
    bare = [part for part in formed if "errorMessage" not in part and "x-form" not in part and "anyOf" not in part]
    assert [] == [part for part in bare if "description" in part]


def test_no_keyword_that_editors_have_no_words_for() -> None:
    """`not` and `oneOf` give errors that nobody understands; a `default` is written into every new map."""
    assert set() == {"not", "oneOf", "allOf", "default", "const"} & {key for part in schemas(ROOT) for key in part}


def test_a_default_is_told_last() -> None:
    """The page of the language takes the sentence apart; an editor shows it whole."""
    told = [(part["description"], part["x-default"]) for part in schemas(ROOT) if "x-default" in part]
    assert told
    words = [(text.partition(" Default: ")[2], flow(value)) for text, value in told if not text.startswith("cut, ")]
    assert [] == [(text, value) for text, value in words if not text.startswith(value)]


def filled(body: Any) -> Any:
    """A snippet as it stands when its author leaves every blank as it was."""
    if isinstance(body, dict):
        return {filled(key): filled(value) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(item) for item in body]
    return re.sub(r"\$\{\d+:([^}]*)\}", r"\1", body)


def test_a_snippet_is_right_as_it_is() -> None:
    found = [(part, snippet) for part in schemas(ROOT) for snippet in part.get("defaultSnippets", ())]
    assert {"cast", "member", "shot", "segment", "line", "transition"} == {
        name for name, part in ROOT["definitions"].items() if "defaultSnippets" in part
    }
    validator = jsonschema.Draft7Validator
    for part, snippet in found:
        whole = {**part, "definitions": ROOT["definitions"]}
        assert [] == [error.message for error in validator(whole).iter_errors(filled(snippet["body"]))]
        assert snippet["label"]
        assert snippet["description"].endswith(".")


@pytest.mark.parametrize("render", ["{model: a-model/of-tomorrow}", "{provider: elsewhere}", "{provider: [a, b]}"])
def test_names_are_offered_and_others_are_taken(render: str) -> None:
    """What the catalog does not know is said later, with what it does know (R2V509)."""
    assert [] == judge(shot(f"prompt: x, duration: 2s, render: {render}"))


def used(data: Any, part: Any) -> Iterator[int]:
    """Which schemas a value meets, by identity; a branch counts whether or not it applies."""
    if not isinstance(part, dict):
        return
    yield id(part)
    part = resolve(part)
    for key in ("then", "else"):
        yield from used(data, part.get(key))
    for item in data if isinstance(data, list) else ():
        yield from used(item, part.get("items"))
    for key, value in data.items() if isinstance(data, dict) else ():
        yield from used(value, part.get("properties", {}).get(key))
        yield from used(value, part.get("additionalProperties"))
        for pattern, item in part.get("patternProperties", {}).items():
            if re.search(pattern, key):
                yield from used(value, item)


def test_the_samples_use_every_key() -> None:
    full, included = (load((SAMPLES / f"{name}.yaml").read_text("utf-8")) for name in ("full", "included"))
    met = {*used(full, ROOT), *used(included, ROOT["definitions"]["include"])}
    assert [] == [place for place, part, is_field in EVERYTHING if is_field and "." in place and id(part) not in met]


PATTERNS = sorted(
    {
        pattern
        for _, part, _ in EVERYTHING
        for pattern in [*part.get("patternProperties", ()), *([part["pattern"]] if "pattern" in part else ())]
        if pattern != "^x-"
    }
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_anchored_and_linear(pattern: str) -> None:
    """`$` alone lets a trailing line break through; an alternative outside brackets would undo the anchors."""
    assert pattern.startswith("^")
    assert pattern.endswith("$(?!\\n)")
    flat = re.sub(r"\[[^\]]*\]", "", pattern.replace("\\\\", ""))
    while "(" in flat.removesuffix("$(?!\\n)"):
        flat = re.sub(r"\([^()]*\)", "", flat, count=1)
    assert "|" not in flat
    started = time.process_time()
    for text in ("1", "a", "a.", "1:", "0", "https://a", " ", "/a", "-"):
        re.search(pattern, text * 100_000 + "\x00")
    assert time.process_time() - started < 2


@pytest.mark.parametrize("value", ['"2s\\n"', "|\n    2s\n"])
def test_a_line_break_after_a_value_is_no_part_of_its_form(value: str) -> None:
    expected = [
        "  R2V101 6:13 'duration' must be a duration such as 2s, 2.5s or 1:10, not '2s\\n'",
        "    write 2s",
    ]
    assert expected == judge(f"{HEAD}shots:\n- id: a\n  prompt: x\n  duration: {value}\n")


# Where it lies


def test_the_text_is_the_file_of_the_checkout() -> None:
    assert (Path(__file__).parents[2] / "schemas" / schema_file.NAME).read_text("utf-8") == schema_file.schema_text()


def test_an_installed_wheel_has_it_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "r2v_pipeline" / "schemas").mkdir(parents=True)
    inside = tmp_path / "r2v_pipeline" / "schemas" / schema_file.NAME
    inside.write_text("{}", "utf-8")
    monkeypatch.setattr(schema_file, "__file__", str(tmp_path / "r2v_pipeline" / "model" / "schema_file.py"))
    assert (str(inside), "{}") == (schema_file.schema_path(), schema_file.schema_text())


def test_a_damaged_installation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_file, "__file__", str(tmp_path / "r2v_pipeline" / "model" / "schema_file.py"))
    with pytest.raises(EnvironmentTrouble, match="is missing"):
        schema_file.schema_text()
