"""Several providers for one shot: each is held to its own limits, asked in its own words, and priced; the first makes
the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from r2v_pipeline.cli.stages.front import Front, Options, compiled, read
from r2v_pipeline.cli.stages.planning import prices
from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.providers.base import Cost, worst

STORY = """
r2v: 1
title: Two ways
cast:
  ava: {{video: https://example.com/ava.mp4}}
defaults: {{render: {{provider: {provider}, model: wan2.6-r2v, resolution: 720p{more}}}}}
shots:
  - {{id: only, duration: {seconds}s, prompt: "{{{{ ava }}}} waits."}}
"""


def front(folder: Path, provider: str, seconds: int = 5, more: str = "") -> Front:
    (folder / ".git").mkdir(exist_ok=True)
    file = folder / "in.yaml"
    file.write_text(STORY.format(provider=provider, seconds=seconds, more=more), "utf-8")
    return read(str(file), Options())


def job(folder: Path, provider: str, seconds: int = 5, more: str = "") -> Job:
    made = front(folder, provider, seconds, more)
    assert made.expanded is not None, [d.message for d in made.diagnostics]
    compilation, _ = compiled(made)
    assert compilation is not None
    return compilation.jobs[0]


def test_each_is_asked_in_its_own_words(tmp_path: Path) -> None:
    both = job(tmp_path, "[dashscope, wavespeed]")
    assert ["dashscope@ap-southeast-1", "wavespeed"] == [request.desk for request in both.requests]
    assert ["wan2.6-r2v", "alibaba/wan-2.6/reference-to-video"] == [request.model for request in both.requests]
    assert "videos" in both.requests[1].body
    assert both.request == both.requests[0]


def test_the_key_is_the_first_ones(tmp_path: Path) -> None:
    """A second provider may be added to a film that is half bought, and taken out again."""
    assert job(tmp_path, "dashscope").key == job(tmp_path, "[dashscope, wavespeed]").key
    assert job(tmp_path, "dashscope").key != job(tmp_path, "[wavespeed, dashscope]").key


def test_one_provider_has_no_ways(tmp_path: Path) -> None:
    assert () == job(tmp_path, "dashscope").ways
    assert () == job(tmp_path, "[dashscope]").ways


def test_a_region_is_for_who_has_it(tmp_path: Path) -> None:
    both = job(tmp_path, "[dashscope, wavespeed]", more=", region: beijing")
    assert ["dashscope@cn-beijing", "wavespeed"] == [request.desk for request in both.requests]


def test_the_price_is_the_dearest_ones(tmp_path: Path) -> None:
    """Model Studio bills 5 s of the clip and up to 5 of the video, WaveSpeedAI always 5 and 5."""
    made = front(tmp_path, "[dashscope, wavespeed]")
    assert made.expanded is not None
    compilation, _ = compiled(made)
    assert compilation is not None
    one, two = (way.cost for way in compilation.jobs[0].ways)
    assert (Cost(500_000, 1_000_000, "USD"), Cost(1_000_000, 1_000_000, "USD")) == (one, two)
    assert Cost(500_000, 1_000_000, "USD") == prices(made.expanded)(compilation.jobs[0])


USD, CNY, NOBODY = Cost(1, 3, "USD"), Cost(1, 2, "CNY"), Cost(0, 0, "", known=False)


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([USD, Cost(2, 5, "USD")], Cost(1, 5, "USD")),
        ([USD], USD),
        ([USD, CNY], NOBODY),
        ([USD, NOBODY], NOBODY),
        ([USD, Cost(0, 0, "CNY")], Cost(0, 3, "USD")),
        ([Cost(0, 0, "CNY"), Cost(0, 0, "USD")], Cost(0, 0, "CNY")),
    ],
)
def test_what_one_of_several_costs(costs: list[Cost], expected: Cost) -> None:
    """Two currencies have no dearest one without a rate, which counts as over any limit."""
    assert expected == worst(costs)


@pytest.mark.parametrize(
    ("provider", "seconds", "code", "said"),
    [
        ("[dashscope, wavespeed]", 30, "R2V504", "'alibaba/wan-2.6/reference-to-video'"),
        ("[dashscope, wavespeed]", 30, "R2V504", "'wan2.6-r2v'"),
        ("[dashscope, elsewhere]", 5, "R2V509", "this r2v has no provider 'elsewhere'"),
        ("[dashscope, animatic]", 5, "R2V509", "'animatic' stands in for nobody"),
        ("[animatic, dashscope]", 5, "R2V509", "'animatic' stands in for nobody"),
    ],
)
def test_every_one_is_held_to_its_limits(tmp_path: Path, provider: str, seconds: int, code: str, said: str) -> None:
    found = front(tmp_path, provider, seconds).diagnostics
    assert any(d.code == code and said in d.message for d in found), [d.message for d in found]


def test_one_without_the_model_is_named(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    file = tmp_path / "in.yaml"
    text = STORY.format(provider="[dashscope, vercel]", seconds=5, more="")
    file.write_text(text.replace("wan2.6-r2v", "happyhorse-1.1-r2v").replace("video:", "image:"), "utf-8")
    found = read(str(file), Options()).diagnostics
    assert any("'vercel' has no model 'happyhorse-1.1-r2v'" == d.message for d in found), [d.message for d in found]


def test_a_claim_about_the_price_holds_for_the_dearest(tmp_path: Path) -> None:
    file = tmp_path / "in.yaml"
    (tmp_path / ".git").mkdir()
    text = STORY.format(provider="[dashscope, wavespeed]", seconds=5, more="")
    for most, codes in (("1.00 USD", []), ("0.99 USD", ["R2V303"])):
        file.write_text(f"{text}expect: {{max_cost: {most}}}\n", "utf-8")
        assert codes == [d.code for d in read(str(file), Options()).diagnostics if d.code == "R2V303"]
