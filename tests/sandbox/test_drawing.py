"""What a result shows: the prompt by its times, who speaks, and references that lie on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from r2v_pipeline.media.pyav import decode_frame, describe
from r2v_pipeline.sandbox.beside import serving
from r2v_pipeline.sandbox.drawing import script
from r2v_pipeline.sandbox.jobs import Pace
from r2v_pipeline.sandbox.routes import Settings

ONE = [{"id": "character1", "label": "character1", "name": "character1", "kind": "image", "file": "x"}]
TWO = [*ONE, {**ONE[0], "id": "character2", "label": "character2", "name": "character2"}]


def parts(prompt: str, ms: int = 6000, references: list[dict[str, str]] = TWO) -> list[tuple[int, int, str]]:
    return [(s["start_ms"], s["end_ms"], s["action"]) for s in script(prompt, ms, references)[1]]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", [(0, 6000, "a cat")]),
        ("A room. Shot 1 [0-2s]: one Shot 2 [2-6s]: two", [(0, 2000, "one"), (2000, 6000, "two")]),
        ("Shot 1 [0-2.5s] one Shot 2 [2.5-6s] two", [(0, 2500, "one"), (2500, 6000, "two")]),
        ("开场。第1个镜头[0-3秒] 一。第2个镜头[4-6秒] 二", [(0, 4000, "一。"), (4000, 6000, "二")]),
        ("[00:00-00:02] one [00:02-00:06] two", [(0, 2000, "one"), (2000, 6000, "two")]),
        ("Shot 1 [0-9s]: beyond the end", [(0, 6000, "Shot 1 [0-9s]: beyond the end")]),
        ("Shot 1 [0-4s]: over Shot 2 [2-6s]: lapping", [(0, 6000, "Shot 1 [0-4s]: over Shot 2 [2-6s]: lapping")]),
    ],
)
def test_a_prompt_is_shown_by_its_times(prompt: str, expected: list[tuple[int, int, str]]) -> None:
    assert expected == parts(prompt)


def test_what_stands_before_the_shots_is_the_style() -> None:
    assert "A room." == script("A room. Shot 1 [0-6s]: one", 6000, ONE)[0]


def test_words_are_said_by_who_is_named_last_before_them() -> None:
    prompt = 'Character1 says to Character2: "Hello." character1 waits. character2 replies: “Hi.” A sign says "no"'
    (segment,) = script(prompt, 6000, TWO)[1]
    assert [("character2", "Hello."), ("character2", "Hi."), ("character2", "no")] == [
        (line["by"], line["line"]) for line in segment["lines"]
    ]
    assert [] == script('A sign says "no"', 6000, TWO)[1][0]["lines"]


def test_a_clip_has_the_size_and_length_that_were_asked_for(
    tmp_path: Path, client_of, clip: Callable[[float], Path]
) -> None:
    """With a picture and a video as references, and one that lies elsewhere; sound where it is wanted."""
    red = tmp_path / "red.png"
    Image.new("RGB", (400, 400), (220, 30, 30)).save(red)
    with serving(tmp_path / "s", Settings(limits=False), Pace(0, 0), plain=False) as sandbox:
        client = client_of(sandbox)
        model = "wan2.6-r2v-flash"
        urls = [client.oss(file, model).url_of_upload for file in (red, clip(2))]
        body: dict[str, Any] = {
            "model": model,
            "input": {"prompt": "character1 waves", "reference_urls": [*urls, "https://example.com/a.png"]},
            "parameters": {"size": "832*1088", "duration": 2, "shot_type": "single", "audio": False},
        }
        done = client.ended(client.task(body, x_dashscope_ossresourceresolve="enable"))["output"]
        (tmp_path / "clip.mp4").write_bytes(client.http.get(done["video_url"]).content)
    found = describe(tmp_path / "clip.mp4")
    assert (832, 1088, 2000, False) == (found.width, found.height, found.duration_ms, found.has_audio)
    frame = decode_frame(tmp_path / "clip.mp4", 1000)
    reds = sum(count for count, (r, g, b) in frame.getcolors(1 << 24) if r > 180 and g < 80 and b < 80)
    assert reds > 50_000, "the picture is in it"


def test_a_reference_that_cannot_be_drawn_fails_the_job(tmp_path: Path, client_of) -> None:
    """It passes for a picture by its head, and is none."""
    cut = tmp_path / "cut.png"
    Image.effect_noise((500, 400), 90).save(cut)
    cut.write_bytes(cut.read_bytes()[:2000])
    with serving(tmp_path / "s", Settings(limits=False), Pace(0, 0), plain=False) as sandbox:
        client = client_of(sandbox)
        url = client.oss(cut, "wan2.6-r2v").url_of_upload
        body = {
            "model": "wan2.6-r2v",
            "input": {"prompt": "character1 waves", "reference_urls": [url]},
            "parameters": {"size": "1280*720", "duration": 2, "shot_type": "single"},
        }
        failed = client.ended(client.task(body, x_dashscope_ossresourceresolve="enable"))["output"]
        assert ("FAILED", "InternalError.Algo") == (failed["task_status"], failed["code"])
        assert 0 == sandbox.ledger()["jobs"][0]["cost"]
