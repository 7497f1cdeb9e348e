"""Makes `making` importable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from making import make_clip


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 30 fps with B-frames and sound, a flash and a beep at 1 s."""
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")
