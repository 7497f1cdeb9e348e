"""What the user of this machine allows: `r2v/config.toml` in the folder for configuration, and two variables.

Nothing here is ever read from a project.  Whoever can change a storyboard, a stranger with a pull request too, may only
lower what is spent; caps, rates, and in later parts keys and addresses, belong to the person who pays.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import did_you_mean
from r2v_pipeline.errors import EnvironmentTrouble

MAX_COST, STORE = "R2V_MAX_COST", "R2V_STORE"

# Amounts above are a slip of the pen; in millionths they still fit into the journal's integers.
_MOST_UNITS, _MOST_RATE = 1_000_000_000, 1_000_000

_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_MONEY = re.compile(r"([$€£]?) ?([0-9]{1,12})(?:\.([0-9]{1,6}))? ?([A-Za-z]{3})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

_KEYS = {"budget": ("build", "month", "allow_unknown"), "rates": (), "addresses": (), "store": ("address",)}


class Amount(NamedTuple):
    """Millionths of a currency, which is three capital letters."""

    micros: int
    currency: str


class UserConfig(NamedTuple):
    """The config file, or what would stand in one that says nothing; `path` is where it is or would be.

    `build` and `month` are caps.  `rates` maps (from, to) to the price of one unit of the first in millionths of the
    second.  `addresses` are of services, by `provider` or `provider.region`.
    `store` is where the team's clips are.
    """

    path: Path | None = None
    build: Amount | None = None
    month: Amount | None = None
    unknown_fits: bool = False
    rates: Mapping[tuple[str, str], int] = {}
    addresses: Mapping[str, str] = {}
    store: str = ""


def amount(text: str) -> Amount | None:
    """`12 USD`, `12USD`, `$12`, `4.50 eur`; None for anything else.

    A number alone is refused: `--max-cost $12` reaches us as `2`, because the shell has put `$1` in its place.
    """
    found = _MONEY.fullmatch(text.strip())
    if not found:
        return None
    sign, whole, fraction, code = found.groups(default="")
    if bool(sign) == bool(code) or int(whole) > _MOST_UNITS:
        return None
    return Amount(int(whole) * 1_000_000 + int(f"{fraction:0<6}"), _SIGNS.get(sign) or code.upper())


def environment_cap(environ: Mapping[str, str] = os.environ) -> Amount | None:
    """The cap on one build that `R2V_MAX_COST` sets; None where it is not set.

    Raises:
        EnvironmentTrouble: it says nothing that can be kept; an empty one is more likely a lost cap than no cap.
    """
    text = environ.get(MAX_COST)
    if text is None:
        return None
    found = amount(text)
    if found is None:
        what = f"is '{text}', which is no amount of money" if text else "is empty, and a cap should say how much"
        raise EnvironmentTrouble(f"{MAX_COST} {what}", f"write {MAX_COST}='12 USD', or unset it")
    return found


def place(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where the config file is, or would be; None where the machine has no such folder.

    A relative folder is no folder: it would make the file of whatever project one stands in the user's.
    """
    home = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    return Path(home, "r2v", "config.toml") if os.path.isabs(home) else None


def config(root: Path, environ: Mapping[str, str] = os.environ) -> UserConfig:
    """The user's config, checked whole; `root` is the project, in which it must not lie.

    Raises:
        EnvironmentTrouble: it cannot be read, is no TOML, has an unknown key or a value of the wrong form.
    """
    path = place(environ)
    if path is None or not os.path.lexists(path):
        return UserConfig(path)
    real = Path(os.path.realpath(path))
    if Path(os.path.realpath(root)) in real.parents:
        raise EnvironmentTrouble(
            f"{path} lies inside the project {root}, so whoever changes the project could change it",
            "set XDG_CONFIG_HOME to a folder outside of the project",
        )
    return _checked(_Table(path, "", _parsed(path)))


def _parsed(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as why:
        raise EnvironmentTrouble(f"{path} cannot be read: {why.strerror}", "mend it or move it away") from why
    except RecursionError:
        raise EnvironmentTrouble(f"{path} is nested too deep", "mend it or move it away") from None
    except ValueError as why:  # bad TOML, or bytes that are not UTF-8
        raise EnvironmentTrouble(f"{path} is no TOML: {why}", "mend it or move it away") from None


class _Table(NamedTuple):
    """A table of the file and the name that stands in its brackets."""

    path: Path
    name: str
    values: Mapping[str, Any]

    def trouble(self, key: str, what: str, help: str) -> EnvironmentTrouble:
        named = f"[{self.name}] {key}" if self.name else key
        return EnvironmentTrouble(f"{self.path}: {named} {what}", help)

    def table(self, key: str) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.trouble(key, "is no table", f"write [{key}] on a line of its own")
        return _Table(self.path, key, value)

    def only(self, known: tuple[str, ...]) -> None:
        """Raises for the first key that means nothing: a cap with a slip in its name would be no cap."""
        for key in self.values:
            if key not in known:
                raise self.trouble(key, "means nothing", did_you_mean(key, known, "known here"))

    def text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self.trouble(key, "is no text", f'write {key} = "…"')
        return value

    def money(self, key: str) -> Amount | None:
        if key not in self.values:
            return None
        value = self.values[key]
        found = amount(value) if isinstance(value, str) else None
        if found is None:
            raise self.trouble(key, "is no amount of money", f'write {key} = "12 USD"')
        return found


def _checked(top: _Table) -> UserConfig:
    top.only(tuple(_KEYS))
    budget, rates = top.table("budget"), top.table("rates")
    budget.only(_KEYS["budget"])
    unknown_fits = budget.values.get("allow_unknown", False)
    if not isinstance(unknown_fits, bool):
        raise budget.trouble("allow_unknown", "is neither true nor false", "write allow_unknown = true")
    found = {_rate(rates, source): (rates.money(source) or Amount(0, "")).micros for source in rates.values}
    caps = budget.money("build"), budget.money("month")
    store = top.table("store")
    store.only(_KEYS["store"])
    return UserConfig(top.path, *caps, unknown_fits, found, _addresses(top.table("addresses")), store.text("address"))


def _addresses(table: _Table) -> dict[str, str]:
    """Addresses of services: `dashscope = "https://…"`, or `"dashscope.cn-beijing" = "https://…"` for one region."""
    for key, value in table.values.items():
        if not isinstance(value, str) or not value.startswith("https://"):
            raise table.trouble(key, "is no address", f'write "{key}" = "https://…"')
    return dict(table.values)


def _rate(rates: _Table, source: str) -> tuple[str, str]:
    """The currencies of one rate: `CNY = "0.14 USD"` is what one CNY costs."""
    if not _CURRENCY.fullmatch(source):
        raise rates.trouble(source, "is no currency", 'write CNY = "0.14 USD"')
    price = rates.money(source)
    if price is None or not 0 < price.micros <= _MOST_RATE * 1_000_000 or price.currency == source:
        raise rates.trouble(source, "is no rate", f'write {source} = "0.14 USD": what one {source} costs')
    return source, price.currency
