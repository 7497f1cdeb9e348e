"""`r2v models`, and a provider of the catalog on the command line: no key, no network, nothing that could be sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from r2v_pipeline.cli.models import run
from r2v_pipeline.providers.catalog.load import entries, providers
from r2v_pipeline.providers.catalog.types import Entry

WIDEST = 100
BOARD = """\
r2v: 1
title: Two people
cast:
  ava: {video: https://example.com/ava.mp4}
  boat: {kind: object, image: https://example.com/boat.png}
shots:
  - {id: one, duration: 5s, prompt: "{{ ava }} rows {{ boat }}."}
  - {id: two, duration: 6s, prompt: "{{ ava }} rests."}
"""
SHORT = BOARD.replace("5s", "2s").replace("6s", "2s")


@pytest.fixture
def board(project: Path) -> Path:
    file = project / "board.yaml"
    file.write_text(BOARD, "utf-8")
    return file


def test_every_model_is_in_the_table_and_the_table_in_a_hundred_columns(r2v) -> None:
    ran = r2v("models", COLUMNS=str(WIDEST))
    assert 0 == ran.rc, ran.err
    assert [] == [line for line in ran.out.splitlines() if len(line) > WIDEST]
    words = ran.out.split()
    assert [] == [entry.id for entry in entries() if entry.id not in words]
    for provider in providers().values():
        assert f"{provider.id} ({provider.title}), from references" in ran.out


def test_a_row_says_what_a_model_takes_and_costs(r2v) -> None:
    rows = {line.split()[0]: line.split() for line in r2v("models", "--provider", "dashscope").out.splitlines() if line}
    assert ["1-5,", "≤3", "videos", "2-10", "720/1080p", "always", "$0.10-0.15+"] == rows["wan2.6-r2v"][1:-1]
    assert ["1-5", "2-15*", "720/1080p", "always", "$0.10-0.15+", "2026-10-01"] == rows["wan2.7-r2v"][1:]
    assert ["1-9", "images", "3-15", "480-1080p", "always", "-"] == rows["happyhorse-1.1-r2v"][1:-1]


def test_the_rows_can_be_narrowed_by_provider_and_family(r2v) -> None:
    shown = json.loads(r2v("models", "--provider", "vercel", "--family", "wan2.6", "--format", "json").out)
    assert ["alibaba/wan-v2.6-r2v", "alibaba/wan-v2.6-r2v-flash"] == [model["id"] for model in shown["models"]][:2]
    assert {("vercel", "wan2.6")} == {(model["provider"], model["family"]) for model in shown["models"]}
    assert shown == json.loads(r2v("models", "wan2.6", "--provider", "vercel", "--format", "json").out)


def test_one_model_whole_with_its_conditions_in_words(r2v) -> None:
    told = r2v("models", "wan2.6-r2v").out
    for line in (
        "wan2.6-r2v: Wan 2.6 reference-to-video",
        "  makes        a clip from references",
        "  references   1 to 5 references",
        "               no images, in us-east-1",
        "  length       5 or 10 s, in us-east-1",
        "               2 to 10 s",
        "               1.00 CNY a second, in cn-beijing, at 1080p",
        "  regions      ap-southeast-1 (unless another is written)",
        "  also billed  each reference video, up to 5, 2.5, 1.65, 1.25, 1 s for 1, 2, 3, 4, 5 references",
        "               wavespeed: alibaba/wan-2.6/reference-to-video",
    ):
        assert line in told.splitlines()
    assert "API reference: fields, counts, sizes, media (checked" in told


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.provider} {entry.id}")
def test_every_model_has_a_page_of_a_hundred_columns(
    entry: Entry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDEST))
    assert 0 == run([entry.id, "--provider", entry.provider])
    page = capsys.readouterr().out.splitlines()
    assert f"{entry.id}: {entry.title}" == page[0]
    assert [] == [line for line in page if len(line) > WIDEST]
    assert [] == [line for line in page if "None" in line or "()" in line or line != line.rstrip()]


def test_a_name_under_a_provider_is_the_entry_there(r2v) -> None:
    told = r2v("models", "wan2.6-r2v", "--provider", "wavespeed").out
    assert told.startswith("alibaba/wan-2.6/reference-to-video: ")
    assert "  also billed  5 s more for every clip\n" in told
    assert "  videos       at most 100 MiB\n" in told


def test_the_whole_catalog_as_json(r2v) -> None:
    shown = json.loads(r2v("models", "--format", "json").out)
    assert 1 == shown["version"]
    assert sorted((e.provider, e.id) for e in entries()) == sorted((m["provider"], m["id"]) for m in shown["models"])
    one = next(model for model in shown["models"] if model["id"] == "wan2.7-r2v")
    assert [
        {"least": 2, "most": 10, "step": 1, "when": {"videos": ["some"]}},
        {"least": 2, "most": 15, "step": 1, "when": {}},
    ] == one["seconds"]
    price = {"a_second": 0.15, "currency": "USD", "when": {"region": ["ap-southeast-1"], "resolution": ["1080p"]}}
    assert price in one["prices"]
    assert "film" not in one


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["wan2.6-r2w"], "did you mean 'wan2.6-r2v'?"),
        (["--provider", "dashscop"], "did you mean 'dashscope'?"),
        (["--family", "wan26"], "did you mean 'wan2.6'?"),
        (["happyhorse-1.1-r2v", "--provider", "vercel"], "'r2v models happyhorse-1.1-r2v' shows where it is"),
    ],
)
def test_what_the_catalog_does_not_have_is_a_wrong_command_line(arguments: list[str], expected: str, r2v) -> None:
    ran = r2v("models", *arguments)
    assert (2, "") == (ran.rc, ran.out)
    assert expected in ran.err


def test_for_a_storyboard_only_models_that_can_make_every_shot_with_the_films_price(board: Path, r2v) -> None:
    """5 s and 6 s, and of a video behind an address nothing to its cap: 2.5 s of two references, 5 s of one."""
    shown = json.loads(r2v("models", "--for", board.name, "--format", "json").out)["models"]
    films = {model["id"]: model["film"] for model in shown}
    assert {"costs": [{"low": 1.1, "high": 1.85, "currency": "USD"}], "unknown_prices": 0} == films["wan2.6-r2v"]
    assert {"costs": [], "unknown_prices": 2} == films["alibaba/wan-2.6/reference-to-video-flash"]
    assert not {"happyhorse-1.1-r2v", "alibaba/wan-2.6/reference-to-video"} & films.keys(), "one video, one picture"
    text = r2v("models", "--for", board.name, COLUMNS=str(WIDEST)).out
    assert [] == [line for line in text.splitlines() if len(line) > WIDEST]
    assert f"{len(entries()) - len(films)} of {len(entries())} models cannot make every shot" in text
    rows = [line.split()[0] for line in text.splitlines() if "$" in line]
    assert rows.index("wan2.6-r2v-flash") < rows.index("wan2.6-r2v"), "the cheapest of a provider first"


def test_for_a_storyboard_that_is_wrong(board: Path, r2v) -> None:
    board.write_text(BOARD.replace("prompt", "promt"), "utf-8")
    ran = r2v("models", "--for", board.name)
    assert (1, "") == (ran.rc, ran.out)
    assert "R2V104" in ran.err


def test_for_a_storyboard_that_no_model_can_make(board: Path, r2v) -> None:
    board.write_text(BOARD.replace("6s", "600s"), "utf-8")
    ran = r2v("models", "--for", board.name)
    assert 1 == ran.rc
    assert ran.out.startswith(f"{len(entries())} of {len(entries())} models cannot make every shot")


def test_a_provider_and_a_model_of_the_command_line_decide_over_the_file(board: Path, r2v) -> None:
    arguments = (board.name, "--provider", "vercel", "--model", "wan2.7-r2v")
    assert 0 == r2v("check", *arguments).rc
    jobs = json.loads(r2v("compile", *arguments, "--format", "json").out)["jobs"]
    assert ["alibaba/wan-v2.7-r2v"] * 2 == [job["model"] for job in jobs]
    assert ["Video 1 rows Image 1.", "Video 1 rests."] == [job["request"]["prompt"] for job in jobs]
    plan = json.loads(r2v("plan", *arguments, "--format", "json").out)
    assert {"low": 1.1, "high": 2.1, "currency": "USD"} == plan["totals"]["cost"]


def test_a_model_that_is_not_there_is_shown_on_the_command_line(board: Path, r2v) -> None:
    ran = r2v("check", board.name, "--provider", "dashscope", "--model", "wan2.6-r2w")
    assert 1 == ran.rc
    assert "1 | --provider dashscope --model wan2.6-r2w\n  |                              ^^^^^^^^^^\n" in ran.out
    assert "--> command line:1:30" in ran.out


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("dashscope", "DASHSCOPE_API_KEY"), ("vercel", "AI_GATEWAY_API_KEY"), ("wavespeed", "WAVESPEED_API_KEY")],
)
def test_a_build_without_a_key_is_refused_and_has_bought_nothing(
    provider: str, variable: str, board: Path, project: Path, r2v
) -> None:
    nobody = {"DASHSCOPE_API_KEY": "", "AI_GATEWAY_API_KEY": "", "VERCEL_OIDC_TOKEN": "", "WAVESPEED_API_KEY": ""}
    words = ("--provider", provider, "--model", "wan2.7-r2v", "--yes", "--allow-unknown-price")
    ran = r2v("build", board.name, *words, **nobody)
    assert 7 == ran.rc, ran.err
    assert f"there is no key: {variable}" in ran.err
    assert not (project / "build").exists()


def test_a_storyboard_for_a_service_has_a_preview(board: Path, project: Path, r2v) -> None:
    settings = "defaults: {render: {provider: dashscope, model: wan2.6-r2v}}\n"
    board.write_text(SHORT.replace("shots:", f"{settings}shots:"), "utf-8")
    ran = r2v("build", board.name, "--preview")
    assert 0 == ran.rc, ran.err
    assert (project / "build" / "board@preview" / "film.mp4").exists()


def test_a_version_with_another_model_has_a_folder_of_its_own(board: Path, project: Path, r2v) -> None:
    board.write_text(SHORT, "utf-8")
    ran = r2v("build", board.name, "one", "--model", "alibaba/wan-2.7/reference-to-video")
    assert 0 == ran.rc, ran.err
    assert ["board@alibaba-wan-2.7-reference-to-video"] == [path.name for path in (project / "build").iterdir()]


def test_a_plan_bills_what_the_price_counts(project: Path, r2v) -> None:
    """5 s and 6 s of clips; the video behind an address may add 2.5 s beside a picture, and 5 s alone."""
    (project / "board.yaml").write_text(BOARD, "utf-8")
    words = ("plan", "board.yaml", "--provider", "dashscope", "--model", "wan2.6-r2v")
    told = json.loads(r2v(*words, "--format", "json").out)
    renders = [action for action in told["actions"] if action["verb"] == "render" and action["seconds_clip"]]
    assert [(5, 7.5, 5), (6, 11, 6)] == [(a["seconds_clip"], a["seconds_billed"], a["seconds_used"]) for a in renders]
    assert (11, 18.5) == (told["totals"]["seconds_clip"], told["totals"]["seconds_billed"])
    assert 1.85 == told["totals"]["cost"]["high"]
    assert "Beside the clips up to 7.5 s are billed.\n" in r2v(*words).out


def test_seconds_that_nothing_bounds_are_unknown(project: Path, r2v) -> None:
    (project / "board.yaml").write_text(BOARD, "utf-8")
    words = ("plan", "board.yaml", "--provider", "wavespeed", "--model", "kling-v4.0", "--format", "json")
    told = json.loads(r2v(*words).out)
    assert (11, None) == (told["totals"]["seconds_clip"], told["totals"]["seconds_billed"])
