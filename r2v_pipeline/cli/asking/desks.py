"""The clients that a command needs: one for each desk (a provider in one region), as this user is to be known there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from r2v_pipeline.cli.asking.settings import config
from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.providers import registry
from r2v_pipeline.providers.client import Client
from r2v_pipeline.providers.http.place import Where


def where_of(root: Path) -> Where:
    """Where the real services are for this user; `root` is the project, which has no say.

    Raises:
        EnvironmentTrouble: the user's config cannot be read.
    """
    return Where(addresses=config(root).addresses)


@contextmanager
def services(root: Path, state: Path, *, sandbox: bool) -> Iterator[Where]:
    """Where the services are: the real ones, or those of a sandbox that runs while the block lasts; its own state lies
    in `state`.

    Raises:
        EnvironmentTrouble: the user's config cannot be read, or the sandbox does not start.
    """
    if not sandbox:
        yield where_of(root)
        return
    from r2v_pipeline.cli.asking import sandboxed

    with sandboxed.sandbox(state / "server") as said:
        yield Where(environ={}, sandbox=said)


def clients(desks: Iterable[str], where: Where, workers: int = 1) -> dict[str, Client]:
    """A client for each desk.

    Raises:
        R2VError: there is none, or it has no key.
    """
    return {desk: registry.client(desk, workers=workers, where=where) for desk in sorted(set(desks))}


def with_owners(
    made: dict[str, Client], attempts: Iterable[Attempt], where: Where, keys: Collection[str] = ()
) -> dict[str, Client]:
    """The clients, and those that open attempts were sent from: at further regions of the same providers, and for jobs
    of these `keys` at any provider."""
    providers = {desk.partition("@")[0] for desk in made}
    for attempt in attempts:
        if (attempt.provider in providers or attempt.job_key in keys) and owner(made, attempt) is None:
            for desk in registry.desks(attempt.provider):
                if desk in made:
                    continue
                with suppress(EnvironmentTrouble):  # no key for that region: it is not the one
                    client = registry.client(desk, workers=1, where=where)
                    if client.terms.account == attempt.account:
                        made = {**made, desk: client}
    return made


def owner(made: dict[str, Client], attempt: Attempt) -> Client | None:
    """The client of the account that an attempt was sent from."""
    there = (client for desk, client in made.items() if desk.partition("@")[0] == attempt.provider)
    return next((client for client in there if client.terms.account == attempt.account), None)


def client_of(attempt: Attempt, where: Where) -> Client:
    """The client of the region and account that an attempt was sent from; where no key is of that one, the client of
    any region that has a key.

    Raises:
        R2VError: there is none, or none has a key.
    """
    known: dict[str, Client] = {}
    trouble: EnvironmentTrouble | None = None
    for desk in registry.desks(attempt.provider):
        try:
            known[desk] = registry.client(desk, workers=1, where=where)
        except EnvironmentTrouble as why:
            trouble = trouble or why
    if trouble and not known:
        raise trouble
    return owner(known, attempt) or next(iter(known.values()))
