"""Remarks on what was written and will not be done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from handmade import compilation, member, picture, render, shot, span

from r2v_pipeline.canonical import digest
from r2v_pipeline.cli import compile as compile_command
from r2v_pipeline.cli import plan as plan_command
from r2v_pipeline.model.types import Film, Setting
from r2v_pipeline.plan.notes import notes

RAW = "film: {music: a.wav, transition: dissolve}"


def film(*names: str) -> Film:
    """Film settings that are not applied, each where it stands in RAW."""
    unapplied = tuple(Setting(name, span(RAW, name.partition(" ")[0])) for name in names)
    return Film(None, 30, True, (), False, unapplied, None)


def test_nothing_to_remark() -> None:
    assert () == notes(compilation([shot("s01")]))


def test_a_film_setting_that_is_not_applied() -> None:
    found = notes(compilation([shot("s01")], film=film("music", "transition dissolve", "music")))
    assert [
        ("film: music is checked, but this version does not apply it", ["story.yaml:1:8", "story.yaml:1:8"]),
        ("film: transition dissolve is checked, but this version does not apply it", ["story.yaml:1:22"]),
    ] == [(note.text, [str(place) for place in note.spans]) for note in found]


def test_a_voice_that_is_not_sent() -> None:
    mia, leo = member("mia", voice="mia.wav"), member("leo", voice="leo.wav")
    one, two = shot("s01", by="leo"), shot("s02")
    spoken = picture("mia", "mia.png", "mia")._replace(voice=f"r2v-file:sha256:{digest('mia.wav')}")
    heard = render(two, spoken, voice=spoken.voice, model="wan")
    mute = render(two, spoken, model="wan")
    assert () == notes(compilation([two], [heard], cast=[mia, leo]))
    assert [
        ("cast.leo: its voice is not sent, it goes with a picture or a video, and there is none", ("story.yaml:1:8",)),
        ("cast.mia: its voice is not sent, wan takes none", ("story.yaml:1:8",)),
    ] == [
        (note.text, tuple(map(str, note.spans)))
        for note in notes(compilation([one, two], [render(one), mute], cast=[mia, leo]))
    ]


def test_who_else_may_be_asked_is_said_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the price for whoever comes last; compile has the request for each."""
    picture = Path(__file__).parents[2] / "examples" / "storyboards" / "refs" / "nora.png"
    (project / "mia.png").write_bytes(picture.read_bytes())
    shots = "".join(f"\n  - {{id: s{n}, prompt: '{{{{ Mia }}}} waits', duration: 5s}}" for n in (1, 2))
    (project / "s.yaml").write_text(
        "r2v: 1\ntitle: Two ways\ndefaults: {render: {provider: [dashscope, wavespeed], model: wan2.7-r2v}}\n"
        f"cast:\n  mia: {{image: mia.png}}\nshots:{shots}\n"
    )
    assert 0 == plan_command.run([str(project / "s.yaml")])
    told = capsys.readouterr().out
    assert 1 == told.count("where dashscope refuses, wavespeed is asked; the price is the range over them")
    assert "s.yaml:7:10 and 1 more" in told
    assert 0 == compile_command.run([str(project / "s.yaml")])
    assert 2 == capsys.readouterr().out.count("dashscope, else wavespeed · wan2.7-r2v · 5 s")
    assert 0 == compile_command.run([str(project / "s.yaml"), "--format", "json"])
    first, _ = json.loads(capsys.readouterr().out)["jobs"]
    (other,) = first["fallbacks"]
    assert ("dashscope", "wavespeed", 5) == (first["provider"], other["provider"], other["duration_s"])
    assert "Image 1 waits." in other["request"]["prompt"]
