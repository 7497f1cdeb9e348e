"""`r2v plan --compare`: one storyboard at every model of the catalog, without a key, a network or a trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from r2v_pipeline.providers.catalog.load import entries

BOARD = """\
r2v: 1
title: Two people
cast:
  ava: {video: https://example.com/ava.mp4}
  boat: {kind: object, image: https://example.com/boat.png}
defaults: {render: {provider: vercel, model: wan2.6-r2v}}
shots:
  - {id: one, duration: 5s, prompt: "{{ ava }} rows {{ boat }}."}
  - {id: two, duration: 6s, prompt: "{{ boat }} rests."}
"""


@pytest.fixture
def board(project: Path) -> Callable[..., None]:
    def write(old: str = "", new: str = "") -> None:
        assert old in BOARD
        (project / "a.yaml").write_text(BOARD.replace(old, new) if old else BOARD, "utf-8")

    write()
    return write


def compared(r2v: Callable[..., Any], *words: str, rc: int = 0) -> dict[str, dict[str, Any]]:
    """Every rival by provider and model."""
    done = r2v("plan", "a.yaml", "--compare", "--format", "json", *words)
    assert rc == done.rc, done.err
    return {f"{model['provider']} {model['model']}": model for model in json.loads(done.out)["models"]}


@pytest.mark.usefixtures("board")
class TestEveryModel:
    def test_each_is_there_once(self, r2v: Callable[..., Any]) -> None:
        found = compared(r2v)
        models = {f"{entry.provider} {entry.id}" for entry in entries()}
        assert models == found.keys(), "and no family: every shot would get the same member"

    def test_what_all_of_it_costs(self, r2v: Callable[..., Any]) -> None:
        """One reference video of unknown length and a picture count 2.5 s each at most, in the first shot alone."""
        found = compared(r2v)
        own = found["dashscope wan2.6-r2v"]
        assert {"low": 11, "high": 13.5} == own["seconds_billed"]
        assert [{"low": 1.1, "high": 1.35, "currency": "USD"}] == own["costs"]
        assert (2, 11, "ap-southeast-1", False) == (
            own["jobs"], own["seconds_used"], own["region"], own["written"]
        )  # fmt: skip
        assert [name for name, model in found.items() if model["written"]] == ["vercel alibaba/wan-v2.6-r2v"]

    def test_where_a_model_makes_longer_clips(self, r2v: Callable[..., Any]) -> None:
        kling = compared(r2v)["wavespeed kwaivgi/kling-video-o1/reference-to-video"]
        assert {"low": 15, "high": 15} == kling["seconds_billed"]
        assert [{"low": 1.96, "high": 1.96, "currency": "USD"}] == kling["costs"]

    def test_what_rules_one_out_and_at_which_shot(self, r2v: Callable[..., Any]) -> None:
        horse = compared(r2v)["dashscope happyhorse-1.1-r2v"]
        assert not horse["fits"]
        assert [("R2V501", "one")] == [(refusal["code"], refusal["shot"]) for refusal in horse["refused"]]
        assert "takes no videos (here 1)" in horse["refused"][0]["message"]

    def test_those_that_can_come_first_and_the_cheapest_of_them_foremost(self, r2v: Callable[..., Any]) -> None:
        found = list(compared(r2v).values())
        fits = [model["fits"] for model in found]
        assert sorted(fits, reverse=True) == fits
        known = [m for m in found if m["fits"] and not m["unknown_prices"]]
        dollars = [m["costs"][0]["high"] for m in known if m["costs"][0]["currency"] == "USD"]
        assert len(dollars) > 5
        assert sorted(dollars) == dollars

    def test_only_some_shots(self, r2v: Callable[..., Any]) -> None:
        assert compared(r2v, "two")["dashscope happyhorse-1.1-r2v"]["fits"]
        assert {"low": 6, "high": 6} == compared(r2v, "two")["dashscope wan2.6-r2v"]["seconds_billed"]

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["--provider", "vercel"], {"vercel"}),
            (["--model", "wan2.7-r2v"], {"dashscope", "vercel", "wavespeed"}),
            (["--provider", "wavespeed", "--model", "wan2.6"], {"wavespeed"}),
        ],
    )
    def test_only_some_models(self, words: list[str], expected: set[str], r2v: Callable[..., Any]) -> None:
        found = compared(r2v, *words)
        assert expected == {model["provider"] for model in found.values()}
        assert len(found) < 20

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--provider", "animatic"], "the catalog has no 'animatic'"),
            (["--model", "wan2.6-r2w"], "did you mean 'wan2.6-r2v'?"),
            (["--preview"], "--compare goes with none of --preview, --sandbox and --exit-code"),
            (["--sandbox"], "--compare goes with none of --preview, --sandbox and --exit-code"),
            (["--exit-code"], "--compare goes with none of --preview, --sandbox and --exit-code"),
            (["nobody"], "R2V201"),
        ],
    )
    def test_what_makes_no_sense(self, words: list[str], said: str, r2v: Callable[..., Any]) -> None:
        done = r2v("plan", "a.yaml", "--compare", *words)
        assert 2 == done.rc
        assert said in done.err

    def test_as_a_table(self, r2v: Callable[..., Any]) -> None:
        told = r2v("plan", "a.yaml", "--compare").out
        assert told.startswith("2 shots; ")
        lines = [" ".join(line.split()) for line in told.splitlines()]
        assert "* vercel alibaba/wan-v2.6-r2v 2 11-13.5 s $1.10 to $1.35" in lines
        assert "dashscope happyhorse-1.1-r2v R2V501 one: takes no videos (here 1)" in lines
        assert "* is what the storyboard asks for." in lines
        assert any(line.startswith("and ") and "that make clips from words alone: R2V501" in line for line in lines)

    def test_as_markdown(self, r2v: Callable[..., Any]) -> None:
        told = r2v("plan", "a.yaml", "--compare", "--format", "markdown").out
        told = told.replace("`", "")
        assert "| vercel | alibaba/wan-v2.6-r2v (as written) | 2 | 11-13.5 s | $1.10 to $1.35 |" in told
        assert "| dashscope happyhorse-1.1-r2v | R2V501 one: takes no videos (here 1) |" in told


def test_a_storyboard_that_its_own_model_refuses(board: Callable[..., None], r2v: Callable[..., Any]) -> None:
    """That is when somebody asks."""
    board("model: wan2.6-r2v", "model: veo3.1-r2v, region: paris")
    assert 1 == r2v("check", "a.yaml").rc
    assert compared(r2v)["vercel alibaba/wan-v2.6-r2v"]["fits"]


@pytest.mark.parametrize("instead", ["provider: vercel}", "provider: animatic}"])
def test_a_storyboard_without_a_model(instead: str, board: Callable[..., None], r2v: Callable[..., Any]) -> None:
    board("provider: vercel, model: wan2.6-r2v}", instead)
    found = compared(r2v)
    assert found["vercel alibaba/wan-v2.6-r2v"]["fits"]
    assert not [name for name, model in found.items() if model["written"]]


def test_a_claim_about_the_price_is_what_one_wants_to_know_here(
    board: Callable[..., None], r2v: Callable[..., Any]
) -> None:
    board("title: Two people", "title: Two people\nexpect: {max_cost: 0.01 USD}")
    assert compared(r2v)["vercel alibaba/wan-v2.6-r2v"]["fits"]


def test_other_mistakes_are_told_and_nothing_is_compared(board: Callable[..., None], r2v: Callable[..., Any]) -> None:
    board("{{ boat }} rests", "{{ bote }} rests")
    done = r2v("plan", "a.yaml", "--compare")
    assert (1, "") == (done.rc, done.out)
    assert "bote" in done.err


def test_nobody_can(board: Callable[..., None], r2v: Callable[..., Any]) -> None:
    board("duration: 6s", "duration: 90s")
    done = r2v("plan", "a.yaml", "--compare")
    assert 1 == done.rc
    assert done.out.startswith("2 shots; no model can make all of it.\n")
    assert "R2V504 two: " in done.out


def test_a_family_of_which_shots_need_several_members(board: Callable[..., None], r2v: Callable[..., Any]) -> None:
    board("{{ boat }} rests", "A tree stands")
    found = compared(r2v)
    assert not found["dashscope wan2.6-r2v"]["fits"]
    assert found["dashscope wan2.6"]["fits"]
    assert "family" == found["dashscope wan2.6"]["makes"]
    assert [{"low": 1.1, "high": 1.35, "currency": "USD"}] == found["dashscope wan2.6"]["costs"]


def test_two_shots_that_ask_for_the_same_are_bought_once(board: Callable[..., None], r2v: Callable[..., Any]) -> None:
    board('duration: 6s, prompt: "{{ boat }} rests."', 'duration: 5s, prompt: "{{ ava }} rows {{ boat }}."')
    assert 1 == compared(r2v)["dashscope wan2.6-r2v"]["jobs"]


def test_a_shot_that_is_needed_counts_against_a_model_and_not_into_its_price(
    project: Path, r2v: Callable[..., Any]
) -> None:
    text = BOARD.replace("  boat:", "  light: {from: {shot: one, frame: last}}\n  boat:")
    (project / "a.yaml").write_text(text.replace("{{ boat }} rests", "{{ light }} rests"), "utf-8")
    found = compared(r2v, "two")
    assert [("R2V501", "one")] == [(r["code"], r["shot"]) for r in found["dashscope happyhorse-1.1-r2v"]["refused"]]
    assert 1 == found["dashscope wan2.6-r2v"]["jobs"]


def test_nothing_is_written(board: Callable[..., None], project: Path, r2v: Callable[..., Any]) -> None:
    assert board
    before = sorted(path for path in project.rglob("*"))
    assert 0 == r2v("plan", "a.yaml", "--compare").rc
    assert before == sorted(path for path in project.rglob("*"))


def test_a_setting_that_a_model_lacks_can_be_left_out(board: Callable[..., None], r2v: Callable[..., Any]) -> None:
    board("model: wan2.6-r2v}", "model: wan2.6-r2v, watermark: true}")
    told = r2v("plan", "a.yaml", "--compare").out
    _, _, nearly = told.partition("could, without settings that they do not have:\n")
    nearly, _, never = nearly.partition(" cannot make it:\n")
    assert "alibaba/wan-2.7/reference-to-video" in nearly
    assert "has no switch for a watermark" in nearly
    assert "alibaba/wan-2.7/reference-to-video" not in never
    assert "happyhorse-1.1-r2v" in never
