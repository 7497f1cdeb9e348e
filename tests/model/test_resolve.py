"""From a document to a storyboard: who wins where, and what is refused."""

from __future__ import annotations

from textwrap import dedent

import pytest

from r2v_pipeline.model.build import resolve
from r2v_pipeline.model.claims import film_ms
from r2v_pipeline.model.times import clock_text, duration_ms, range_ms, seconds_text
from r2v_pipeline.source.document import load
from r2v_pipeline.source.files import Disk


def board(tmp_path, text, **options):
    (tmp_path / "s.yaml").write_text("r2v: 1\ntitle: Test\n" + dedent(text), encoding="utf-8")
    disk = Disk(str(tmp_path))
    document, found = load(disk, "s.yaml")
    assert () == found
    return resolve(document, disk, **options)


def good(tmp_path, text, **options):
    storyboard, found = board(tmp_path, text, **options)
    assert storyboard is not None, found
    return storyboard


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2s", 2000),
        ("2.5s", 2500),
        ("1:10", 70_000),
        ("0:05", 5000),
        ("1:02.250", 62_250),
        (3, 3000),
        (2.5, 2500),
        ("2.0005s", 2001),
        ("two", None),
        (True, None),
        ("-1s", None),
        ("1h", None),
    ],
)
def test_durations(value, expected):
    assert expected == duration_ms(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0-2s", (0, 2000)),
        ("0s-2s", (0, 2000)),
        ("0:00-0:02", (0, 2000)),
        ("1.5–3s", (1500, 3000)),
        ("2s", None),
        (2, None),
    ],
)
def test_ranges(value, expected):
    assert expected == range_ms(value)


def test_times_are_written_as_they_are_read():
    assert ["2", "2.5", "0.125"] == [seconds_text(ms) for ms in (2000, 2500, 125)]
    assert ["00:02", "00:02.500", "01:04"] == [clock_text(ms) for ms in (2000, 2500, 64_000)]


LAYERS = """
defaults:
  render: {model: wan2.6-r2v-flash, resolution: 720p, seed: 1}
  style: Soft
  quiet: [dialogue, music]
profiles:
  final: {render: {resolution: 1080p}, style: Sharp, film: {size: 1920x1080}}
film: {size: 1280x720, transition: {type: fade, for: 1s}}
shots:
  - {id: a, prompt: A boat., duration: 5s, render: {seed: 2}, quiet: music}
  - {id: b, prompt: A ship., duration: 5s, transition: {type: dissolve, for: 0.5s}}
"""


def test_defaults_profile_shot_and_command_line(tmp_path):
    from r2v_pipeline.diagnostics import SourceText
    from r2v_pipeline.source.nodes import Map

    shots = good(tmp_path, LAYERS).shots
    assert ("wan2.6-r2v-flash", "720p", 2) == (shots[0].render.model, shots[0].render.resolution, shots[0].render.seed)
    assert ("music",) == shots[0].quiet
    assert ("dialogue", "music") == shots[1].quiet
    assert 1 == shots[1].render.seed
    final = good(tmp_path, LAYERS, profile="final")
    assert "1080p" == final.shots[0].render.resolution
    assert 2 == final.shots[0].render.seed
    assert "Sharp" == final.shots[0].style.value
    assert (1920, 1080) == final.film.size
    over = Map(SourceText("--provider", ""), 0)
    over["provider"] = "other"
    assert ("other",) == good(tmp_path, LAYERS, render=over).shots[0].render.provider


def test_a_setting_remembers_the_line_that_decided_it(tmp_path):
    shot = good(tmp_path, LAYERS).shots[0]
    assert 5 == shot.render.settings["resolution"].span.line
    assert 12 == shot.render.settings["seed"].span.line


def test_a_shots_transition_wins_over_the_films(tmp_path):
    shots = good(tmp_path, LAYERS).shots
    assert ["fade", "dissolve"] == [s.transition.type for s in shots]


def test_what_is_not_applied_yet_is_named_with_its_place(tmp_path):
    film = good(tmp_path, LAYERS).film
    assert [("transition dissolve", 13)] == [(s.value, s.span.line) for s in film.unapplied]


@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        ("[{id: a, prompt: x, duration: 5s}, {id: b, prompt: x, duration: 5s}]", 10_000),
        (
            "[{id: a, prompt: x, duration: 5s}, {id: b, prompt: x, duration: 5s, transition: {type: wipe, for: 1s}}]",
            9000,
        ),
        (
            "[{id: a, prompt: x, duration: 5s}, {id: b, prompt: x, duration: 5s, transition: {type: fade, for: 1s}}]",
            10_000,
        ),
        ("[{id: a, prompt: x, duration: 5s, trim: 1-3s}]", 2000),
        ("[{id: a, prompt: x, duration: 5s, title_card: {text: T, for: 2s}}]", 7000),
        # The first shot has no transition, whatever it says.
        ("[{id: a, prompt: x, duration: 5s, transition: {type: dissolve, for: 1s}}]", 5000),
    ],
)
def test_the_written_length_of_a_film(tmp_path, shots, expected):
    assert expected == film_ms(good(tmp_path, f"shots: {shots}\n"))


def test_vars_of_the_command_line_win_and_must_exist(tmp_path):
    text = 'vars: {season: spring}\nshots: [{id: a, prompt: "{{ season }}", duration: 5s}]\n'
    assert "autumn" == good(tmp_path, text, variables={"season": "autumn"}).vars["season"]
    _, (found,) = board(tmp_path, text, variables={"seasn": "autumn"})
    assert ("R2V201", "did you mean 'season'?") == (found.code, found.help)


def test_an_unknown_profile_is_refused(tmp_path):
    _, (found,) = board(tmp_path, LAYERS, profile="finl")
    assert ("R2V201", "did you mean 'final'?") == (found.code, found.help)


def test_media_paths_are_relative_to_the_file_that_writes_them(tmp_path):
    (tmp_path / "people" / "refs").mkdir(parents=True)
    (tmp_path / "people" / "refs" / "mia.png").write_bytes(b"x")
    (tmp_path / "people" / "cast.yaml").write_text("cast:\n  mia: {image: refs/mia.png}\n")
    storyboard = good(tmp_path, 'include: people/cast.yaml\nshots: [{id: a, prompt: "{{ mia }}", duration: 5s}]\n')
    assert "people/refs/mia.png" == storyboard.cast["mia"].media.path


def test_a_long_chain_of_shots_is_no_recursion(tmp_path):
    """3,000 shots that each need the one before."""
    from r2v_pipeline.compile.written import expand_storyboard

    count = 3000
    cast = "".join(f"  m{i}: {{from: {{shot: s{i}, frame: last}}}}\n" for i in range(count - 1))
    shots = "".join(
        f'  - {{id: s{i}, prompt: "{{{{ m{i - 1} }}}} on.", duration: 5s}}\n'
        if i
        else "  - {id: s0, prompt: A., duration: 5s}\n"
        for i in range(count)
    )
    storyboard = good(tmp_path, f"cast:\n{cast}shots:\n{shots}")
    _, found = expand_storyboard(storyboard, Disk(str(tmp_path)))
    assert () == found


def test_what_is_wrong_in_a_shot_is_told_beside_the_names_that_nothing_declares(tmp_path):
    """A shot in which something is wrong is kept for the later checks, and marked."""
    text = """
    cast: {mia: {look: red}}
    shots:
      - {id: a, segments: [{for: 2s, acton: "{{ mia }} walks"}]}
      - {id: b, segments: [{at: 1-2s, action: walks}]}
      - {id: c, segments: [{for: 2s, action: walks, say: {mio: hi}}]}
      - {id: d, segments: [{for: 2s, action: walks}]}
    """
    storyboard, found = board(tmp_path, text)
    assert ["R2V104", "R2V301", "R2V201"] == [d.code for d in found]
    assert {"a", "b", "c"} == storyboard.hurt
    assert storyboard.names_known


@pytest.mark.parametrize("text", ["casts: {mia: {}}", "cast: [mia]", "vars: 3", "includ: other.yaml"])
def test_no_name_is_unknown_where_the_names_themselves_are_broken(tmp_path, text):
    shots = '\nshots: [{id: a, prompt: "{{ mia }} walks", duration: 5s}]'
    storyboard, (found,) = board(tmp_path, text + shots)
    assert found.code in ("R2V101", "R2V104")
    assert not storyboard.names_known
