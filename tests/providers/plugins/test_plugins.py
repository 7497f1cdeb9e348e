"""Providers of other packages: found by their entry point, imported by name only; the one in the documents works."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.providers import plugins, registry

PAGE = Path(__file__).parents[3] / "docs" / "providers.md"

STORY = """
r2v: 1
title: Two colors
cast:
  lamp: {{image: refs/lamp.png}}
defaults: {{render: {{provider: {provider}}}}}
shots:
  - {{id: one, duration: 1s, prompt: "A lamp flickers by {{{{ lamp }}}}.", meta: {{color: red}}}}
  - {{id: two, duration: 1s, prompt: A lamp is dark.}}
"""


def example() -> str:
    """The package of the page: its only module."""
    (code,) = re.findall(r'^```python\n("""r2v_color\.py.*?)^```', PAGE.read_text("utf-8"), re.M | re.S)
    return str(code)


def install(site: Path, name: str, module: str, code: str) -> Path:
    """A package as an installer leaves it: the module, and what it says of itself."""
    site.mkdir(exist_ok=True)
    (site / f"{module}.py").write_text(code, "utf-8")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[r2v.providers]\n{name} = {module}\n", "utf-8")
    return site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where packages of this test lie; nothing is remembered of others."""
    place = tmp_path / "site"
    place.mkdir()
    monkeypatch.syspath_prepend(str(place))
    plugins.plugged.cache_clear()
    yield place
    plugins.plugged.cache_clear()
    sys.modules.pop("r2v_color", None)
    sys.modules.pop("r2v_broken", None)


@pytest.fixture
def environment(environment: dict[str, str], site: Path) -> dict[str, str]:
    """For a program under test, the packages of this test are installed."""
    return {**environment, "PYTHONPATH": f"{environment['PYTHONPATH']}:{site}"}


@pytest.fixture
def story(project: Path) -> Callable[[str], Path]:
    from PIL import Image

    def write(provider: str) -> Path:
        (project / "refs").mkdir(exist_ok=True)
        Image.new("RGB", (320, 320), "gold").save(project / "refs" / "lamp.png")
        (project / "story.yaml").write_text(STORY.format(provider=provider), "utf-8")
        return project / "story.yaml"

    return write


def test_the_example_of_the_page_makes_a_film(site: Path, project: Path, story: Any, r2v: Any) -> None:
    install(site, "color", "r2v_color", example())
    story("color")
    assert 0 == r2v("check", "story.yaml").rc
    done = r2v("build", "story.yaml")
    assert 0 == done.rc, done.out + done.err
    assert "2 rendered" in done.out
    assert (project / "build" / "story" / "film.mp4").exists()
    assert "nothing to do" in r2v("build", "story.yaml").out


def test_it_is_listed_and_known(site: Path, story: Any, r2v: Any) -> None:
    install(site, "color", "r2v_color", example())
    story("animatic")
    assert 0 == r2v("plan", "story.yaml", "--provider", "color").rc
    wrong = r2v("plan", "story.yaml", "--provider", "colour")
    assert "did you mean 'color'?" in wrong.err


def test_nothing_is_imported_that_nobody_names(site: Path, story: Any, r2v: Any) -> None:
    install(site, "broken", "r2v_broken", "raise SystemError('imported')\n")
    story("animatic")
    for command in (("check", "story.yaml"), ("plan", "story.yaml"), ("models",)):
        done = r2v(*command)
        assert 0 == done.rc, done.err


def test_one_that_cannot_be_imported_is_no_bug_of_ours(site: Path, story: Any, r2v: Any) -> None:
    install(site, "broken", "r2v_broken", "raise SystemError('not today')\n")
    story("broken")
    done = r2v("build", "story.yaml")
    assert 7 == done.rc
    assert "the provider 'broken' of the package 'r2v_broken' cannot be used: SystemError: not today" in done.err


@pytest.mark.parametrize("code", ["", "client = 7\ndialect = 7\n"])
def test_one_without_its_functions(site: Path, code: str) -> None:
    install(site, "broken", "r2v_broken", code)
    with pytest.raises(EnvironmentTrouble, match="the provider 'broken' of the package 'r2v_broken' cannot be used"):
        registry.client("broken", workers=1)


def test_a_name_of_ours_cannot_be_taken(site: Path) -> None:
    install(site, "dashscope", "r2v_broken", "raise SystemError('imported')\n")
    assert "dashscope" not in registry.further()
    assert "CatalogDialect" == type(registry.dialect("dashscope", fps=30, language="en", labels={})).__name__


@pytest.mark.parametrize("name", ["../x", "Color", "a b", "x" * 41])
def test_a_name_that_is_none(site: Path, name: str) -> None:
    install(site, name, "r2v_broken", "")
    assert () == registry.further()


def test_the_sandbox_does_not_play_it(site: Path, story: Any, r2v: Any) -> None:
    """It would be asked, and paid, without a question."""
    install(site, "color", "r2v_color", example())
    story("color")
    done = r2v("build", "story.yaml", "--sandbox")
    assert 2 == done.rc
    assert "the sandbox does not play 'color'" in done.err
