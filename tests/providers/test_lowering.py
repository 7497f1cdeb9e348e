"""One shot to one body: what is asked for where the storyboard is silent, first frames, voices, lengths, prices."""

from __future__ import annotations

from typing import Any

import pytest

from r2v_pipeline.canonical import canonical
from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.model.types import Render, Segment, Shot
from r2v_pipeline.providers.base import Cost, Dialect, Prompt, Reference, RenderRequest
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.lowering import CatalogDialect

SPAN = Span(SourceText("a.yaml", ""), 0, 0)
PROMPT = Prompt("Video 1 waits.", "blurry", ())


def shot(model: str, duration_ms: int = 4000, *, beats: int = 1, **changed: Any) -> Shot:
    names = ("region", "resolution", "ratio", "audio", "watermark", "seed", "prompt_extend", "shot_type")
    written = {name: changed.pop(name) for name in names if name in changed}
    render = Render(
        **{
            "provider": ("dashscope",),
            "model": model,
            "region": "",
            "resolution": "",
            "ratio": "",
            "audio": True,
            "watermark": False,
            "seed": None,
            "prompt_extend": False,
            "shot_type": "auto",
            "fit": "trim",
            "settings": {},
            **written,
        }
    )
    segments = tuple(Segment(i * 1000, i * 1000 + 1000, None, (), (), None, SPAN) for i in range(beats))
    known = {"duration_ms": duration_ms, "first_frame": "", "segments": segments, "render": render, "span": SPAN}
    return Shot(**{**dict.fromkeys(Shot._fields), **known, **changed})


def ref(position: int, id: str, kind: str = "video", **more: Any) -> Reference:
    return Reference(position, id, "", kind, "refs/x", "ab", f"r2v-file:sha256:{id}", "refs/x", "", SPAN, **more)


def lowered(provider: str, wanted: Shot, *references: Reference) -> RenderRequest:
    dialect: Dialect = CatalogDialect(provider)
    request, problems = dialect.lower(wanted, PROMPT, (), references)
    assert () == problems
    assert request is not None
    assert canonical(request.body), "it can be keyed"
    assert dialect.picture_area(request) is None
    return request


AVA = ref(0, "ava", duration_ms=3000)
DOOR = ref(-1, "door", "image")


def test_everything_that_can_be_written_and_a_voice() -> None:
    """The first frame is one of the media and none of the numbered ones; a voice stands beside its member."""
    wanted = shot(
        "wan2.7-r2v", first_frame="door", resolution="1080p", ratio="9:16", watermark=True, seed=0, prompt_extend=True
    )
    boat = ref(1, "boat", "image", voice="https://example.com/boat.mp3")
    door = ref(-1, "door", "image", voice="https://example.com/door.mp3")
    assert lowered("dashscope", wanted, AVA, boat, door).body == {
        "model": "wan2.7-r2v",
        "input": {
            "prompt": "Video 1 waits.",
            "negative_prompt": "blurry",
            "media": [
                {"type": "first_frame", "url": "r2v-file:sha256:door"},
                {"type": "reference_video", "url": "r2v-file:sha256:ava"},
                {
                    "type": "reference_image",
                    "url": "r2v-file:sha256:boat",
                    "reference_voice": "https://example.com/boat.mp3",
                },
            ],
        },
        "parameters": {
            "resolution": "1080P",
            "ratio": "9:16",
            "duration": 4,
            "prompt_extend": True,
            "watermark": True,
            "seed": 0,
        },
    }


def test_the_gateway_spells_a_voice_in_its_own_way() -> None:
    media = lowered("vercel", shot("wan2.7-r2v"), AVA._replace(voice="https://example.com/a.wav")).body
    assert [
        {"type": "reference_video", "url": "r2v-file:sha256:ava", "referenceVoice": "https://example.com/a.wav"}
    ] == (media["providerOptions"]["alibaba"]["media"])


@pytest.mark.parametrize("model", ["happyhorse-1.1-r2v", "wan2.6-r2v"])
def test_a_voice_that_a_model_cannot_take_is_not_sent(model: str) -> None:
    picture = ref(0, "ava", "image", voice="https://example.com/a.wav")
    assert "a.wav" not in str(lowered("dashscope", shot(model), picture).body)


def test_references_go_by_their_position_not_by_the_order_they_come_in() -> None:
    body = lowered("dashscope", shot("wan2.6-r2v"), ref(1, "two", "image"), ref(0, "one")).body
    assert ["r2v-file:sha256:one", "r2v-file:sha256:two"] == body["input"]["reference_urls"]


@pytest.mark.parametrize(
    ("beats", "shot_type", "expected"), [(1, "auto", "single"), (2, "auto", "multi"), (2, "single", "single")]
)
def test_the_shot_type_is_always_sent_because_it_beats_the_prompt(beats: int, shot_type: str, expected: str) -> None:
    body = lowered("dashscope", shot("wan2.6-r2v", beats=beats, shot_type=shot_type), AVA).body
    assert expected == body["parameters"]["shot_type"]


@pytest.mark.parametrize(
    ("provider", "model", "length_ms", "asked_ms", "field"),
    [
        ("dashscope", "wan2.6-r2v", 500, 2000, ["parameters", "duration"]),
        ("dashscope", "wan2.6-r2v", 2500, 3000, ["parameters", "duration"]),
        ("dashscope", "wan2.6-r2v", 10_000, 10_000, ["parameters", "duration"]),
        ("wavespeed", "wan2.6-r2v", 5001, 10_000, ["duration"]),
        ("vercel", "wan2.7-r2v", 3000, 3000, ["duration"]),
    ],
)
def test_the_shortest_clip_that_covers_the_shot(
    provider: str, model: str, length_ms: int, asked_ms: int, field: list[str]
) -> None:
    request = lowered(provider, shot(model, length_ms), AVA)
    assert (asked_ms, length_ms) == (request.duration_ms, request.used_ms)
    value: Any = request.body
    for name in field:
        value = value[name]
    assert asked_ms // 1000 == value


def test_a_model_of_one_length_is_told_none() -> None:
    request = lowered("wavespeed", shot("veo3.1", 5000), ref(0, "boat", "image"))
    assert 8000 == request.duration_ms
    assert "duration" not in request.body


def test_a_first_frame_has_a_field_of_its_own_where_the_model_makes_clips_from_it() -> None:
    body = lowered("dashscope", shot("wan2.6-i2v", first_frame="door"), DOOR).body
    assert "r2v-file:sha256:door" == body["input"]["img_url"]


def test_only_the_vendors_own_service_has_the_model_in_the_body() -> None:
    ids = {}
    for provider in ("dashscope", "vercel", "wavespeed"):
        request = lowered(provider, shot("wan2.6-r2v"), AVA)
        ids[provider] = request.model
        assert ("model" in request.body) is (provider == "dashscope")
    assert {
        "dashscope": "wan2.6-r2v",
        "vercel": "alibaba/wan-v2.6-r2v",
        "wavespeed": "alibaba/wan-2.6/reference-to-video",
    } == ids


def test_a_family_is_the_member_that_fits() -> None:
    assert "wan2.6-r2v" == lowered("dashscope", shot("wan2.6"), AVA).model


@pytest.mark.parametrize(
    ("provider", "wanted", "references", "expected"),
    [
        # (4 s + the capped input) times the rate of the tier and the region
        ("dashscope", shot("wan2.6-r2v"), (AVA,), Cost(700_000, 700_000, "USD")),
        ("dashscope", shot("wan2.6-r2v", resolution="1080p"), (AVA,), Cost(1_050_000, 1_050_000, "USD")),
        ("dashscope", shot("wan2.6-r2v", region="beijing"), (AVA,), Cost(4_200_000, 4_200_000, "CNY")),
        ("dashscope", shot("wan2.6-r2v"), (AVA, ref(1, "boat", "image")), Cost(650_000, 650_000, "USD")),
        ("dashscope", shot("wan2.6-r2v-flash", audio=False), (AVA,), Cost(175_000, 175_000, "USD")),
        # nobody can tell how long a video behind an address is
        ("dashscope", shot("wan2.6-r2v"), (AVA._replace(duration_ms=None),), Cost(400_000, 900_000, "USD")),
        # a first frame is neither counted nor billed
        ("dashscope", shot("wan2.7-r2v", first_frame="door"), (AVA, DOOR), Cost(700_000, 700_000, "USD")),
        ("wavespeed", shot("wan2.6-r2v"), (AVA,), Cost(1_000_000, 1_000_000, "USD")),
        ("dashscope", shot("happyhorse-1.1-r2v"), (ref(0, "boat", "image"),), Cost(0, 0, "", known=False)),
    ],
)  # fmt: skip
def test_a_price_is_worked_out_of_the_request_alone(
    provider: str, wanted: Shot, references: tuple[Reference, ...], expected: Cost
) -> None:
    assert expected == CatalogDialect(provider).price(lowered(provider, wanted, *references))


def test_the_region_is_settled_but_no_part_of_the_body() -> None:
    here, there = (lowered("dashscope", shot("wan2.6-r2v", region=region), AVA) for region in ("", "beijing"))
    assert ("ap-southeast-1", "cn-beijing") == (here.region, there.region)
    assert ("720p", "16:9", True) == (here.resolution, here.ratio, here.audio)
    assert here.body == there.body


def test_every_length_in_the_catalog_is_a_whole_second() -> None:
    """A body has no fractions: a key cannot be made of them."""
    times = [
        ms
        for entry in entries()
        for rule in entry.durations
        for ms in (*rule.choices_ms, rule.least_ms, rule.most_ms, rule.step_ms)
    ]
    assert times
    assert [] == [ms for ms in times if ms % 1000]
