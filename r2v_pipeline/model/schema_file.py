"""Where the language's JSON Schema lies: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

import json
import os
from typing import Any

from r2v_pipeline.errors import EnvironmentTrouble

NAME = "storyboard-1.schema.json"


def schema_path() -> str:
    """The schema's file.

    Raises:
        EnvironmentTrouble: when neither place has it, which only a damaged installation can cause.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    places = [os.path.join(package, "schemas", NAME), os.path.join(os.path.dirname(package), "schemas", NAME)]
    for place in places:
        if os.path.isfile(place):
            return place
    raise EnvironmentTrouble(f"r2v's own file {NAME} is missing", "install r2v again")


def schema_text() -> str:
    """The schema as it is written, for `r2v schema` and for editors."""
    with open(schema_path(), encoding="utf-8") as file:
        return file.read()


def schema() -> dict[str, Any]:
    """The schema as data, read anew: only a storyboard with mistakes needs it."""
    loaded: dict[str, Any] = json.loads(schema_text())
    return loaded
