"""What the user allows a build to spend: the command line, the environment and the config file, made one.

A storyboard has no say here.  Its `expect: {max_cost}` is a claim about the film, which `check` holds (R2V303).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.cli.asking.settings import MAX_COST, Amount, amount, config, environment_cap
from r2v_pipeline.errors import UsageError
from r2v_pipeline.execute.budget import BUILD, MONTH, Cap


class Asked(NamedTuple):
    """What the command line says about money: `--max-cost`, `--yes`, `--allow-unknown-price`."""

    max_cost: Amount | None = None
    yes: bool = False
    unknown_fits: bool = False


class Limit(NamedTuple):
    """A cap, and where the user set it: `--max-cost`, `R2V_MAX_COST`, or the config file."""

    cap: Cap
    where: str


class Consent(NamedTuple):
    """What a build may do about money.

    `yes`: it need not ask.  `named`: the command line itself named a limit, which is an answer where nobody can be
    asked.  `limits` are the smallest cap of each scope and currency; all of them hold.  `config` is where the user's
    file is, or would be.
    """

    yes: bool = False
    named: bool = False
    limits: tuple[Limit, ...] = ()
    rates: Mapping[tuple[str, str], int] = {}
    unknown_fits: bool = False
    config: Path | None = None


def max_cost(text: str) -> Amount | None:
    """The value of `--max-cost`; None where it is not given.

    Raises:
        UsageError: it is no amount with a currency.
    """
    if not text:
        return None
    found = amount(text)
    if found is None:
        bare = text.strip().replace(".", "", 1).isdecimal()
        why = "has no currency" if bare else "is no amount of money"
        raise UsageError(f"--max-cost: '{text}' {why}", "write --max-cost 12USD")
    return found


def consent(asked: Asked, root: Path, environ: Mapping[str, str] = os.environ) -> Consent:
    """Everything that the user allows; `root` is the project.

    Raises:
        EnvironmentTrouble: a cap that cannot be read is never taken for no cap.
    """
    user = config(root, environ)
    given = (
        (BUILD, asked.max_cost, "--max-cost"),
        (BUILD, environment_cap(environ), MAX_COST),
        (BUILD, user.build, f"build in {user.path}"),
        (MONTH, user.month, f"month in {user.path}"),
    )
    limits = _smallest(Limit(Cap(scope, said.micros, said.currency), where) for scope, said, where in given if said)
    fits = asked.unknown_fits or user.unknown_fits
    return Consent(asked.yes, asked.max_cost is not None, limits, user.rates, fits, user.path)


def _smallest(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    """Of several caps on the same thing the lowest; caps in different currencies all hold."""
    found: dict[tuple[str, str], Limit] = {}
    for limit in limits:
        of = (limit.cap.scope, limit.cap.currency)
        if of not in found or limit.cap.micros < found[of].cap.micros:
            found[of] = limit
    return tuple(found.values())
