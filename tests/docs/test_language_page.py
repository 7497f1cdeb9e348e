"""docs/language.md, the names in the schema and the verdict follow from the schema and the catalog as they are."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from r2v_pipeline.model.schema_file import schema, schema_text
from r2v_pipeline.providers.catalog import known_models
from r2v_pipeline.providers.registry import names

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "language.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("|")]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """docs/make_language.py, which is a program and no part of the package."""
    spec = importlib.util.spec_from_file_location("make_language", DOCS / "make_language.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_written_from_the_schema(maker: ModuleType) -> None:
    """`python docs/make_language.py` after every change of the schema or the catalog."""
    assert maker.page() == PAGE


def test_the_schema_offers_the_names_of_the_catalog(maker: ModuleType) -> None:
    assert maker.with_names(schema_text()) == schema_text()
    known = schema()["definitions"]
    assert (list(names()), list(known_models())) == (known["known_provider"]["enum"], known["known_model"]["enum"])


def keys(part: Any) -> Iterator[str]:
    """Every key that a storyboard can have anywhere."""
    if isinstance(part, dict):
        for name, item in part.items():
            if name == "properties":
                yield from item
            if name not in ("examples", "defaultSnippets"):
                yield from keys(item)
    elif isinstance(part, list):
        for item in part:
            yield from keys(item)


def test_every_key_has_a_row() -> None:
    told = {row.split("|")[1].strip().strip("`") for row in ROWS}
    assert set() == set(keys(schema())) - told


def test_every_row_has_the_columns_of_its_table() -> None:
    """A bar inside a cell would shift the rest of the row."""
    columns = [len(re.findall(r"(?<!\\)\|", row)) for row in ROWS]
    heads = [number for number, row in enumerate(ROWS) if set(row) <= set("|- ")]
    for start, end in zip(heads, [*heads[1:], len(ROWS) + 1], strict=True):
        assert {columns[start]} == set(columns[start - 1 : end - 1])


def test_what_is_typed_is_set_as_code() -> None:
    """Names in double braces would vanish on pages that are themselves templates."""
    bare = [line for line in PAGE.split("## Names in texts")[0].splitlines() if "{{" in re.sub(r"`[^`]*`", "", line)]
    fence = re.search(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)
    assert fence
    assert [] == [line for line in bare if line not in fence[1].splitlines()]
