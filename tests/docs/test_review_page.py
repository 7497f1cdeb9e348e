"""docs/review.md shows what r2v and Git print today, in a repository that is made for it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_shows_what_is_printed() -> None:
    """`python docs/make_review.py` writes it anew."""
    spec = importlib.util.spec_from_file_location("make_review", DOCS / "make_review.py")
    assert spec
    assert spec.loader
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert maker.page() == (DOCS / "review.md").read_text("utf-8")
