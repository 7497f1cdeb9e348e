"""`r2v models --refresh`: what services list otherwise than the catalog is told, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from r2v_pipeline.cli import refresh
from r2v_pipeline.cli.models import run as models
from r2v_pipeline.errors import UsageError
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.http.place import Where

WAN = "alibaba/wan-v2.6-r2v"
WAVE = "alibaba/wan-2.7/reference-to-video"
SCHEMA = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string"},
        "reference_images": {"type": "array", "maxItems": 5},
        "videos": {"type": "array", "maxItems": 5},
        "negative_prompt": {"type": "string"},
        "resolution": {"enum": ["720p", "1080p"]},
        "aspect_ratio": {"enum": ["16:9", "9:16", "1:1", "4:3", "3:4"]},
        "duration": {"type": "integer", "minimum": 2, "maximum": 10},
        "enable_prompt_expansion": {"type": "boolean"},
        "seed": {"type": "integer"},
    },
}


def gateway(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(rows)}


def vercel_row(id: str = WAN, **more: Any) -> dict[str, Any]:
    rates = [{"resolution": "720p", "cost_per_second": "0.10"}, {"resolution": "1080p", "cost_per_second": "0.15"}]
    return {"id": id, "type": "video", "pricing": {"video_duration_pricing": rates}, **more}


def wave_row(id: str = WAVE, **changed: Any) -> dict[str, Any]:
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], **changed}}  # type: ignore[dict-item]
    return {"model_id": id, "api_schema": {"api_schemas": [{"type": "model_run", "request_schema": schema}]}}


@pytest.fixture
def told(scripted: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """What one service says, compared: exit code, and its block of the JSON."""

    def run(provider: str, rows: Any, price: Any = None) -> dict[str, Any]:
        scripted.tell("/v1/models", (200, rows))
        scripted.tell("/api/v3/models", (200, {"code": 200, "data": rows}))
        scripted.tell("/api/v3/model/price", (200, price or {"code": 200, "data": {}}))
        code = refresh.run(provider, "json", scripted.where(gateway="/v4/ai", wavespeed=""))
        (block,) = json.loads(capsys.readouterr().out)["providers"]
        return {"rc": code, **block}

    return run


def of(block: dict[str, Any], model: str) -> list[tuple[str, str, str, str]]:
    """The differences of one model."""
    return [(d["kind"], d["of"], d["ours"], d["theirs"]) for d in block["differences"] if d["model"] == model]


class TestVercel:
    """A public list: no key goes along."""

    def test_nothing_differs(self, told: Callable[..., Any], scripted: Any) -> None:
        block = told("vercel", gateway(vercel_row()))
        assert [] == of(block, WAN)
        assert "authorization" not in scripted.asked[0].headers
        assert ("GET", "/v1/models") == scripted.asked[0][:2]

    def test_what_is_gone_and_what_is_new(self, told: Callable[..., Any]) -> None:
        block = told(
            "vercel", gateway(vercel_row(), vercel_row("alibaba/wan-v4.0-r2v"), {"id": "text", "type": "language"})
        )
        gone = [d["model"] for d in block["differences"] if d["kind"] == "gone"]
        assert [e.id for e in entries() if e.provider == "vercel" and e.id != WAN] == gone
        assert ["alibaba/wan-v4.0-r2v"] == [d["model"] for d in block["differences"] if d["kind"] == "new"]
        assert 10 == block["rc"]

    def test_a_price_that_has_changed(self, told: Callable[..., Any]) -> None:
        rates = [{"resolution": "720p", "cost_per_second": "0.11"}, {"resolution": "1080p", "cost_per_second": "0.15"}]
        row = vercel_row(pricing={"video_duration_pricing": rates})
        assert [("price", "a second of 720p", "0.1 USD", "0.11 USD")] == of(told("vercel", gateway(row)), WAN)

    def test_other_values(self, told: Callable[..., Any]) -> None:
        row = vercel_row(video_capabilities={"resolutions": ["720p"], "aspect_ratios": []})
        assert [("values", "resolution", "720p, 1080p", "720p")] == of(told("vercel", gateway(row)), WAN)

    @pytest.mark.parametrize("rows", [{"data": []}, {}, [], "text"])
    def test_no_list(self, rows: Any, told: Callable[..., Any]) -> None:
        block = told("vercel", rows)
        assert (7, False) == (block["rc"], block["asked"])
        assert "without its list of models" in block["why"]


class TestWaveSpeed:
    """A list with schemas, and a price for each plain clip."""

    def test_nothing_differs(self, told: Callable[..., Any], scripted: Any) -> None:
        assert [] == of(told("wavespeed", [wave_row()]), WAVE)
        plain = [asked.json for asked in scripted.asked if asked.path == "/api/v3/model/price"]
        assert [(WAVE, "720p", 5), (WAVE, "1080p", 5)] == [
            (p["model_id"], p["inputs"]["resolution"], p["inputs"]["duration"]) for p in plain
        ]
        assert ["https://reference.invalid/0.png"] == plain[0]["inputs"]["reference_images"]

    def test_only_models_made_of_references_are_told_of_when_new(self, told: Callable[..., Any]) -> None:
        rows = [wave_row(), {"model_id": "a/b/reference-to-video"}, {"model_id": "a/b/upscaler"}, {"model_id": 7}, "x"]
        block = told("wavespeed", rows)
        assert ["a/b/reference-to-video"] == [d["model"] for d in block["differences"] if d["kind"] == "new"]

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"duration": {"minimum": 2, "maximum": 15}},
             ("values", "seconds", "2, 3, 4, 5, 6, 7, 8, 9, 10", "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15")),
            ({"duration": {"enum": [5, 10]}}, ("values", "seconds", "2, 3, 4, 5, 6, 7, 8, 9, 10", "5, 10")),
            ({"resolution": {"enum": ["720p"]}}, ("values", "resolution", "720p, 1080p", "720p")),
            ({"videos": {"type": "array", "maxItems": 4}}, ("count", "videos", "5", "4")),
        ],
    )  # fmt: skip
    def test_what_its_schema_says_otherwise(self, changed: Any, expected: Any, told: Callable[..., Any]) -> None:
        assert [expected] == of(told("wavespeed", [wave_row(**changed)]), WAVE)

    def test_fields_that_are_unknown_or_wanted(self, told: Callable[..., Any]) -> None:
        row = wave_row()
        schema = row["api_schema"]["api_schemas"][0]["request_schema"]
        schema["properties"] = {n: p for n, p in schema["properties"].items() if n != "aspect_ratio"} | {"style": {}}
        schema["required"] = ["prompt", "style"]
        assert [("field", "aspect_ratio", "sent", "unknown"), ("field", "style", "not sent", "required")] == of(
            told("wavespeed", [row]), WAVE
        )

    def test_a_price_outside_of_the_catalogs(self, told: Callable[..., Any]) -> None:
        """Without a video the five seconds may be billed or not: 0.50 to 1.00 USD at 720p."""
        block = told("wavespeed", [wave_row()], {"code": 200, "data": {"price": 0.9}})
        assert [] == [d for d in of(block, WAVE) if "720p" in d[1]]
        block = told("wavespeed", [wave_row()], {"code": 200, "data": {"price": 1.2}})
        assert ("price", "5 s of 720p", "0.5 to 1 USD", "1.2 USD") == of(block, WAVE)[0]

    @pytest.mark.parametrize("schema", [None, {}, {"api_schemas": []}, {"api_schemas": [{"request_schema": "x"}]}])
    def test_a_model_without_a_schema_is_there_all_the_same(self, schema: Any, told: Callable[..., Any]) -> None:
        assert [] == of(told("wavespeed", [{"model_id": WAVE, "api_schema": schema}]), WAVE)

    def test_without_a_key(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert 7 == refresh.run("wavespeed", "text", Where(environ={}))
        said = capsys.readouterr().out
        assert "not compared: there is no key: WAVESPEED_API_KEY is not set" in said
        assert said.endswith("No list could be had.\n")


def test_the_catalog_is_as_the_sandbox_says(played: Callable[[], Where], capsys: pytest.CaptureFixture[str]) -> None:
    """The sandbox speaks by the catalog, so that whatever is told here would be told wrongly of the services too."""
    assert 0 == refresh.run("", "text", played())
    said = capsys.readouterr().out
    assert "dashscope (Alibaba Cloud Model Studio)\n  not compared: it documents no list of its models\n" in said
    assert said.endswith("The catalog is as vercel and wavespeed say.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--provider", "dashscope"], "'dashscope' has no list to compare with"),
        (["--provider", "vercell"], "the catalog has no 'vercell'"),
        (["wan2.6-r2v"], "goes with --provider and --format alone"),
        (["--family", "wan2.6"], "goes with --provider and --format alone"),
    ],
)
def test_what_makes_no_sense(words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        models(["--refresh", *words])
