"""Remarks on what was written and will not be done."""

from __future__ import annotations

from handmade import compilation, member, picture, render, shot, span

from r2v_pipeline.canonical import digest
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
