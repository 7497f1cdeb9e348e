"""One `model:` in a storyboard and the entry that it means under each provider."""

from __future__ import annotations

import pytest
from catalog_cases import entry

from r2v_pipeline.providers.catalog import family_of, known_models
from r2v_pipeline.providers.catalog.choose import find, region_of, served
from r2v_pipeline.providers.catalog.load import entries


def found(model: str, provider: str, has: str = "references") -> str:
    """The id of what a model means; `has` is `references`, `frame` or nothing."""
    got = find(model, provider, references=has == "references", first_frame=has == "frame")
    return got.id if got else "none"


@pytest.mark.parametrize(
    ("model", "provider", "expected"),
    [
        ("wan2.6-r2v", "dashscope", "wan2.6-r2v"),
        ("wan2.6-r2v", "vercel", "alibaba/wan-v2.6-r2v"),
        ("wan2.6-r2v", "wavespeed", "alibaba/wan-2.6/reference-to-video"),
        ("wan2.6-r2v-flash", "wavespeed", "alibaba/wan-2.6/reference-to-video-flash"),
        ("alibaba/wan-v2.6-r2v", "dashscope", "wan2.6-r2v"),
        ("alibaba/wan-2.7/reference-to-video", "vercel", "alibaba/wan-v2.7-r2v"),
        ("wan2.7-r2v-2026-06-12", "dashscope", "wan2.7-r2v-2026-06-12"),
        ("bytedance/seedance-2.0", "wavespeed", "bytedance/seedance-2.0/text-to-video"),
        ("wan3.0-video", "wavespeed", "alibaba/wan-3.0/reference-to-video"),
    ],
)
def test_an_id_or_a_name_works_under_every_provider(model: str, provider: str, expected: str) -> None:
    assert expected == found(model, provider)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("wan2.7-r2v-2026-06-12", "vercel"),
        ("seedance-2.0", "dashscope"),
        ("veo3.1", "vercel"),
        ("", "dashscope"),
        ("nothing", "dashscope"),
    ],
)
def test_what_a_provider_does_not_have(model: str, provider: str) -> None:
    """A snapshot is not silently made by another version."""
    assert "none" == found(model, provider)


@pytest.mark.parametrize(
    ("model", "provider", "has", "expected"),
    [
        ("wan2.6", "dashscope", "references", "wan2.6-r2v"),
        ("wan2.6", "dashscope", "", "wan2.6-t2v"),
        ("wan2.6", "dashscope", "frame", "wan2.6-i2v"),
        ("wan2.6", "vercel", "", "alibaba/wan-v2.6-t2v"),
        ("wan2.7", "dashscope", "frame", "wan2.7-i2v"),
        ("wan2.7", "wavespeed", "references", "alibaba/wan-2.7/reference-to-video"),
        ("wan3.0", "dashscope", "references", "wan3.0-video"),
        ("happyhorse", "dashscope", "references", "happyhorse-1.1-r2v"),
        ("happyhorse", "dashscope", "", "happyhorse-1.1-r2v"),
        ("happyhorse", "wavespeed", "", "alibaba/happyhorse-1.0/text-to-video"),
        ("seedance", "wavespeed", "references", "bytedance/seedance-2.0/text-to-video"),
        ("kling-o1", "wavespeed", "references", "kwaivgi/kling-video-o1/reference-to-video"),
        ("kling-4", "wavespeed", "references", "kwaivgi/kling-v4.0/reference-to-video"),
        ("veo3.1", "wavespeed", "references", "google/veo3.1/reference-to-video"),
        ("vidu-q2", "wavespeed", "references", "vidu/reference-to-video-q2"),
    ],
)
def test_a_familys_name_is_the_member_that_fits_the_shot(model: str, provider: str, has: str, expected: str) -> None:
    """Where none fits it is the nearest, so that the diagnostic can say what it lacks."""
    assert expected == found(model, provider, has)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("wan2.6", "wan2.6-r2v"),
        ("wan2.6-r2v-flash", "wan2.6-r2v-flash"),
        ("alibaba/wan-v2.7-r2v", "alibaba/wan-v2.7-r2v"),
        ("veo3.1", "google/veo3.1/reference-to-video"),
        ("nothing", "none"),
    ],
)
def test_under_the_animatic_it_is_the_home_entry(model: str, expected: str) -> None:
    assert expected == found(model, "animatic")


def test_every_id_and_name_is_found_and_spoken_to_as_its_family() -> None:
    for e in entries():
        for word in (e.id, *e.names):
            assert e == find(word, e.provider, references=True, first_frame=False)
            family = family_of(word)
            assert family is not None
            assert e.family == family.id


def test_known_models_are_those_that_have_a_family() -> None:
    known = known_models()
    assert all(family_of(name) for name in known)
    assert {"wan2.6", "wan2.7", "happyhorse", "seedance", "kling-o1", "veo3.1", "vidu-q2", "wan2.6-r2v"} <= set(known)
    assert len(set(known)) == len(known)


def test_no_model_has_the_plain_dialect() -> None:
    default = family_of("")
    assert default is not None
    assert ("plain", "shots") == (default.naming.id, default.timing.id)
    assert family_of("wan") is None


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("wan2.6-r2v", "character{n}"),
        ("wan2.7-r2v", "Image {n}"),
        ("wan3.0-video", "Image {n}"),
        ("happyhorse-1.1-r2v", "[Image {n}]"),
        ("seedance-2.0", "@Image{n}"),
        ("kling-4", "@Image{n}"),
        ("kling-o1", "<<<image_{n}>>>"),
        ("veo3.1", "the {kind} in image {n}"),
        ("vidu-q2", "the {kind} in image {n}"),
        ("seedance-v1", "the {kind} in image {n}"),
        ("grok", "@image{n}"),
    ],
)
def test_what_a_picture_is_called(model: str, expected: str) -> None:
    family = family_of(model)
    assert family is not None
    assert expected == family.naming.pattern("image", "en")


@pytest.mark.parametrize(
    ("region", "expected"),
    [("", "ap-southeast-1"), ("singapore", "ap-southeast-1"), ("cn-beijing", "cn-beijing"), ("us", "us-east-1")],
)
def test_a_region_by_its_id_or_a_name(region: str, expected: str) -> None:
    got = region_of("dashscope", region)
    assert got is not None
    assert expected == got.id


def test_regions_that_are_not_there() -> None:
    assert region_of("dashscope", "paris") is None
    assert region_of("vercel", "singapore") is None
    assert region_of("animatic", "") is None
    assert region_of("vercel", "") is not None


@pytest.mark.parametrize(
    ("model", "region", "expected"),
    [
        ("wan2.6-r2v", "virginia", True),
        ("wan2.6-r2v-flash", "virginia", False),
        ("wan2.7-r2v", "tokyo", False),
        ("wan3.0-video", "singapore", False),
        ("wan3.0-video", "beijing", True),
    ],
)
def test_where_a_model_is_served(model: str, region: str, expected: bool) -> None:
    place = region_of("dashscope", region)
    assert place is not None
    assert expected is served(entry("dashscope", model), place)
