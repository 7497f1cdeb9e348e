"""Prices by the vendors' own rules: the figures on their pages, to the millionth."""

from __future__ import annotations

from itertools import product

import pytest
from catalog_cases import entry
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.providers.base import Cost
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.prices import UNKNOWN, billed_ms, price
from r2v_pipeline.providers.catalog.types import Asked

SINGAPORE = Asked(region="ap-southeast-1", resolution="720p", ratio="16:9")


def videos(*seconds: float, images: int = 0, asked: Asked = SINGAPORE) -> Asked:
    """A job with videos of these lengths and so many images."""
    return asked._replace(images=images, video_ms=tuple(round(s * 1000) for s in seconds))


def exactly(cost: Cost) -> tuple[int, str]:
    assert cost.known
    assert cost.low_micros == cost.high_micros
    return cost.high_micros, cost.currency


def billed(model: str, asked: Asked) -> float:
    """Billed input seconds of a clip of 5 s."""
    found = billed_ms(entry("dashscope", model), asked, 5000)
    assert found is not None
    assert found.low == found.high
    return (found.high - 5000) / 1000


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (videos(8), 5),
        (videos(8, images=1), 2.5),
        (videos(10, 1), 3.5),
        (videos(10, 1, images=1), 2.65),
        (videos(9, 9, 9), 4.95),
        (videos(9, images=3), 1.25),
        (videos(9, 9, 9, images=2), 3),
        (videos(images=2), 0),
    ],
)
def test_wan26_splits_five_seconds_over_all_references(asked: Asked, expected: float) -> None:
    assert expected == billed("wan2.6-r2v", asked)
    assert expected == billed("wan2.6-r2v-flash", asked)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (videos(8), 5),
        (videos(8, images=1), 5),
        (videos(10, 1, images=1), 3.5),
        (videos(9, 9, 9, 9, 9), 5),
        (videos(images=2), 0),
    ],
)
def test_wan27_splits_them_over_videos_only(asked: Asked, expected: float) -> None:
    assert expected == billed("wan2.7-r2v", asked)


def test_happyhorse_bills_no_input() -> None:
    assert 0 == billed("happyhorse-1.1-r2v", videos(images=9))


@pytest.mark.parametrize(
    ("model", "region", "resolution", "audio", "expected"),
    [
        ("wan2.6-r2v", "ap-southeast-1", "720p", True, (1_000_000, "USD")),
        ("wan2.6-r2v", "ap-southeast-1", "1080p", True, (1_500_000, "USD")),
        ("wan2.6-r2v", "cn-beijing", "720p", True, (6_000_000, "CNY")),
        ("wan2.6-r2v", "cn-beijing", "1080p", True, (10_000_000, "CNY")),
        ("wan2.6-r2v-flash", "ap-southeast-1", "1080p", False, (375_000, "USD")),
        ("wan2.6-r2v-flash", "ap-southeast-1", "1080p", True, (750_000, "USD")),
        ("wan2.6-r2v-flash", "ap-southeast-1", "720p", False, (250_000, "USD")),
        ("wan2.6-r2v-flash", "cn-beijing", "720p", False, (1_500_000, "CNY")),
        ("wan2.7-r2v", "cn-beijing", "1080p", True, (10_000_000, "CNY")),
        ("happyhorse-1.1-r2v", "cn-beijing", "480p", True, (4_500_000, "CNY")),
        ("happyhorse-1.0-r2v", "cn-beijing", "1080p", True, (16_000_000, "CNY")),
    ],
)
def test_ten_seconds_from_images(model: str, region: str, resolution: str, audio: bool, expected: object) -> None:
    asked = Asked(region=region, images=1, resolution=resolution, audio=audio)
    assert expected == exactly(price(entry("dashscope", model), asked, 10_000))


@pytest.mark.parametrize(
    ("model", "region", "resolution"),
    [
        ("wan2.6-r2v", "us-east-1", "720p"),
        ("wan2.6-r2v", "eu-central-1", "720p"),
        ("wan2.6-r2v-flash", "cn-beijing", "1080p"),
        ("happyhorse-1.1-r2v", "ap-southeast-1", "720p"),
    ],
)
def test_what_nobody_published_stays_unknown(model: str, region: str, resolution: str) -> None:
    asked = Asked(region=region, images=1, resolution=resolution)
    assert UNKNOWN == price(entry("dashscope", model), asked, 5000)


def test_half_a_millionth_is_rounded_up_once_at_the_end() -> None:
    """5 s, 1.65 s and 1.235 s at 0.0375 a second are 295,687.5 millionths."""
    asked = Asked(region="ap-southeast-1", images=1, video_ms=(9000, 1235), resolution="1080p", audio=False)
    assert (295_688, "USD") == exactly(price(entry("dashscope", "wan2.6-r2v-flash"), asked, 5000))


@pytest.mark.parametrize(
    ("resolution", "seconds", "expected"),
    [("720p", 5, "1.00"), ("720p", 10, "1.50"), ("1080p", 5, "1.50"), ("1080p", 10, "2.25")],
)
def test_wavespeed_wan26_figures(resolution: str, seconds: int, expected: str) -> None:
    """The rate times (5 + seconds): the four figures of its page."""
    model = entry("wavespeed", "alibaba/wan-2.6/reference-to-video")
    cost = price(model, videos(3, asked=Asked(resolution=resolution)), seconds * 1000)
    assert (round(float(expected) * 1e6), "USD") == exactly(cost)


@pytest.mark.parametrize(
    ("resolution", "seconds", "expected"),
    [
        ("720p", 5, "1.00"),
        ("720p", 10, "1.50"),
        ("720p", 15, "2.00"),
        ("1080p", 5, "1.60"),
        ("1080p", 10, "2.40"),
        ("1080p", 15, "3.20"),
    ],
)
def test_wavespeed_wan27_figures(resolution: str, seconds: int, expected: str) -> None:
    model = entry("wavespeed", "alibaba/wan-2.7/reference-to-video")
    cost = price(model, videos(3, asked=Asked(resolution=resolution)), seconds * 1000)
    assert (round(float(expected) * 1e6), "USD") == exactly(cost)


def test_wavespeed_wan27_with_images_only_is_a_range() -> None:
    """Nobody says whether the five seconds are billed without a video."""
    model = entry("wavespeed", "alibaba/wan-2.7/reference-to-video")
    assert Cost(500_000, 1_000_000, "USD") == price(model, Asked(images=2, resolution="720p"), 5000)


@pytest.mark.parametrize(("audio", "expected"), [(True, 3_200_000), (False, 1_600_000)])
def test_veo_bills_eight_seconds_whatever_is_asked(audio: bool, expected: int) -> None:
    model = entry("wavespeed", "google/veo3.1/reference-to-video")
    for seconds in (2, 8):
        cost = price(model, Asked(images=1, resolution="1080p", audio=audio), seconds * 1000)
        assert (expected, "USD") == exactly(cost)


@pytest.mark.parametrize(
    ("model", "seconds", "plain", "with_video"),
    [
        ("kwaivgi/kling-video-o1/reference-to-video", 5, 560_000, 840_000),
        ("kwaivgi/kling-video-o1-std/reference-to-video", 5, 420_000, 630_000),
        ("kwaivgi/kling-video-o1-std/reference-to-video", 10, 840_000, 1_260_000),
    ],
)
def test_kling_o1_costs_more_with_a_video(model: str, seconds: int, plain: int, with_video: int) -> None:
    kling = entry("wavespeed", model)
    assert (plain, "USD") == exactly(price(kling, Asked(images=2), seconds * 1000))
    assert (with_video, "USD") == exactly(price(kling, videos(8, images=2), seconds * 1000))


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (Asked(images=1, resolution="720p"), 6),
        (videos(2), 12),
        (videos(6), 12),
        (videos(4, 5), 15),
        (videos(10), 16),
    ],
)
def test_kling_4_bills_videos_at_least_as_long_as_the_clip(asked: Asked, seconds: int) -> None:
    """A clip of 6 s; with reference videos it is billed together with their length, or twice."""
    cost = price(entry("wavespeed", "kwaivgi/kling-v4.0/reference-to-video"), asked, 6000)
    assert (seconds * 157_000, "USD") == exactly(cost)


def test_kling_4_with_a_video_of_unknown_length_has_no_upper_end() -> None:
    model = entry("wavespeed", "kwaivgi/kling-v4.0/reference-to-video")
    assert UNKNOWN == price(model, SINGAPORE._replace(video_ms=(None,)), 6000)


@pytest.mark.parametrize(
    ("resolution", "expected"), [("480p", 600_000), ("720p", 1_200_000), ("1080p", 3_000_000), ("4k", 6_000_000)]
)
def test_seedance_2_by_resolution(resolution: str, expected: int) -> None:
    cost = price(entry("wavespeed", "bytedance/seedance-2.0/text-to-video"), Asked(resolution=resolution), 5000)
    assert (expected, "USD") == exactly(cost)


@pytest.mark.parametrize(
    ("model", "asked", "low", "high"),
    [
        ("alibaba/wan-v2.6-r2v", videos(8, images=1), 500_000, 750_000),
        ("alibaba/wan-v2.6-r2v", videos(images=2), 500_000, 500_000),
        ("alibaba/wan-v2.7-r2v", videos(8, images=1), 500_000, 1_000_000),
        ("alibaba/wan-v3.0-video", videos(8, 9), 500_000, 2_000_000),
    ],
)
def test_at_vercel_the_input_is_only_the_upper_end(model: str, asked: Asked, low: int, high: int) -> None:
    """Nobody says whether the vendor's charge is passed on."""
    assert Cost(low, high, "USD") == price(entry("vercel", model), asked, 5000)


def test_a_video_of_unknown_length_is_a_range_up_to_its_cap() -> None:
    asked = SINGAPORE._replace(images=1, video_ms=(9000, None))
    assert Cost(665_000, 830_000, "USD") == price(entry("dashscope", "wan2.6-r2v"), asked, 5000)


ASKED = st.builds(
    Asked,
    region=st.sampled_from(["", "ap-southeast-1", "cn-beijing", "us-east-1"]),
    images=st.integers(0, 12),
    video_ms=st.lists(st.one_of(st.none(), st.integers(0, 60_000)), max_size=8).map(tuple),
    first_frame=st.booleans(),
    resolution=st.sampled_from(["480p", "720p", "1080p", "4k"]),
    ratio=st.sampled_from(["16:9", "9:16"]),
    audio=st.booleans(),
)


@given(ASKED, st.integers(1, 30))
def test_every_price_is_a_range_that_grows_with_the_clip(asked: Asked, seconds: int) -> None:
    for model in entries():
        cost, longer = (price(model, asked, ms) for ms in (seconds * 1000, (seconds + 1) * 1000))
        assert cost.known is bool(cost.currency)
        assert 0 <= cost.low_micros <= cost.high_micros
        assert (cost.low_micros, cost.high_micros) <= (longer.low_micros, longer.high_micros)


@given(ASKED, st.integers(1, 30), st.integers(0, 60_000))
def test_knowing_a_length_stays_inside_the_range(asked: Asked, seconds: int, length: int) -> None:
    """What a plan promised before a file was looked at still holds after."""
    known = asked._replace(video_ms=tuple(length if ms is None else ms for ms in asked.video_ms))
    for model in entries():
        before, after = price(model, asked, seconds * 1000), price(model, known, seconds * 1000)
        if before.known:
            assert after.known
            assert before.low_micros <= after.low_micros <= after.high_micros <= before.high_micros


def test_every_listed_price_can_be_reached() -> None:
    """A rate behind one that always applies would never be used."""
    for model in entries():
        reached = set()
        for resolution, audio, lengths, region in product(
            model.settings.get("resolution", ("",)), (True, False), ((), (4000,)), model.regions or ("",)
        ):
            asked = Asked(region=region, images=1, video_ms=lengths, resolution=resolution, audio=audio)
            reached.add(next((rate for rate in model.rates if rate.when.holds(asked)), None))
        assert set(model.rates) <= reached
