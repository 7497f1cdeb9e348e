"""`r2v build --sandbox` for every model of the resellers: from files on this disk to a joined film, over real HTTP."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from r2v_pipeline.cli.stages.front import Options, compiled, read
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Asked, Entry

EXAMPLES = Path(__file__).parents[2] / "examples" / "storyboards"
RESOLD = {f"{e.provider} {e.id}": e for e in entries() if e.provider in ("vercel", "wavespeed")}
# A film takes seconds to draw: all of them under `make torture`, else every sixth model.
FILMED = list(RESOLD)[:: 1 if os.environ.get("R2V_TORTURE") else 6]

BOARD = """
r2v: 1
title: Bought for nothing
cast:
{cast}
defaults: {{render: {{provider: {provider}, model: "{model}"}}}}
shots:
  - id: one
    segments: [{{for: {seconds}s, action: "{first} looks up."}}]
  - id: two
    segments: [{{for: {seconds}s, action: "{first} walks on, past {second}."}}]
"""
VIDEO, IMAGE = "  mia: {video: refs/mia.mp4}", "  gift: {kind: object, image: refs/gift.png}"
BOTH = f"{VIDEO}\n{IMAGE}"


def takes(entry: Entry, images: int, videos: int) -> bool:
    asked = Asked(images=images, video_ms=(4000,) * videos)
    counts = {"image": images, "video": videos, "all": images + videos}
    rules = [rule for rule in entry.counts if rule.when.holds(asked)]
    return all(rule.at_least <= counts[rule.of] <= (99 if rule.at_most is None else rule.at_most) for rule in rules)


def board(entry: Entry) -> str:
    """Two shots of references as the model takes them, each as short as the model makes them."""
    rule = entry.duration_rule(Asked(images=1, video_ms=(4000,)))
    assert rule is not None
    if takes(entry, 1, 1):
        cast, first, second = BOTH, "{{ Mia }}", "{{ gift }}"
    elif takes(entry, 1, 0):
        cast, first, second = IMAGE, "{{ Gift }}", "a door"
    elif takes(entry, 0, 1):
        cast, first, second = VIDEO, "{{ Mia }}", "a door"
    else:
        cast, first, second = "  mia: {look: an old woman}", "{{ Mia }}", "a door"
    words = {"cast": cast, "first": first, "second": second, "seconds": rule.least_ms // 1000}
    return BOARD.format(provider=entry.provider, model=entry.id, **words)


def sent(project: Path) -> list[dict[str, Any]]:
    """Every request of the sandbox's journal, in the order of the shots."""
    journal = sqlite3.connect(f"file:{project / '.r2v' / 'sandbox' / 'state.db'}?mode=ro", uri=True)
    try:
        return [json.loads(row[0]) for row in journal.execute("SELECT request FROM attempt ORDER BY job")]
    finally:
        journal.close()


def without_addresses(value: Any) -> Any:
    """A body with every reference as one word, whether it was uploaded or is still to be."""
    if isinstance(value, str):
        return "REFERENCE" if value.startswith(("r2v-file:", "http://127.0.0.1:")) else value
    if isinstance(value, dict):
        return {name: without_addresses(inner) for name, inner in value.items()}
    return [without_addresses(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture
def film(running_sandbox: Mapping[str, str], project: Path, r2v: Callable[..., Any]) -> Callable[..., Any]:
    """Builds a storyboard of the project in the sandbox that runs."""
    import secrets

    address = running_sandbox["wavespeed"]
    key = f"sbx_{secrets.token_hex(16)}"
    shutil.copytree(EXAMPLES / "refs", project / "refs")

    def build(*words: str) -> Any:
        return r2v("build", *words, "--sandbox", "--yes", R2V_SANDBOX=address, R2V_SANDBOX_KEY=key)

    return build


@pytest.mark.torture
@pytest.mark.parametrize("name", FILMED)
def test_a_film_of_two_shots(name: str, film: Callable[..., Any], project: Path) -> None:
    (project / "a.yaml").write_text(board(RESOLD[name]), "utf-8")
    done = film("a.yaml")
    assert 0 == done.rc, done.err
    (made,) = project.glob("build/*/film.mp4")
    assert b"ftyp" == made.read_bytes()[4:8]
    compilation, _ = compiled(read(str(project / "a.yaml"), Options()))
    assert compilation is not None
    asked = [dict(job.request.body) for job in compilation.jobs if job.request]
    assert without_addresses(json.loads(json.dumps(asked))) == without_addresses(sent(project))


@pytest.mark.parametrize("name", ["vercel alibaba/wan-v2.7-r2v", "wavespeed alibaba/wan-2.7/reference-to-video"])
def test_what_is_there_is_not_bought_again(name: str, film: Callable[..., Any], project: Path) -> None:
    (project / "a.yaml").write_text(board(RESOLD[name]), "utf-8")
    for _ in range(2):
        done = film("a.yaml")
        assert (0, 2) == (done.rc, len(sent(project))), done.err


@pytest.mark.torture
@pytest.mark.parametrize(
    ("example", "provider", "model"),
    [
        ("two_person_dialogue", "vercel", "wan2.6-r2v"),
        ("chain", "vercel", "wan2.7-r2v"),
        ("lighthouse", "wavespeed", "wan2.6-r2v-flash"),
        ("lighthouse", "wavespeed", "wan2.7-r2v"),
    ][: None if os.environ.get("R2V_TORTURE") else 1],
)
def test_an_example(example: str, provider: str, model: str, film: Callable[..., Any], project: Path) -> None:
    shutil.copytree(EXAMPLES, project, dirs_exist_ok=True)
    done = film(f"{example}.yaml", "--provider", provider, "--model", model)
    assert 0 == done.rc, done.err
    assert 1 == len(list(project.glob("build/*/film.mp4")))
