"""Ages and days as they are typed: `30d`, `12h`, `2026-01-31`.  All days are of UTC, like the months of a cap."""

from __future__ import annotations

import re
from calendar import timegm
from time import strptime

from r2v_pipeline.errors import UsageError

_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"([0-9]{1,6}) ?([mhdw])|0", re.ASCII)


def age_s(option: str, text: str) -> float:
    """How long `30d`, `12h`, `45m`, `2w` or `0` is, in seconds.

    Raises:
        UsageError: it is nothing of the kind.
    """
    found = _AGE.fullmatch(text.strip())
    if not found:
        raise UsageError(f"{option}: '{text}' is no age", f"write {option} 30d, 12h, 45m or 2w")
    return float(int(found[1]) * _UNITS[found[2]]) if found[1] else 0.0


def since(option: str, text: str, now: float) -> float:
    """The moment, in seconds since the epoch, at which a day began or that is so long past.

    Raises:
        UsageError: it is neither a day nor an age.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip(), re.ASCII):
        try:
            return float(timegm(strptime(text.strip(), "%Y-%m-%d")))
        except ValueError:
            raise UsageError(f"{option}: there is no day {text.strip()}") from None
    if not _AGE.fullmatch(text.strip()):
        raise UsageError(f"{option}: '{text}' is neither a day nor an age", f"write {option} 2026-01-31, or 30d")
    return now - age_s(option, text)
