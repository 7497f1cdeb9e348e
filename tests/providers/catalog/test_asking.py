"""What is asked where the storyboard is silent, and what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from catalog_cases import entry, shot

from r2v_pipeline.providers.catalog.asking import asked_for, settings_sent
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Asked

R2V26 = entry("dashscope", "wan2.6-r2v")


def sent(id: str, provider: str = "dashscope", *lengths: int, **written: Any) -> dict[str, Any]:
    model, of = entry(provider, id), shot(*lengths, **written)
    return settings_sent(model, of, asked_for(model, of, 1, ()))


def test_the_cheap_tier_and_widescreen_are_asked_for_by_default() -> None:
    expected = Asked("ap-southeast-1", 1, (4000, None), False, "720p", "16:9", True)
    assert expected == asked_for(R2V26, shot(), 1, [4000, None])


def test_what_is_written_is_asked_for() -> None:
    of = shot(first_frame="mia", region="beijing", resolution="1080p", ratio="9:16", audio=False)
    expected = Asked("cn-beijing", 0, (), True, "1080p", "9:16", False)
    assert expected == asked_for(entry("dashscope", "wan2.6-r2v-flash"), of, 0, [])


def test_a_region_that_is_not_there_stays_as_written() -> None:
    assert "paris" == asked_for(R2V26, shot(region="paris"), 1, ()).region


@pytest.mark.parametrize(
    ("provider", "id", "expected"),
    [
        ("wavespeed", "vidu/reference-to-video-q2", ("720p", "16:9")),
        ("wavespeed", "kwaivgi/kling-video-o1/reference-to-video", ("", "16:9")),
        ("wavespeed", "x-ai/grok-imagine-video/reference-to-video", ("720p", "")),
        ("wavespeed", "bytedance/seedance-v1-lite/reference-to-video", ("", "")),
    ],
)
def test_what_a_model_does_not_have_is_not_asked_for(provider: str, id: str, expected: tuple[str, str]) -> None:
    found = asked_for(entry(provider, id), shot(), 1, ())
    assert expected == (found.resolution, found.ratio)


def test_every_default_is_one_that_the_model_has() -> None:
    for model in entries():
        found = asked_for(model, shot(), 1, ())
        assert found.resolution in model.settings.get("resolution", ("",))
        assert found.ratio in model.settings.get("ratio", ("",))
        assert found.audio in model.settings.get("audio", (True,))
        assert not model.sizes or (found.resolution, found.ratio) in model.sizes


@pytest.mark.parametrize(
    ("lengths", "written", "expected"),
    [
        ((5000,), {}, "single"),
        ((2000, 3000), {}, "multi"),
        ((2000, 3000), {"shot_type": "single"}, "single"),
        ((5000,), {"shot_type": "multi"}, "multi"),
    ],
)
def test_several_segments_are_several_shots(lengths: tuple[int, ...], written: dict[str, str], expected: str) -> None:
    """The vendor's default is one shot, whatever the prompt says."""
    assert expected == sent("wan2.6-r2v", "dashscope", *lengths, **written)["shot_type"]


def test_all_that_has_an_expensive_or_surprising_default_is_sent() -> None:
    expected = {
        "resolution": "720p",
        "ratio": "16:9",
        "size": "1280*720",
        "audio": True,
        "watermark": False,
        "prompt_extend": False,
        "shot_type": None,
        "seed": None,
    }
    assert expected == sent("wan2.7-r2v")


@pytest.mark.parametrize(
    ("provider", "id", "ratio", "expected"),
    [
        ("dashscope", "wan2.6-r2v", "4:3", "1632*1248"),
        ("dashscope", "wan2.7-r2v", "4:3", "1648*1248"),
        ("vercel", "alibaba/wan-v2.6-r2v", "9:16", "1080x1920"),
        ("vercel", "alibaba/wan-v2.7-r2v", "4:3", "1632x1248"),
        ("wavespeed", "alibaba/wan-2.6/reference-to-video", "9:16", "1080*1920"),
        ("wavespeed", "alibaba/wan-2.6/reference-to-video", "4:3", None),
        ("dashscope", "happyhorse-1.1-r2v", "4:3", None),
    ],
)
def test_the_vendors_own_text_for_a_size(provider: str, id: str, ratio: str, expected: str | None) -> None:
    assert expected == sent(id, provider, resolution="1080p", ratio=ratio)["size"]


def test_a_seed_is_sent_where_somebody_wrote_one_and_the_model_has_it() -> None:
    assert 7 == sent("wan2.6-r2v", seed=7)["seed"]
    assert sent("kwaivgi/kling-video-o1/reference-to-video", "wavespeed", seed=7)["seed"] is None
