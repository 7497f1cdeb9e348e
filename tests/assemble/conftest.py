"""Clips to join, and where to join them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from boards import draw_card
from making import make_clip

from r2v_pipeline.assemble.film import Film, assemble
from r2v_pipeline.media.ffmpeg import Ffmpeg, find
from r2v_pipeline.model.types import Storyboard

Assemble = Callable[..., Film]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three clips of 2 s with the same parameter sets, each with its own picture, flash and beep at 1 s."""
    folder = tmp_path_factory.mktemp("clips")
    return {name: make_clip(folder / f"{name}.mp4", seed=seed) for seed, name in enumerate("abc")}


@pytest.fixture(scope="session")
def program() -> Ffmpeg:
    return find()


@pytest.fixture(scope="session")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of pieces for the whole run: that is how it is used, and it saves encoding."""
    return tmp_path_factory.mktemp("pieces")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "build" / "holiday"


@pytest.fixture
def joined(out: Path, pieces: Path, program: Ffmpeg) -> Assemble:
    """Joins clips into `out`; anything else may be given by name."""

    def join(storyboard: Storyboard, clips: Mapping[str, Path], **options: object) -> Film:
        given = {"pieces": pieces, "draw_card": draw_card, "ffmpeg": program, **options}
        return assemble(storyboard, clips, given.pop("out", out), **given)

    return join
