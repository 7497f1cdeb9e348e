"""`expect:` about prompts: what counts as said, by whom, and where a breach is shown."""

from __future__ import annotations

import pytest

from r2v_pipeline.cli.stages.front import Options, read
from r2v_pipeline.compile.claims import find

CAST = "cast:\n  mia: {image: refs/mia.png, look: red sweater}\n  leo: {look: grey coat}\n"


@pytest.mark.parametrize(
    ("words", "text", "times"),
    [
        ("logo", "A Logo, no logos, LOGO.", 2),
        ("red sweater", "a red\n  sweater", 1),
        ("character1", "Character1 and character10", 1),
        ("图1", "图1说：“图10”", 1),
        ("街灯", "街灯亮起", 1),
        ("C++", "in C++ and C+++", 2),
        ("blood", "blood-red, bloody", 1),
        ("don't", "Don't go", 1),
        ("a.b", "axb a.b", 1),
        ("naïve", "NAÏVE", 1),
        ("x", "", 0),
    ],
)
def test_words_are_whole_words_in_any_case(words: str, text: str, times: int) -> None:
    assert times == len(find(words, text))


@pytest.fixture
def problems(project, monkeypatch):
    """What a check finds in a storyboard of one shot, `told` first."""
    monkeypatch.chdir(project)
    (project / "refs").mkdir()
    picture = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\2\0\0\0\x90wS\xde"
    (project / "refs" / "mia.png").write_bytes(picture)

    def check(shot: str, top: str = "") -> list[str]:
        length = "" if "segments:" in shot else "    duration: 5s\n"
        text = f"r2v: 1\ntitle: x\n{top}{CAST}shots:\n  - id: one\n{length}{shot}"
        (project / "s.yaml").write_text(text, "utf-8")
        front = read("s.yaml", Options(), prompts=False)
        return [d.message for d in front.diagnostics if d.code != "R2V202"]

    return check


def test_claims_that_hold_say_nothing(problems) -> None:
    shot = '    prompt: "{{ Mia }} waits in the snow."\n    expect: {mentions: [mia, Snow], forbids: [leo, rain]}\n'
    assert [] == problems(shot, "expect: {mentions: snow, forbids: [logo], max_chars: 40}\n")


def test_a_member_is_whatever_the_model_calls_it(problems) -> None:
    shot = (
        '    prompt: "{{ Mia }} waits."\n    render: {model: wan2.6-r2v}\n    expect: {mentions: [mia, character1]}\n'
    )
    assert [] == problems(shot)
    both = ["the prompt says 'character1', which 'expect' forbids", "the prompt says 'mia', which 'expect' forbids"]
    assert both == problems(shot.replace("mentions", "forbids"))


def test_what_templates_and_styles_add_is_in_the_prompt(problems, project) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "t.j2").write_text("{{ shot.prompt }} With a logo.", "utf-8")
    shot = '    prompt: "{{ Mia }} waits."\n    style: Film grain.\n    expect: {mentions: film grain}\n'
    assert [] == problems(shot, "expect: {forbids: logo}\n")
    template = '    prompt: "{{ Mia }} waits."\n    template: t.j2\n'
    assert ["the prompt says 'logo', which 'expect' forbids"] == problems(template, "expect: {forbids: logo}\n")


def test_the_nearest_length_holds(problems) -> None:
    shot = '    prompt: "{{ Mia }} waits for a long time."\n'
    assert ["the prompt of 'one' has 44 characters, more than 20"] == problems(shot, "expect: {max_chars: 20}\n")
    assert [] == problems(shot + "    expect: {max_chars: 50}\n", "expect: {max_chars: 20}\n")


def test_a_profile_may_claim_more(problems) -> None:
    top = "defaults: {expect: {mentions: [mia]}}\n"
    assert ["the prompt does not mention 'mia'"] == problems('    prompt: "{{ Leo }} waits."\n', top)


def test_footage_says_nothing(problems, project) -> None:
    (project / "end.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(64))
    assert [] == problems("    clip: end.mp4\n    expect: {mentions: mia}\n", "expect: {mentions: mia}\n")


def test_a_split_shot_may_say_it_in_any_part_and_must_not_in_none(problems) -> None:
    beats = "".join(f'      - {{for: 5s, action: "{{{{ Mia }}}} counts {n}."}}\n' for n in range(4))
    shot = f"    split: auto\n    render: {{model: wan2.6-r2v}}\n    segments:\n{beats}"
    top = "expect: {mentions: [counts 0, counts 3], forbids: [counts 2]}\n"
    assert ["the prompt says 'counts 2', which 'expect' forbids"] == problems(shot, top)


def test_one_claim_of_the_film_is_told_once(problems) -> None:
    shot = '    prompt: "{{ Mia }} waits."\n  - {id: two, prompt: "{{ Leo }} waits.", duration: 5s}\n'
    assert ["the prompt does not mention 'snow'"] == problems(shot, "expect: {mentions: snow}\n")
