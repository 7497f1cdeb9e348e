"""The user's config: what is understood, what is refused, and that nothing of it comes from a project."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.cli.asking.settings import Amount, UserConfig, amount, config, environment_cap, place
from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.report.words import money

FULL = """
[budget]
build = "12 USD"
month = "100.50 usd"
allow_unknown = true

[rates]
CNY = "0.14 USD"
USD = "7.2 CNY"
"""


def written(folder: Path, text: str | bytes) -> dict[str, str]:
    path = folder / "config" / "r2v" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"XDG_CONFIG_HOME": str(folder / "config")}


def refused(folder: Path, text: str | bytes) -> str:
    with pytest.raises(EnvironmentTrouble) as caught:
        config(folder / "project", written(folder, text))
    message = caught.value.message.removeprefix(str(folder / "config" / "r2v" / "config.toml"))
    return f"{message} | {caught.value.help}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 USD", Amount(12_000_000, "USD")),
        ("12USD", Amount(12_000_000, "USD")),
        (" 0.5 eur ", Amount(500_000, "EUR")),
        ("$12.34", Amount(12_340_000, "USD")),
        ("€ 3", Amount(3_000_000, "EUR")),
        ("0 USD", Amount(0, "USD")),
        ("0.000001 CNY", Amount(1, "CNY")),
        ("12", None),
        ("12.5", None),
        ("", None),
        ("USD", None),
        ("$12 USD", None),
        ("-1 USD", None),
        ("1e3 USD", None),
        ("1,5 USD", None),
        ("1.2345678 USD", None),
        ("١٢ USD", None),
        ("2000000000 USD", None),
        ("1" * 400 + " USD", None),
        ("1 USDT", None),
        ("nan USD", None),
        ("1 USD\n", Amount(1_000_000, "USD")),
    ],
)
def test_amounts(text: str, expected: Amount | None) -> None:
    assert expected == amount(text)


@given(st.integers(0, 10**15), st.sampled_from(["USD", "EUR", "GBP", "CNY", "JPY"]))
def test_what_r2v_prints_can_be_typed(micros: int, currency: str) -> None:
    assert Amount(micros, currency) == amount(money(micros, currency))


def test_a_full_config(tmp_path: Path) -> None:
    environ = written(tmp_path, FULL)
    expected = UserConfig(
        tmp_path / "config" / "r2v" / "config.toml",
        Amount(12_000_000, "USD"),
        Amount(100_500_000, "USD"),
        True,
        {("CNY", "USD"): 140_000, ("USD", "CNY"): 7_200_000},
    )
    assert expected == config(tmp_path / "project", environ)


def test_addresses_of_services(tmp_path: Path) -> None:
    said = {"dashscope": "https://proxy.example/api/v1", "dashscope.cn-beijing": "https://other.example"}
    lines = "".join(f'"{name}" = "{url}"\n' for name, url in said.items())
    assert said == config(tmp_path / "project", written(tmp_path, f"[addresses]\n{lines}")).addresses


@pytest.mark.parametrize("value", ["7", '"http://proxy.example"', '"proxy.example"', '["https://a.example"]'])
def test_an_address_that_is_none(tmp_path: Path, value: str) -> None:
    with pytest.raises(EnvironmentTrouble, match=r"addresses. dashscope is no address"):
        config(tmp_path / "project", written(tmp_path, f"[addresses]\ndashscope = {value}\n"))


@pytest.mark.parametrize("text", ["", "[budget]\n", "# nothing\n[rates]\n"])
def test_a_config_that_says_nothing(tmp_path: Path, text: str) -> None:
    found = config(tmp_path / "project", written(tmp_path, text))
    assert UserConfig(found.path) == found


def test_no_config(tmp_path: Path) -> None:
    missing = tmp_path / "config" / "r2v" / "config.toml"
    assert UserConfig(missing) == config(tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "config")})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[budgt]\nbuild = "1 USD"', ": budgt means nothing | did you mean 'budget'?"),
        ('[budget]\nbild = "1 USD"', ": [budget] bild means nothing | did you mean 'build'?"),
        ("[budget]\nbuild = 12", ': [budget] build is no amount of money | write build = "12 USD"'),
        ('[budget]\nmonth = "12"', ': [budget] month is no amount of money | write month = "12 USD"'),
        ('budget = "1 USD"', ": budget is no table | write [budget] on a line of its own"),
        (
            '[budget]\nallow_unknown = "no"',
            ": [budget] allow_unknown is neither true nor false | write allow_unknown = true",
        ),
        ('[rates]\nyuan = "0.14 USD"', ': [rates] yuan is no currency | write CNY = "0.14 USD"'),
        ('[rates]\nCNY = "0 USD"', ': [rates] CNY is no rate | write CNY = "0.14 USD": what one CNY costs'),
        ('[rates]\nCNY = "1 CNY"', ': [rates] CNY is no rate | write CNY = "0.14 USD": what one CNY costs'),
        ('[rates]\nCNY = "9000000 USD"', ': [rates] CNY is no rate | write CNY = "0.14 USD": what one CNY costs'),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, expected: str) -> None:
    assert expected == refused(tmp_path, text)


@pytest.mark.parametrize(
    "text", [b"[budget", b"\xff\xfe", b"x = " + b"[" * 3000, b'[budget]\nbuild="1 USD"\nbuild="2 USD"']
)
def test_no_toml(tmp_path: Path, text: bytes) -> None:
    assert "mend it or move it away" in refused(tmp_path, text)


@given(st.binary(max_size=200))
def test_no_bytes_are_a_traceback(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzzed"
    environ = written(folder, text)
    with suppress(EnvironmentTrouble):
        assert config(folder / "project", environ).path


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_config_that_may_not_be_read(tmp_path: Path) -> None:
    environ = written(tmp_path, FULL)
    (tmp_path / "config" / "r2v" / "config.toml").chmod(0)
    with pytest.raises(EnvironmentTrouble, match="cannot be read"):
        config(tmp_path / "project", environ)


def test_a_folder_in_its_place_is_no_missing_config(tmp_path: Path) -> None:
    """A cap that cannot be read is never taken for no cap."""
    (tmp_path / "config" / "r2v" / "config.toml").mkdir(parents=True)
    with pytest.raises(EnvironmentTrouble, match="cannot be read"):
        config(tmp_path / "project", {"XDG_CONFIG_HOME": str(tmp_path / "config")})


def test_a_config_inside_the_project_is_refused(tmp_path: Path) -> None:
    """Also when a link leads there."""
    environ = written(tmp_path, FULL)
    with pytest.raises(EnvironmentTrouble, match="inside the project"):
        config(tmp_path, environ)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "r2v").symlink_to(tmp_path / "config" / "r2v")
    with pytest.raises(EnvironmentTrouble, match="inside the project"):
        config(tmp_path / "config", {"XDG_CONFIG_HOME": str(tmp_path / "elsewhere")})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_CONFIG_HOME": "/a"}, Path("/a/r2v/config.toml")),
        ({"HOME": "/b"}, Path("/b/.config/r2v/config.toml")),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/b"}, Path("/b/.config/r2v/config.toml")),
        ({"XDG_CONFIG_HOME": "", "HOME": "/b"}, Path("/b/.config/r2v/config.toml")),
        ({"HOME": "."}, None),
    ],
)
def test_where_it_lies(environ: dict[str, str], expected: Path | None) -> None:
    """Never relative: that would be a file of the project one stands in."""
    assert expected == place(environ)


def test_a_cap_from_the_environment() -> None:
    assert None is environment_cap({})
    assert Amount(3_000_000, "USD") == environment_cap({"R2V_MAX_COST": "3 USD"})


@pytest.mark.parametrize("text", ["", "3", "lots"])
def test_a_cap_that_cannot_be_read_is_not_no_cap(text: str) -> None:
    with pytest.raises(EnvironmentTrouble, match="R2V_MAX_COST"):
        environment_cap({"R2V_MAX_COST": text})
