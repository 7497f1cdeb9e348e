"""Which providers there are, and where each is asked."""

from __future__ import annotations

import pytest

from r2v_pipeline.errors import UsageError
from r2v_pipeline.providers import registry
from r2v_pipeline.providers.animatic.client import AnimaticClient
from r2v_pipeline.providers.animatic.dialect import AnimaticDialect
from r2v_pipeline.providers.http.place import Where
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


@pytest.mark.parametrize(
    ("name", "keys", "desks"),
    [
        ("animatic", {}, ("animatic",)),
        ("dashscope", {"DASHSCOPE_API_KEY": "sk-1234567890"}, ("dashscope@ap-southeast-1", "dashscope@cn-beijing")),
    ],
)
def test_a_client_for_each_desk(name: str, keys: dict[str, str], desks: tuple[str, ...]) -> None:
    assert registry.renders(name)
    assert desks == registry.desks(name)[: len(desks)]
    accounts = {registry.client(desk, workers=1, where=Where(keys)).terms.account for desk in desks}
    assert len(desks) == len(accounts)


def test_without_a_region_it_is_the_default_one() -> None:
    where = Where({"DASHSCOPE_API_KEY": "sk-1234567890"})
    default = registry.client(registry.desks("dashscope")[0], workers=1, where=where)
    assert default.terms == registry.client("dashscope", workers=1, where=where).terms


def test_one_without_a_client_says_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(registry._VENDORS, "dashscope")
    assert not registry.renders("dashscope")
    with pytest.raises(UsageError, match="cannot render with 'dashscope' yet") as raised:
        registry.client("dashscope", workers=1)
    assert 2 == raised.value.exit_code
    assert "--preview" in raised.value.help
