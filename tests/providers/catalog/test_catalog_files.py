"""The catalog's files: valid by their schema, complete, sourced, and nothing in them twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

import r2v_pipeline.providers.catalog as catalog
from r2v_pipeline.providers.catalog import files
from r2v_pipeline.providers.catalog.dialects import families
from r2v_pipeline.providers.catalog.load import entries, entries_like, micros, providers
from r2v_pipeline.providers.catalog.types import Entry

SCHEMA = json.loads((Path(catalog.__file__).parent / "catalog.schema.json").read_text(encoding="utf-8"))
FILES = (*files.texts(), files.DIALECTS, files.PROVIDERS, files.ERRORS)
EVERY = [pytest.param(e, id=f"{e.provider}:{e.id}") for e in entries()]

# Every model that the vendors' pages describe, by service.
MODELS = {
    "dashscope": """
        wan2.6-r2v wan2.6-r2v-flash wan2.6-t2v wan2.6-i2v wan2.7-r2v wan2.7-r2v-2026-06-12 wan2.7-t2v wan2.7-i2v
        wan3.0-video happyhorse-1.0-r2v happyhorse-1.1-r2v
    """,
    "vercel": """
        alibaba/wan-v2.6-r2v alibaba/wan-v2.6-r2v-flash alibaba/wan-v2.6-t2v alibaba/wan-v2.7-r2v alibaba/wan-v2.7-t2v
        alibaba/wan-v3.0-video alibaba/wan-v3.0-video-prime
    """,
    "wavespeed": """
        alibaba/wan-2.6/reference-to-video alibaba/wan-2.6/reference-to-video-flash alibaba/wan-2.6/text-to-video
        alibaba/wan-2.7/reference-to-video alibaba/wan-2.7/text-to-video alibaba/wan-3.0/reference-to-video
        alibaba/happyhorse-1.0/reference-to-video alibaba/happyhorse-1.1/reference-to-video
        alibaba/happyhorse-1.0/text-to-video vidu/reference-to-video-q2 vidu/q3/reference-to-video
        vidu/q4-preview/reference-to-video google/veo3.1/reference-to-video google/veo3.1-fast/reference-to-video
        kwaivgi/kling-video-o1/reference-to-video kwaivgi/kling-video-o1-std/reference-to-video
        kwaivgi/kling-video-o3-std/reference-to-video kwaivgi/kling-video-o3-pro/reference-to-video
        kwaivgi/kling-v4.0/reference-to-video bytedance/seedance-v1-lite/reference-to-video
        bytedance/seedance-2.0/text-to-video bytedance/seedance-2.0-fast/text-to-video
        bytedance/seedance-2.0-mini/text-to-video bytedance/seedance-2.5/text-to-video
        x-ai/grok-imagine-video/reference-to-video
    """,
}


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_valid(name: str) -> None:
    # The schema library knows lists and maps, not the reader's own containers.
    data = json.loads(json.dumps(files.data(name)))
    found = [f"{list(e.path)}: {e.message}" for e in Draft7Validator(SCHEMA).iter_errors(data)]
    assert [] == found


def test_a_wrong_file_is_found() -> None:
    Draft7Validator.check_schema(SCHEMA)
    data = json.loads(json.dumps(files.data("veo.yaml")))
    del data["models"][0]["sources"]
    data["models"][1]["body"][0]["from"] = "promt"
    paths = [list(e.path) for e in Draft7Validator(SCHEMA).iter_errors(data)]
    assert [["models", 0], ["models", 1, "body", 0, "from"]] == sorted(paths, key=str)


def test_every_model_is_there() -> None:
    expected = {(provider, id) for provider, ids in MODELS.items() for id in ids.split()}
    assert expected == {(e.provider, e.id) for e in entries()}


def test_ids_and_names_mean_one_thing_at_a_provider() -> None:
    for provider in providers():
        words = [word for e in entries() if e.provider == provider for word in {e.id, *e.names}]
        assert sorted(set(words)) == sorted(words)


def test_a_name_belongs_to_one_family_and_is_no_familys_name() -> None:
    """Else `family_of` and `find` could disagree on how a model is spoken to."""
    owners: dict[str, set[str]] = {}
    for e in entries():
        for word in (e.id, *e.names):
            owners.setdefault(word, set()).add(e.family)
    assert [] == [word for word, found in owners.items() if len(found) > 1]
    whole = [name for family in families().values() for name in family.names]
    assert sorted(set(whole)) == sorted(whole)
    assert [] == [name for name in whole if name in owners]


def test_a_familys_id_is_in_its_file() -> None:
    """A word is looked up in the files that it occurs in: all that can be asked for has to be written out there."""
    for e in entries():
        for word in (e.id, e.family, *e.names):
            assert e in entries_like(word)


@pytest.mark.parametrize("model", EVERY)
def test_every_entry_is_whole(model: Entry) -> None:
    regions = {region.id for region in providers()[model.provider].regions}
    assert set(model.regions) <= regions
    assert all(day.startswith("2026-") for _, day in model.sources)
    assert model.durations, "a model without a rule for lengths would be asked for any"
    assert model.durations[-1].when.facts == (), "the last rule for lengths has to apply to every job"
    assert {tier for tier, _ in model.sizes} <= set(model.settings["resolution"] if model.sizes else ())
    assert {ratio for _, ratio in model.sizes} <= set(model.settings["ratio"] if model.sizes else ())
    for rule in model.durations:
        assert tuple(sorted(rule.choices_ms)) == rule.choices_ms
        assert all(ms % 1000 == 0 for ms in (*rule.choices_ms, rule.least_ms, rule.most_ms, rule.step_ms))


@pytest.mark.parametrize("model", EVERY)
def test_conditions_name_what_exists(model: Entry) -> None:
    """A misspelt region or resolution would make a rule that never applies."""
    rules = [*model.counts, *model.durations, *model.rates, *model.billing.plus]
    known = {"region": model.regions, "resolution": model.settings.get("resolution", ())}
    for name, wanted in (fact for rule in rules for fact in rule.when.facts):
        assert name not in known or set(wanted) <= set(known[name])


@pytest.mark.parametrize("model", EVERY)
def test_everything_that_has_a_setting_is_sent(model: Entry) -> None:
    """What has more than one value, and what opens the clip, reaches the vendor by some field."""
    sources = {field.source for field in model.fields}
    assert len({field.path for field in model.fields}) == len(model.fields)
    assert "prompt" in sources
    assert model.sizes or "size" not in sources
    open_choices = {name for name, values in model.settings.items() if len(values) > 1} - {"resolution", "ratio"}
    assert open_choices <= sources
    assert "negative" not in model.settings or "negative" in sources
    assert "first_frame" not in model.settings or sources & {"media", "first_frame"}
    takes = any(rule.at_most != 0 for rule in model.counts if rule.of == "all") or model.makes == "reference"
    assert bool(sources & {"references", "images", "videos", "media"}) >= takes


def test_the_vendors_own_service_comes_first() -> None:
    assert ["dashscope", "vercel", "wavespeed"] == list(providers())
    order = list(providers())
    assert sorted((e.provider for e in entries()), key=order.index) == [e.provider for e in entries()]


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("1.20", 1_200_000), ("0.0375", 37_500), ("12", 12_000_000)])
def test_decimal_text_to_millionths(text: str, expected: int) -> None:
    assert expected == micros(text)


def test_a_price_of_seven_places_is_refused() -> None:
    with pytest.raises(ValueError, match="at most six places"):
        micros("0.0000001")


def test_a_damaged_file_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_text", lambda _: "models: [\n")
    with pytest.raises(ValueError, match=r"veo\.yaml: "):
        files.data.__wrapped__("veo.yaml")
