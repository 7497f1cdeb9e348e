"""`r2v models --refresh`: what services list otherwise than the catalog, as text or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.providers.catalog.live import Difference
from r2v_pipeline.providers.catalog.types import Provider
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import columns, counted

VERSION = 1

_WORDS = {"gone": "gone", "new": "new", "price": "price", "values": "values", "field": "field", "count": "references"}


class Compared(NamedTuple):
    """One service.  `asked` False: its list could not be had, and `why` and `help` say why not."""

    provider: str
    asked: bool
    why: str = ""
    help: str = ""
    differences: tuple[Difference, ...] = ()
    models: int = 0


def to_text(compared: Sequence[Compared], providers: Mapping[str, Provider], paint: Paint) -> str:
    """One block a service, then how much it comes to."""
    lines = []
    for one in compared:
        lines += [paint.bold(safe(f"{one.provider} ({providers[one.provider].title})")), *_block(one), ""]
    count = sum(len(one.differences) for one in compared)
    asked = [one.provider for one in compared if one.asked]
    if not asked:
        lines.append("No list could be had.")
    elif count:
        lines.append(
            f"{counted(count, 'difference')} to the catalog, which stays as it is until somebody looks them up."
        )
    else:
        lines.append(f"The catalog is as {' and '.join(asked)} {'says' if len(asked) == 1 else 'say'}.")
    return "\n".join(lines) + "\n"


def _block(one: Compared) -> list[str]:
    if not one.asked:
        return [safe(f"  not compared: {one.why}" + (f" ({one.help})" if one.help else ""))]
    if not one.differences:
        return ["  no difference"]
    return columns([tuple(map(safe, (_WORDS[d.kind], d.model, _told(d)))) for d in one.differences])


def _told(difference: Difference) -> str:
    if difference.kind in ("new", "gone"):
        return "not in the catalog" if difference.kind == "new" else "in the catalog, and not in its list"
    return f"{difference.of}: {difference.ours} here, {difference.theirs} there"


def to_json(compared: Sequence[Compared]) -> dict[str, Any]:
    """Version 1: every service, with its differences or why there is no list."""
    return {"version": VERSION, "providers": [_json(one) for one in compared]}


def _json(one: Compared) -> dict[str, Any]:
    if not one.asked:
        return {"provider": one.provider, "asked": False, "why": one.why}
    told = [{name: value for name, value in d._asdict().items() if name != "provider"} for d in one.differences]
    return {"provider": one.provider, "asked": True, "models": one.models, "differences": told}
