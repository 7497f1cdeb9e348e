"""Which providers there are, and that none of the catalog's can be sent anything before it has a client."""

from __future__ import annotations

import pytest

from r2v_pipeline.errors import UsageError
from r2v_pipeline.providers import registry
from r2v_pipeline.providers.animatic.client import AnimaticClient
from r2v_pipeline.providers.animatic.dialect import AnimaticDialect
from r2v_pipeline.providers.lowering import CatalogDialect


def test_ours_first_then_the_catalogs() -> None:
    assert ("animatic", "dashscope", "vercel", "wavespeed") == registry.names()


@pytest.mark.parametrize("name", registry.names())
def test_each_has_a_dialect(name: str) -> None:
    made = registry.dialect(name, fps=24, language="en", labels={})
    assert name == made.provider
    assert isinstance(made, AnimaticDialect if name == "animatic" else CatalogDialect)


def test_the_animatic_can_be_rendered() -> None:
    assert registry.renders("animatic")
    assert isinstance(registry.client("animatic", workers=1), AnimaticClient)


@pytest.mark.parametrize("name", ["dashscope", "vercel", "wavespeed"])
def test_the_others_cannot_yet_and_it_is_said_what_works(name: str) -> None:
    assert not registry.renders(name)
    with pytest.raises(UsageError, match=f"cannot render with '{name}' yet") as raised:
        registry.client(name, workers=1)
    assert 2 == raised.value.exit_code
    assert "--preview" in raised.value.help
