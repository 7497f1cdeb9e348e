"""Refusals and failures as a client hands them on: what the service said, and what follows from its kind.

Whether a job may exist is decided by the HTTP status alone (reading.py); the service's own code only says why there is
none, and so whether to ask again, to ask another, or to stop.
"""

from __future__ import annotations

from r2v_pipeline.providers.catalog.troubles import LOST, TROUBLE, kind_of, known_kind
from r2v_pipeline.providers.client import Answer, Failed, Refused, Unknown
from r2v_pipeline.providers.http.reading import retry_after, verdict


def refused(provider: str, answer: Answer, code: str, message: str) -> Refused | Unknown | None:
    """What an answer says that is no acceptance; None for a 2xx in which the service says nothing against it.

    `code` and `message` are the service's own, fit to be shown; empty where it gave none.  An error inside of a 2xx is
    a refusal only where its code is known to be one: services answer so when they no longer know what they did.
    """
    judged = verdict(answer, code=code, message=message)
    if isinstance(judged, Unknown) or (judged is None and not code):
        return judged
    if judged is None and known_kind(provider, code, message) in ("", TROUBLE, LOST):
        return Unknown(f"it answered {answer.status} with an error ({code}): {message}")
    kind = kind_of(provider, code, message, answer.status)
    after_s = retry_after(dict(answer.headers)) if kind.again else None
    return Refused(
        code or str(answer.status), message or f"it answered {answer.status}", kind.again, after_s, kind.account
    )


def failed(provider: str, code: str, message: str, *, billed: bool | None = None) -> Failed:
    """A job that the service gave up; `billed` as the service's documents say of such failures."""
    kind = kind_of(provider, code, message)
    return Failed(code or "failed", message or "it said no more", again=kind.again, billed=billed)
