"""Whether a file has the form of the language, and what to tell its author where it has not.

The generated verdict answers for the many files that are right.  Only when it says no are jsonschema and the schema's
text loaded, to find the places (problems.py); the words are ours (wording.py), because a validator's own speak of
schemas and not of films.
"""

from __future__ import annotations

from typing import Any

from r2v_pipeline.diagnostics import Diagnostic, error, in_order
from r2v_pipeline.model.verdict import VALID
from r2v_pipeline.source.nodes import Map

VERSION = 1


def check(data: Any, schema_name: str) -> tuple[Diagnostic, ...]:
    """Every place where a file has not the form of the language: R2V101, R2V102 and R2V104, each cause once.

    `data` is what the YAML reader made.  `schema_name` is `storyboard`, or `include` for a file that a storyboard
    includes: it holds no `r2v`, `title`, `film` and the like.
    """
    if VALID[schema_name](data):
        return ()
    if other := _other_version(data, schema_name):
        return (other,)
    from r2v_pipeline.model.problems import diagnose

    return in_order(diagnose(data, schema_name))


def _other_version(data: Any, schema_name: str) -> Diagnostic | None:
    """A file of another language version gets this one answer: its other keys may be right in that version."""
    version = data.get("r2v") if schema_name == "storyboard" and isinstance(data, Map) else None
    if type(version) is not int or version == VERSION:
        return None
    message = f"this r2v reads version {VERSION} of the storyboard language, not {version}"
    help = "install a newer r2v" if version > VERSION else f"write r2v: {VERSION}"
    return error("R2V101", message, data.value_span("r2v"), help)
