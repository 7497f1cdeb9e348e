"""A shot to the body that is drawn: sizes, frames, words; pure, free, and only what the board shows."""

from __future__ import annotations

from typing import Any

import pytest

from r2v_pipeline.canonical import canonical
from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.model.types import Render, Setting, Shot
from r2v_pipeline.providers.animatic.dialect import AnimaticDialect, frame_size
from r2v_pipeline.providers.base import FREE, Beat, BeatLine, Dialect, Prompt, PromptPiece, Reference

SPAN = Span(SourceText("a.yaml", "ratio: 99:1\n"), 7, 11)


def shot(**changed: Any) -> Shot:
    settings = {"ratio": Setting(changed.get("ratio", ""), SPAN)}
    render = Render(
        provider=("animatic",),
        model="",
        region="",
        resolution=changed.pop("resolution", ""),
        ratio=changed.pop("ratio", ""),
        audio=changed.pop("audio", True),
        watermark=False,
        seed=None,
        prompt_extend=False,
        shot_type="auto",
        fit="trim",
        settings=settings,
    )
    empty: dict[str, Any] = dict.fromkeys(Shot._fields)
    known = {"id": "unboxing", "duration_ms": 4000, "take": 1, "render": render, "span": SPAN}
    return Shot(**{**empty, **known, **changed})


def lowered(dialect: AnimaticDialect, wanted: Shot, prompt: Prompt, *references: Reference) -> dict[str, Any]:
    request, problems = dialect.lower(wanted, prompt, BEATS, references)
    assert () == problems
    assert request is not None
    assert FREE == dialect.price(request)
    return dict(request.body)


BEATS = (
    Beat(0, 1500, "Mia waits.", "wide", (), "rain"),
    Beat(1500, 4000, "Leo comes.", "", (BeatLine("leo", "Leo Ray", "Here I am!", "shouted", None),), ""),
)
PROMPT = Prompt("Character1 waits. Warm film.", "blurry", (PromptPiece(18, 28, "style", None),), "Warm film.")


def ref(position: int, id: str, kind: str = "image") -> Reference:
    return Reference(
        position, id, f"character{position + 1}", kind, "refs/x", "ab", f"r2v-file:sha256:{id}", "", "", SPAN
    )


def test_a_body_holds_what_the_board_shows_and_the_prompt_it_stands_for() -> None:
    dialect: Dialect = AnimaticDialect(fps=24)
    made = lowered(
        AnimaticDialect(fps=24), shot(take=2), PROMPT, ref(0, "old_boat", "video"), ref(1, "leo"), ref(-1, "gift")
    )
    assert dialect.provider == "animatic"
    assert made == {
        "recipe": 1,
        "shot": "unboxing",
        "width": 1280,
        "height": 720,
        "fps": 24,
        "frames": 96,
        "audio": True,
        "language": "en",
        "take": 2,
        "segments": [
            {"start_ms": 0, "end_ms": 1500, "action": "Mia waits.", "camera": "wide", "lines": [], "sound": "rain"},
            {
                "start_ms": 1500,
                "end_ms": 4000,
                "action": "Leo comes.",
                "camera": "",
                "lines": [
                    {"by": "leo", "speaker": "Leo Ray", "line": "Here I am!", "how": "shouted", "speech_ms": None}
                ],
                "sound": "",
            },
        ],
        "references": [
            {
                "id": "old_boat",
                "label": "Old boat",
                "name": "character1",
                "kind": "video",
                "file": "r2v-file:sha256:old_boat",
                "area": None,
            },
            {
                "id": "leo",
                "label": "Leo Ray",
                "name": "character2",
                "kind": "image",
                "file": "r2v-file:sha256:leo",
                "area": None,
            },
        ],
        "first_frame": {
            "id": "gift",
            "label": "Gift",
            "name": "character0",
            "kind": "image",
            "file": "r2v-file:sha256:gift",
            "area": None,
        },
        "style": "Warm film.",
        "prompt": "Character1 waits. Warm film.",
        "negative": "blurry",
    }
    assert canonical(made)


def test_labels_and_language_come_from_the_storyboard_where_they_are_given() -> None:
    made = lowered(AnimaticDialect(language="zh", labels={"leo": "Captain"}), shot(), PROMPT, ref(0, "leo"))
    assert ("zh", "Captain") == (made["language"], made["references"][0]["label"])


def test_the_language_is_seen_from_the_words_where_it_is_not_given() -> None:
    found = []
    for words in ("Mia 等待", "日本のテキスト", "plain"):
        request, _ = AnimaticDialect().lower(shot(), PROMPT, (Beat(0, 4000, words, "", (), ""),), ())
        assert request is not None
        found.append(request.body["language"])
    assert ["zh", "en", "en"] == found


@pytest.mark.parametrize(("ms", "fps", "frames"), [(4000, 30, 120), (1, 30, 1), (2517, 24, 60), (2500, 25, 63)])
def test_a_length_is_rounded_to_the_nearest_frame(ms: int, fps: int, frames: int) -> None:
    assert frames == lowered(AnimaticDialect(fps), shot(duration_ms=ms), PROMPT)["frames"]


@pytest.mark.parametrize(
    ("resolution", "ratio", "size"),
    [
        ("", "", (1280, 720)),
        ("480p", "16:9", (832, 480)),
        ("480p", "9:16", (480, 832)),
        ("720p", "1:1", (960, 960)),
        ("720p", "3:4", (832, 1088)),
        ("1080p", "4:3", (1632, 1248)),
        ("1080p", "", (1920, 1080)),
        ("720p", "21:9", (1466, 628)),
    ],
)
def test_sizes_are_the_customary_ones(resolution: str, ratio: str, size: tuple[int, int]) -> None:
    assert size == frame_size(resolution, ratio)


@pytest.mark.parametrize("ratio", ["21:9", "2:3", "5:4", "4:1", "1:4", "137:100"])
@pytest.mark.parametrize("resolution", ["480p", "720p", "1080p"])
def test_any_other_ratio_gets_as_many_pixels_and_even_sides(resolution: str, ratio: str) -> None:
    size, usual = frame_size(resolution, ratio), frame_size(resolution, "16:9")
    assert size is not None
    assert usual is not None
    assert (0, 0) == (size[0] % 2, size[1] % 2)
    assert usual[0] * usual[1] == pytest.approx(size[0] * size[1], rel=0.01)


@pytest.mark.parametrize("ratio", ["99:1", "1:5", "0:1", "1:0"])
def test_a_ratio_that_no_board_fits_is_told_at_its_place(ratio: str) -> None:
    request, problems = AnimaticDialect().lower(shot(ratio=ratio), PROMPT, BEATS, ())
    assert request is None
    assert [("R2V507", SPAN)] == [(p.code, p.span) for p in problems]


def test_a_later_shot_takes_the_picture_of_a_board_and_not_its_words() -> None:
    dialect = AnimaticDialect()
    request, _ = dialect.lower(shot(), PROMPT, BEATS, (ref(0, "leo"),))
    assert request is not None
    x, y, width, height = dialect.picture_area(request)
    assert (0 < x, 0 < y, x + width < 1280, y + height < 720) == (True, True, True, True)
    assert abs(width / height - 16 / 9) < 0.01
    made = lowered(dialect, shot(), PROMPT, ref(0, "leo")._replace(area=(x, y, width, height)))
    assert [x, y, width, height] == made["references"][0]["area"]
