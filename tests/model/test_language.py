"""Every key and value form of the language, as a person writes it and as every later stage reads it.

The order is that of docs/language.md.  What the schema alone can tell is in test_schema.py; here a form counts as known
only when it also means what it should.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from r2v_pipeline.diagnostics import Diagnostic, SourceText
from r2v_pipeline.model.build import resolve
from r2v_pipeline.model.schema_file import schema
from r2v_pipeline.model.types import FromShot, Member, Segment, Shot, Storyboard
from r2v_pipeline.source.document import load
from r2v_pipeline.source.files import Disk
from r2v_pipeline.source.nodes import Map

# Files that the cases name, and what they hold: a reference is looked at, so it has to be one.
REFS = Path(__file__).parents[2] / "examples" / "storyboards" / "refs"
FILES = {
    "refs/mia.mp4": "mia.mp4",
    "refs/mia.wav": "nora.wav",
    "refs/gift.png": "gift.png",
    "footage/end.mp4": "mia.mp4",
    "sound/wind.wav": "nora.wav",
    "sound/theme.mp3": "nora.wav",
}
HEAD = "r2v: 1\ntitle: Test\n"
DEFINITIONS = schema()["definitions"]

Reads = Callable[..., tuple[Storyboard, tuple[Diagnostic, ...]]]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the files that the cases name; each case writes its own storyboard over the one before."""
    folder = tmp_path_factory.mktemp("stage")
    for name, held in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(REFS / held, folder / name)
    return folder


@pytest.fixture
def reads(stage: Path) -> Reads:
    """A storyboard below its head."""

    def read(text: str, head: str = HEAD, **options: Any) -> tuple[Storyboard, tuple[Diagnostic, ...]]:
        (stage / "s.yaml").write_text(head + dedent(text), encoding="utf-8")
        disk = Disk(str(stage))
        document, found = load(disk, "s.yaml")
        if document is None:
            raise AssertionError(found)
        storyboard, problems = resolve(document, disk, **options)
        return storyboard, (*found, *problems)

    return read


@pytest.fixture
def good(reads: Reads) -> Callable[..., Storyboard]:
    """A storyboard without errors."""

    def read(text: str, **options: Any) -> Storyboard:
        storyboard, found = reads(text, **options)
        assert [] == [(d.code, d.message) for d in found if d.severity == "error"]
        return storyboard

    return read


CAST = "cast: {mia: {video: refs/mia.mp4}, leo: {name: Leo}, gift: {kind: object, image: refs/gift.png}}\n"


def with_shot(body: str) -> str:
    """A storyboard with one shot that has these keys beside its id."""
    return f"{CAST}shots:\n- {{id: s1, {body}}}\n"


def with_beat(body: str) -> str:
    """A storyboard with one segment that has these keys beside its length."""
    return with_shot(f"segments: [{{for: 4s, {body}}}]")


# Values


@pytest.mark.parametrize(
    ("written", "expected"),
    [("2s", 2000), ("2.5s", 2500), ("1:10", 70_000), ("4", 4000), ("2.25", 2250), ("'4'", 4000), ("0:00.5", 500)],
)
def test_a_duration(written: str, expected: int, good) -> None:
    assert expected == good(with_shot(f"prompt: x, duration: {written}")).shots[0].duration_ms


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0-2s", (0, 2000)),
        ("0s-2s", (0, 2000)),
        ("0:00-0:02", (0, 2000)),
        ("0-2", (0, 2000)),
        ("0-2.5s", (0, 2500)),
        ("00:00-00:02.500", (0, 2500)),
    ],
)
def test_a_range(written: str, expected: tuple[int, int], good) -> None:
    segment = good(with_shot(f"segments: [{{at: {written}}}]")).shots[0].segments[0]
    assert expected == (segment.start_ms, segment.end_ms)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("-6dB", -6.0), ("+3dB", 3.0), ("3dB", 3.0), ("-6.5 dB", -6.5), ("0dB", 0.0)],
)
def test_a_gain(written: str, expected: float, good) -> None:
    audio = good(with_shot(f"prompt: x, duration: 2s, audio: {{gain: {written}}}")).shots[0].audio
    assert expected == audio.gain_db


def test_a_ratio_is_text_with_or_without_quotes(good) -> None:
    """YAML 1.2: `16:9` is no number in base 60."""
    for written in ("16:9", '"16:9"'):
        assert "16:9" == good(with_shot(f"prompt: x, duration: 2s, render: {{ratio: {written}}}")).shots[0].render.ratio


@pytest.mark.parametrize("written", ["480p", "720p", "1080p"])
def test_a_resolution(written: str, good) -> None:
    shot = good(with_shot(f"prompt: x, duration: 2s, render: {{resolution: {written}}}")).shots[0]
    assert written == shot.render.resolution


@pytest.mark.parametrize("written", ["12 USD", "4.50 EUR", "0.5 CNY"])
def test_an_amount_of_money(written: str, reads) -> None:
    _, found = reads(f"expect: {{max_cost: {written}}}\n" + with_shot("prompt: x, duration: 2s"))
    assert [] == [d.code for d in found]


@pytest.mark.parametrize("word", ["no", "on", "yes", "12:30", "2024-01-01", "~x", "0o7a"])
def test_only_core_types_are_anything_but_text(word: str, good) -> None:
    assert word == good(f"vars: {{v: {word}}}\n" + with_shot("prompt: x, duration: 2s")).vars["v"]


# The file


def test_the_top_level(good) -> None:
    storyboard = good(
        """
        language: zh
        vars: {season: Christmas, count: 3, bright: true, list: [a], map: {b: c}}
        cast: {mia: {video: refs/mia.mp4}}
        shots:
        - {id: one, prompt: "{{ mia }}", duration: 2s}
        - {id: t-w_o2, prompt: x, duration: 2s}
        film: {fps: 25}
        expect: {duration: 4s, shots: 2, max_cost: 12 USD}
        meta: {client: Acme}
        """
    )
    assert ("Test", "zh") == (storyboard.title, storyboard.language)
    assert {"season": "Christmas", "count": 3, "bright": True, "list": ["a"], "map": {"b": "c"}} == storyboard.vars
    assert ["one", "t-w_o2"] == [shot.id for shot in storyboard.shots]
    assert {"client": "Acme"} == storyboard.meta


@pytest.mark.parametrize("include", ["more.yaml", "[more.yaml]", '"*ore.yaml"', "[more.yaml, m*.yaml]"])
def test_an_include_comes_before_the_files_own_shots(include: str, good, stage: Path) -> None:
    (stage / "more.yaml").write_text("vars: {a: 1}\ncast: {leo: {}}\nshots: [{id: first, prompt: x, duration: 2s}]\n")
    storyboard = good(f"include: {include}\nshots: [{{id: second, prompt: x, duration: 2s}}]\n")
    assert ["first", "second"] == [shot.id for shot in storyboard.shots]
    assert {"a": 1} == storyboard.vars
    assert ["leo"] == list(storyboard.cast)


SETTINGS = {
    "intro": ("Snow.", lambda shot: shot.intro.value, "Snow."),
    "first_frame": ("gift", lambda shot: shot.first_frame, "gift"),
    "cast": ("[gift]", lambda shot: [name.value for name in shot.cast], ["gift"]),
    "style": ("Warm.", lambda shot: shot.style.value, "Warm."),
    "negative": ("rain", lambda shot: shot.negative.value, "rain"),
    "render": ("{seed: 7}", lambda shot: shot.render.seed, 7),
    "template": ("a.j2", lambda shot: shot.template.value, "a.j2"),
    "quiet": ("music", lambda shot: shot.quiet, ("music",)),
    "split": ("auto", lambda shot: shot.split, "auto"),
    "take": ("3", lambda shot: shot.take, 3),
    "transition": (
        "{type: fade, for: 1s}",
        lambda shot: (shot.transition.type, shot.transition.for_ms),
        ("fade", 1000),
    ),
    "trim": ("1-2s", lambda shot: shot.trim_ms, (1000, 2000)),
    "title_card": ("{text: Later, for: 3s}", lambda shot: shot.title_card.for_ms, 3000),
    "audio": ("{mute: true}", lambda shot: shot.audio.mute, True),
    "expect": ("{forbids: snow}", lambda shot: [word.value for word in shot.claims.forbids], ["snow"]),
    "tags": ("[night]", lambda shot: shot.tags, ("night",)),
}


@pytest.mark.parametrize("key", SETTINGS)
@pytest.mark.parametrize("place", ["defaults", "profile", "shot"])
def test_every_setting_holds_from_every_place(place: str, key: str, good) -> None:
    """defaults < profile < shot: each is written where it should win, and another value where it should not."""
    written, value, expected = SETTINGS[key]
    own = f", {key}: {written}" if place == "shot" else ""
    defaults = f"defaults: {{{key}: {written}}}\n" if place == "defaults" else ""
    profile = f"profiles: {{p: {{{key}: {written}}}}}\n" if place == "profile" else ""
    shots = f"shots:\n- {{id: s1, prompt: x, duration: 4s}}\n- {{id: s2, prompt: x, duration: 4s{own}}}\n"
    storyboard = good(CAST + defaults + profile + shots, profile="p" if profile else "")
    assert expected == value(storyboard.shots[1])


def test_the_settings_are_all_of_them() -> None:
    """Whatever a shot can say that is no matter of its own content, `defaults` and profiles can say too."""
    own = {"id", "segments", "prompt", "duration", "clip"}
    shot = set(DEFINITIONS["shot"]["properties"]) - own
    assert set(schema()["properties"]["defaults"]["properties"]) == shot
    assert set(DEFINITIONS["profile"]["properties"]) == shot | {"film"}
    assert set(SETTINGS) | {"meta"} == shot


def test_a_profile_has_film_settings_under_film(good) -> None:
    text = "profiles: {tall: {film: {size: 1080x1920}}}\nfilm: {size: 1920x1080, fps: 24}\n"
    film = good(text + with_shot("prompt: x, duration: 2s"), profile="tall").film
    assert ((1080, 1920), 24) == (film.size, film.fps)


def test_maps_merge_and_lists_and_texts_are_replaced(good) -> None:
    text = "defaults: {quiet: [dialogue, music], style: Soft, render: {seed: 1, ratio: '1:1'}, title_card: {text: T}}\n"
    body = "prompt: x, duration: 2s, quiet: [music], style: Hard, render: {seed: 2}, title_card: {for: 5s}"
    shot = good(text + with_shot(body)).shots[0]
    assert (("music",), "Hard", 2, "1:1") == (shot.quiet, shot.style.value, shot.render.seed, shot.render.ratio)
    assert ("T", 5000) == (shot.title_card.text.value, shot.title_card.for_ms)


def test_the_command_line_wins(good) -> None:
    over = Map(SourceText("--provider", ""), 0)
    over["provider"] = "elsewhere"
    text = "vars: {season: spring}\n" + with_shot("prompt: x, duration: 2s, render: {provider: dashscope, seed: 1}")
    storyboard = good(text, render=over, variables={"season": "autumn"})
    assert (("elsewhere",), 1) == (storyboard.shots[0].render.provider, storyboard.shots[0].render.seed)
    assert {"season": "autumn"} == storyboard.vars


# Cast


def member(storyboard: Storyboard) -> Member:
    return storyboard.cast["x"]


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("", lambda m: (m.kind, m.visual, m.name, m.look), ("person", "", "", "")),
        ("image: refs/gift.png", lambda m: (m.visual, m.media.path), ("image", "refs/gift.png")),
        ("video: refs/mia.mp4", lambda m: (m.visual, m.media.path), ("video", "refs/mia.mp4")),
        ("voice: refs/mia.wav", lambda m: (m.visual, m.voice.path), ("", "refs/mia.wav")),
        ("image: 'https://x.org/a.png'", lambda m: (m.media.url, m.media.sha256), ("https://x.org/a.png", "")),
        (f"image: 'https://x.org/a.png', sha256: '{'0f' * 32}'", lambda m: m.media.sha256, "0f" * 32),
        ("look: red sweater", lambda m: m.look, "red sweater"),
        ("name: Old Xaver", lambda m: (m.name, m.spoken), ("Old Xaver", "Old Xaver")),
        ("from: {shot: s1, frame: last}", lambda m: (m.visual, m.from_shot[:2]), ("image", ("s1", "last"))),
        ("from: {shot: s1, frame: first}", lambda m: (m.visual, m.from_shot[:2]), ("image", ("s1", "first"))),
        ("from: {shot: s1, frame: 2.5s}", lambda m: (m.visual, m.from_shot[:2]), ("image", ("s1", 2500))),
        ("from: {shot: s1, frame: 1}", lambda m: (m.visual, m.from_shot[:2]), ("image", ("s1", 1000))),
        ("from: {shot: s1}", lambda m: (m.visual, m.from_shot[:2]), ("video", ("s1", None))),
    ],
)
def test_a_member(body: str, value: Callable[[Member], Any], expected: Any, good) -> None:
    text = f"cast: {{x: {{{body}}}}}\nshots: [{{id: s1, prompt: x, duration: 4s}}]\n"
    assert expected == value(member(good(text)))


@pytest.mark.parametrize("kind", ["person", "animal", "object", "place", "style", "camera"])
def test_a_kind(kind: str, good) -> None:
    text = f"cast: {{x: {{kind: {kind}}}}}\n" + with_shot("prompt: x, duration: 4s").removeprefix(CAST)
    assert kind == member(good(text)).kind


# Shot


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("prompt: A boat., duration: 4s", ("A boat.", 0, 4000)),
        ("segments: [{for: 2s}, {for: 1.5s}]", (None, 2, 3500)),
        ("segments: [{at: 0-2s}, {at: 2-3s}]", (None, 2, 3000)),
        ("clip: footage/end.mp4, duration: 3s", (None, 0, 3000)),
    ],
)
def test_what_a_shot_shows(body: str, expected: tuple[Any, ...], good) -> None:
    shot = good(with_shot(body)).shots[0]
    assert expected == (shot.prompt and shot.prompt.value, len(shot.segments), shot.duration_ms)


def timed(body: str) -> str:
    return with_shot(f"prompt: x, duration: 4s, {body}")


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("first_frame: gift", lambda s: s.first_frame, "gift"),
        ("first_frame: {from: {shot: s0, frame: last}}", lambda s: s.first_frame, "s1.first_frame"),
        ("first_frame: {image: refs/gift.png}", lambda s: s.first_frame, "s1.first_frame"),
        ("cast: gift", lambda s: [x.value for x in s.cast], ["gift"]),
        ("cast: [gift, mia]", lambda s: [x.value for x in s.cast], ["gift", "mia"]),
        ("quiet: dialogue", lambda s: s.quiet, ("dialogue",)),
        ("quiet: [dialogue, music]", lambda s: s.quiet, ("dialogue", "music")),
        ("split: never", lambda s: s.split, "never"),
        ("transition: wipe", lambda s: s.transition[:2], ("wipe", 500)),
        ("transition: cut", lambda s: s.transition[:2], ("cut", 0)),
        ("transition: {type: dissolve}", lambda s: s.transition[:2], ("dissolve", 500)),
        ("transition: {type: wipe, for: 1}", lambda s: s.transition[:2], ("wipe", 1000)),
        ("title_card: {text: Later}", lambda s: (s.title_card.text.value, s.title_card.for_ms), ("Later", 2000)),
        ("audio: {mute: true, gain: -6dB}", lambda s: (s.audio.mute, s.audio.gain_db), (True, -6.0)),
        ("audio: {file: sound/wind.wav}", lambda s: s.audio.file.path, "sound/wind.wav"),
        ("trim: 1-3s", lambda s: (s.trim_ms, s.used_ms), ((1000, 3000), 2000)),
        ("tags: night", lambda s: s.tags, ("night",)),
        ("tags: [night, snow]", lambda s: s.tags, ("night", "snow")),
        ("meta: {any: [thing]}", lambda s: s.meta, {"any": ["thing"]}),
    ],
)
def test_a_shots_settings(body: str, value: Callable[[Shot], Any], expected: Any, good) -> None:
    """Before it stands another shot, out of which a picture can come and behind which a transition can stand."""
    first = "shots:\n- {id: s0, prompt: x, duration: 4s}\n"
    assert expected == value(good(timed(body).replace("shots:\n", first)).shots[1])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{for: 1s}", ("dissolve", 1000)),
        ("{type: dissolve}", ("dissolve", 2000)),
        ("{type: wipe}", ("wipe", 500)),
        ("dissolve", ("dissolve", 500)),
        ("cut", ("cut", 0)),
    ],
)
def test_what_a_transition_leaves_out_is_the_films(written: str, expected: tuple[str, int], good) -> None:
    """Maps merge, a text replaces all."""
    shots = "shots:\n- {id: a, prompt: x, duration: 9s}\n- {id: b, prompt: x, duration: 9s, transition: %s}\n"
    storyboard = good(shots % written + "film: {transition: {type: dissolve, for: 2s}}\n")
    assert expected == storyboard.shots[1].transition[:2]


def test_a_first_frame_written_in_place_is_a_member_that_no_text_can_name(good) -> None:
    text = "shots:\n- {id: a, prompt: x, duration: 2s}\n"
    more = "- {id: b, prompt: x, duration: 2s, first_frame: {from: {shot: a, frame: last}}}\n"
    taken = good(text + more).cast["b.first_frame"].from_shot
    assert isinstance(taken, FromShot)
    assert ("a", "last") == taken[:2]


# Segment and line


def beat(storyboard: Storyboard) -> Segment:
    return storyboard.shots[0].segments[0]


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("action: x", lambda b: b.action.value, "x"),
        ("sound: wind", lambda b: b.sound.value, "wind"),
        ("camera: 'wide, slow'", lambda b: [t.value for t in b.camera], ["wide, slow"]),
        (
            "camera: {move: push, lens: 85 mm, angle: low, size: wide}",
            lambda b: [t.value for t in b.camera],
            ["wide", "low", "85 mm", "push"],
        ),
        ("say: {mia: Hello?}", lambda b: [(x.by, x.line.value, x.how) for x in b.lines], [("mia", "Hello?", "spoken")]),
        ("say: [{mia: A}, {leo: B}]", lambda b: [(x.by, x.line.value) for x in b.lines], [("mia", "A"), ("leo", "B")]),
        (
            "say: {by: mia, to: leo, line: A, how: off_screen, tone: tired, speech: 1.5s}",
            lambda b: [(x.by, x.to, x.line.value, x.how, x.tone.value, x.speech_ms) for x in b.lines],
            [("mia", "leo", "A", "off_screen", "tired", 1500)],
        ),
        ("say: [{by: mia, line: A}, {leo: B}]", lambda b: [x.by for x in b.lines], ["mia", "leo"]),
        ("say: []", lambda b: b.lines, ()),
    ],
)
def test_a_segment(body: str, value: Callable[[Segment], Any], expected: Any, good) -> None:
    assert expected == value(beat(good(with_beat(body))))


@pytest.mark.parametrize("how", ["spoken", "whispered", "shouted", "mouthed", "off_screen", "voice_over"])
def test_how_a_line_is_said(how: str, good) -> None:
    assert how == beat(good(with_beat(f"say: {{by: mia, line: A, how: {how}}}"))).lines[0].how


# Render


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("provider: dashscope", lambda r: r.provider, ("dashscope",)),
        ("provider: [dashscope, wavespeed]", lambda r: r.provider, ("dashscope", "wavespeed")),
        ("region: singapore", lambda r: r.region, "singapore"),
        ("model: any-model/of-tomorrow", lambda r: r.model, "any-model/of-tomorrow"),
        ("audio: false", lambda r: r.audio, False),
        ("watermark: true", lambda r: r.watermark, True),
        ("seed: 0", lambda r: r.seed, 0),
        ("seed: 4294967295", lambda r: r.seed, 4294967295),
        ("prompt_extend: true", lambda r: r.prompt_extend, True),
        ("shot_type: single", lambda r: r.shot_type, "single"),
        ("shot_type: multi", lambda r: r.shot_type, "multi"),
        ("fit: exact", lambda r: r.fit, "exact"),
        ("fit: trim, seed: 1", lambda r: sorted(r.settings), ["fit", "seed"]),
    ],
)
def test_a_render_setting(body: str, value: Callable[[Any], Any], expected: Any, good) -> None:
    assert expected == value(good(timed(f"render: {{{body}}}")).shots[0].render)


# Film


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("size: 1920x1080", lambda f: f.size, (1920, 1080)),
        ("fps: 24", lambda f: f.fps, 24),
        ("chapters: false", lambda f: f.chapters, False),
        ("subtitles: {files: srt}", lambda f: f.subtitle_files, ("srt",)),
        (
            "subtitles: {files: [srt, vtt], soft: true}",
            lambda f: (f.subtitle_files, f.subtitle_soft),
            (("srt", "vtt"), True),
        ),
    ],
)
def test_a_film_setting(body: str, value: Callable[[Any], Any], expected: Any, good) -> None:
    assert expected == value(good(f"film: {{{body}}}\n" + timed("tags: a")).film)


@pytest.mark.parametrize(
    "body",
    [
        "music: {file: sound/theme.mp3, gain: -12dB, duck: -9dB, fade_in: 0s, fade_out: 2s}",
        "voice_over: {file: sound/wind.wav, at: 1:10, gain: +3dB}",
        "loudness: -16 LUFS",
        "loudness: -23.5LUFS",
        "titles: [{text: T, at: 0s, for: 3s}]",
        "deliver: [{name: tall, ratio: '9:16', fit: crop}, {name: b, ratio: 1:1, fit: blur}, {name: c-1, ratio: 4:5}]",
        "subtitles: {burn: true}",
        "transition: dissolve",
        "transition: {type: fade, for: 1s}",
    ],
)
def test_the_rest_of_a_film_is_accepted(body: str, good) -> None:
    assert good(f"film: {{{body}}}\n" + timed("tags: a"))


# What holds where nothing is written


def defaults_of(definition: dict[str, Any]) -> dict[str, Any]:
    """What the schema says holds without a key."""
    return {key: part["x-default"] for key, part in definition["properties"].items() if "x-default" in part}


def test_the_schema_tells_the_defaults_that_hold(good) -> None:
    storyboard = good(CAST + "film: {subtitles: {}}\n" + with_beat("say: {mia: A}").removeprefix(CAST))
    shot, film = storyboard.shots[0], storyboard.film
    render = {key: getattr(shot.render, key) for key in defaults_of(DEFINITIONS["render"])}
    assert defaults_of(DEFINITIONS["render"]) == {**render, "provider": shot.render.provider[0]}
    assert defaults_of(DEFINITIONS["film"]) == {"fps": film.fps, "chapters": film.chapters}
    assert DEFINITIONS["take"]["x-default"] == shot.take
    assert DEFINITIONS["split"]["x-default"] == shot.split
    assert schema()["properties"]["language"]["x-default"] == storyboard.language
    assert defaults_of(DEFINITIONS["member"]) == {"kind": storyboard.cast["leo"].kind}
    assert defaults_of(DEFINITIONS["long_line"]) == {"how": shot.segments[0].lines[0].how}


# Keys of one's own


LEVELS = {
    "top": "{}\n" + timed("tags: a"),
    "defaults": "defaults: {{{}}}\n" + timed("tags: a"),
    "profile": "profiles: {{p: {{{}}}}}\n" + timed("tags: a"),
    "member": "cast: {{x: {{{}}}}}\nshots: [{{id: s1, prompt: x, duration: 4s}}]\n",
    "shot": "shots: [{{id: s1, prompt: x, duration: 4s, {}}}]\n",
    "segment": "shots: [{{id: s1, segments: [{{for: 4s, {}}}]}}]\n",
    "film": "film: {{{}}}\n" + timed("tags: a"),
}
PRIVATE_ONLY = {
    "vars": "vars: {{{}}}\n" + timed("tags: a"),
    "cast": "cast: {{{}}}\nshots: [{{id: s1, prompt: x, duration: 4s}}]\n",
    "profiles": "profiles: {{{}}}\n" + timed("tags: a"),
    "expect": "expect: {{{}}}\n" + timed("tags: a"),
    "from": "cast: {{x: {{from: {{shot: s1, {}}}}}}}\nshots: [{{id: s1, prompt: x, duration: 4s}}]\n",
    "render": "shots: [{{id: s1, prompt: x, duration: 4s, render: {{{}}}}}]\n",
    "audio": "shots: [{{id: s1, prompt: x, duration: 4s, audio: {{{}}}}}]\n",
    "transition": "shots: [{{id: s1, prompt: x, duration: 4s, transition: {{type: cut, {}}}}}]\n",
    "title_card": "shots: [{{id: s1, prompt: x, duration: 4s, title_card: {{text: T, {}}}}}]\n",
    "camera": "shots: [{{id: s1, segments: [{{for: 4s, camera: {{{}}}}}]}}]\n",
    "line": "cast: {{mia: {{}}}}\nshots: [{{id: s1, segments: [{{for: 4s, say: {{by: mia, line: A, {}}}}}]}}]\n",
    "music": "film: {{music: {{{}}}}}\n" + timed("tags: a"),
    "voice_over": "film: {{voice_over: {{{}}}}}\n" + timed("tags: a"),
    "subtitles": "film: {{subtitles: {{{}}}}}\n" + timed("tags: a"),
    "title": "film: {{titles: [{{text: T, at: 0s, for: 1s, {}}}]}}\n" + timed("tags: a"),
    "delivery": "film: {{deliver: [{{name: a, ratio: '1:1', {}}}]}}\n" + timed("tags: a"),
}


def at_level(level: str, text: str) -> str:
    """A storyboard with a key put into one of its maps; flow maps of `timed` are not templates."""
    template = {**LEVELS, **PRIVATE_ONLY}[level]
    head, cut, tail = template.partition(timed("tags: a"))
    return head.format(text) + cut + tail


@pytest.mark.parametrize("level", [*LEVELS, *PRIVATE_ONLY])
@pytest.mark.parametrize("value", ["text", "3", "[a, {b: c}]"])
def test_private_keys_are_free_everywhere(level: str, value: str, good) -> None:
    assert good(at_level(level, f"x-own: {value}"))


@pytest.mark.parametrize("level", LEVELS)
def test_meta_is_free_where_there_is_something_to_note(level: str, good) -> None:
    assert good(at_level(level, "meta: {a: 1, b: [c, {d: e}]}"))


@pytest.mark.parametrize("level", [*LEVELS, *PRIVATE_ONLY])
def test_any_other_key_is_refused_at_its_place(level: str, reads) -> None:
    named = level in ("vars", "cast", "profiles")  # maps of names: a key is unknown when it is no name
    text = at_level(level, "Not-A-Name: 1" if named else "qqq: 1")
    _, found = reads(text)
    errors = [d for d in found if d.severity == "error"]
    assert [("R2V101" if named else "R2V104", "Not-A-Name" if named else "qqq")] == [
        (d.code, pointed(d)) for d in errors
    ]


# What is forbidden


def pointed(diagnostic: Diagnostic) -> str:
    """The characters of the file that a diagnostic points at."""
    span = diagnostic.span
    assert span is not None
    return span.source.text[span.start : span.end]


BARE = timed("tags: a").removeprefix(CAST)


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        # Values.
        (with_shot("prompt: x, duration: 2 minutes"), "R2V101", "2 minutes"),
        (with_shot("prompt: x, duration: 0s"), "R2V101", "0s"),
        (with_shot("prompt: x, duration: -1"), "R2V101", "-1"),
        (with_shot("prompt: x, duration: 1:75"), "R2V101", "1:75"),
        (with_shot("prompt: x, duration: 1h"), "R2V101", "1h"),
        (with_shot("segments: [{at: 2s}]"), "R2V101", "2s"),
        (timed("render: {ratio: 16x9}"), "R2V101", "16x9"),
        (timed("render: {resolution: 4k}"), "R2V101", "4k"),
        (timed("render: {seed: 1.5}"), "R2V101", "1.5"),
        (timed("render: {seed: -1}"), "R2V101", "-1"),
        (timed("render: {audio: yes}"), "R2V101", "yes"),
        (timed("audio: {gain: -6}"), "R2V101", "-6"),
        (timed("take: 0"), "R2V101", "0"),
        (timed("split: yes"), "R2V101", "yes"),
        (timed("quiet: [speech]"), "R2V101", "speech"),
        (timed("transition: {type: swipe}"), "R2V101", "swipe"),
        (timed("trim: 1s"), "R2V101", "1s"),
        ("film: {size: 1921x1080}\n" + timed("tags: a"), "R2V101", "1921x1080"),
        ("film: {fps: 29.97}\n" + timed("tags: a"), "R2V101", "29.97"),
        ("film: {loudness: -16dB}\n" + timed("tags: a"), "R2V101", "-16dB"),
        ("film: {deliver: [{name: a, ratio: '1:1', fit: stretch}]}\n" + timed("tags: a"), "R2V101", "stretch"),
        ("expect: {max_cost: 12}\n" + timed("tags: a"), "R2V101", "12"),
        ("language: fr\n" + timed("tags: a"), "R2V101", "fr"),
        # Ids and names.
        (with_shot("prompt: x, duration: 2s").replace("id: s1", "id: S1"), "R2V101", "S1"),
        (with_shot("prompt: x, duration: 2s").replace("id: s1", "id: 1s"), "R2V101", "1s"),
        ("cast: {m-ia: {}}\n" + BARE, "R2V101", "m-ia"),
        ("profiles: {my-own: {}}\n" + timed("tags: a"), "R2V101", "my-own"),
        # Both of two, or neither.
        (with_shot("segments: [{for: 2s}], prompt: x, duration: 2s"), "R2V101", "prompt"),
        (with_shot("segments: [{for: 2s}], duration: 2s"), "R2V101", "duration"),
        (with_shot("tags: a"), "R2V102", "id"),
        (with_shot("prompt: x"), "R2V102", "id"),
        (with_shot("segments: [{for: 2s, at: 0-2s}]"), "R2V101", "for"),
        (with_shot("segments: [{action: x}]"), "R2V102", "action"),
        (with_shot("segments: [{for: 2s}, {at: 2-4s}]"), "R2V101", "at"),
        (with_shot("segments: [{at: 0-2s}, {for: 2s}]"), "R2V101", "for"),
        (
            "cast: {x: {image: refs/gift.png, video: refs/mia.mp4}}\n" + BARE,
            "R2V101",
            "video",
        ),
        (
            "cast: {x: {image: refs/gift.png, from: {shot: s1}}}\n" + BARE,
            "R2V101",
            "from",
        ),
        ("cast: {x: {from: {frame: last}}}\n" + BARE, "R2V102", "from"),
        (timed("first_frame: {x-a: 1}"), "R2V102", "first_frame"),
        # Lines.
        (with_beat("say: {mia: A, leo: B}"), "R2V101", "leo"),
        (with_beat("say: {by: mia}"), "R2V102", "say"),
        (with_beat("say: {line: A}"), "R2V102", "say"),
        (with_beat("say: {by: mia, line: A, how: sung}"), "R2V101", "sung"),
        (with_beat("say: Hello"), "R2V101", "Hello"),
        (with_beat("say: {tom: A}"), "R2V201", "tom"),
        (with_beat("say: {by: mia, to: tom, line: A}"), "R2V201", "tom"),
        # Names that nothing declares.
        (timed("cast: [tom]"), "R2V201", "tom"),
        (timed("first_frame: tom"), "R2V201", "tom"),
        ("cast: {x: {from: {shot: s9}}}\n" + BARE, "R2V201", "s9"),
        (timed("first_frame: refs/gift.png"), "R2V201", "refs/gift.png"),
        # What opens a clip is a picture.
        (timed("first_frame: mia"), "R2V101", "mia"),
        (timed("first_frame: leo"), "R2V101", "leo"),
        (timed("first_frame: {from: {shot: s1}}"), "R2V101", "{from: {shot: s1}}"),
        # Files.
        ("cast: {x: {image: refs/none.png}}\n" + BARE, "R2V203", "refs/none.png"),
        ("cast: {x: {image: http://x.org/a.png}}\n" + BARE, "R2V101", "http://x.org/a.png"),
        ("cast: {x: {image: ../out.png}}\n" + BARE, "R2V203", "../out.png"),
        (with_shot("clip: footage/none.mp4, duration: 2s"), "R2V203", "footage/none.mp4"),
        # Times.
        (with_shot("segments: [{at: 1-2s}]"), "R2V301", "at"),
        (with_shot("segments: [{at: 0-2s}, {at: 2.5-4s}]"), "R2V301", "at"),
        (with_shot("segments: [{at: 0-2s}, {at: 1-4s}]"), "R2V301", "at"),
        (with_shot("segments: [{at: 0-3s}, {at: 4-6s}, {at: 7-10s}]"), "R2V302", "at"),
        ("cast: {x: {from: {shot: s1, frame: 4s}}}\n" + BARE, "R2V306", "s1"),
        (timed("tags: a") + "- {id: s2, prompt: x, duration: 1s, transition: {type: wipe, for: 2s}}\n", "R2V306", "s2"),
        ("expect: {duration: 9s}\n" + timed("tags: a"), "R2V303", "9s"),
        ("expect: {shots: 2}\n" + timed("tags: a"), "R2V303", "2"),
    ],
)
def test_a_forbidden_form_has_its_code_and_its_place(text: str, code: str, at: str, reads) -> None:
    _, found = reads(text)
    assert [(code, at)] == [(d.code, pointed(d)) for d in found if d.severity == "error"]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("title: T\n", "R2V102"),
        ("r2v: 1\n", "R2V102"),
        ("r2v: 2\ntitle: T\n", "R2V101"),
        ("r2v: '1'\ntitle: T\n", "R2V101"),
    ],
)
def test_the_head_of_a_file(head: str, code: str, reads) -> None:
    _, found = reads(timed("tags: a"), head)
    assert [code] == [d.code for d in found if d.severity == "error"]


def test_an_edge_of_inclusive_seconds(reads) -> None:
    """Two segments, or parts of seconds, are a gap: only whole seconds, three segments and gaps of 1 s are a habit."""
    for ranges in (
        ["0-3s", "4-6s"],
        ["0-3s", "4-6s", "7.5-9s"],
        ["0-3s", "4-6s", "6-9s"],
        ["0-2.5s", "3.5-5s", "6-8s"],
    ):
        segments = ", ".join(f"{{at: {text}}}" for text in ranges)
        _, found = reads(with_shot(f"segments: [{segments}]"))
        assert {"R2V301"} == {d.code for d in found}
