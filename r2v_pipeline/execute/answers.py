"""What a provider said to a submit, as the journal keeps it: raw first, and its meaning when somebody reads it."""

from __future__ import annotations

import json

from r2v_pipeline.providers.base import Accepted, Answer, Client, Lost, NotSent, Refused, Unknown

_NEVER = "the build ended before its submit was answered"


def plain(said: Answer | NotSent | Lost) -> str:
    """The text that the journal keeps: nothing of it is read yet."""
    kind = {Answer: "answer", NotSent: "not_sent", Lost: "lost"}[type(said)]
    return json.dumps({kind: said._asdict()}, sort_keys=True)


def parsed(text: str | None) -> Answer | NotSent | Lost | None:
    """What `plain` wrote; None where the build ended before there was anything to write."""
    if text is None:
        return None
    ((kind, fields),) = json.loads(text).items()
    if kind == "answer":
        headers = tuple((name, value) for name, value in fields["headers"])
        return Answer(fields["status"], headers, fields["body"])
    return NotSent(**fields) if kind == "not_sent" else Lost(**fields)


def accepting(text: str) -> bool:
    """Whether a kept answer is a yes, as far as its status tells."""
    said = parsed(text)
    return isinstance(said, Answer) and 200 <= said.status < 300


def meaning(client: Client, text: str | None, model: str = "") -> Accepted | Refused | Unknown | None:
    """What a kept answer says about the job, one of `model`; None without one."""
    said = parsed(text)
    if isinstance(said, Answer):
        return client.read(said, model)
    if isinstance(said, NotSent):
        return Refused(said.code, said.message, said.again)
    return Unknown(said.message) if said else None


def refusal(client: Client, text: str | None) -> Refused:
    """The refusal that a kept answer is: what else it says beside what the row keeps of it."""
    found = meaning(client, text)
    return found if isinstance(found, Refused) else Refused("", "")


def doubt(client: Client, text: str | None) -> str:
    """Why nobody knows whether a submit was accepted."""
    found = meaning(client, text)
    return found.message if isinstance(found, Unknown) else _NEVER
