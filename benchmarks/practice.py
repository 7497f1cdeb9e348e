"""A storyboard compiled as good practice on the same libraries would: the measure that benchmarks/compile.py takes.

    python benchmarks/practice.py storyboard.yaml schema.json

libyaml's loader, one jsonschema validator, sandboxed Jinja templates kept by their text, sha256 of the JSON that would
be sent, a networkx graph.  It reads, validates, expands, writes one prompt a shot, makes its key, orders the jobs; it
keeps no positions, names no mistake, and knows no includes, profiles, limits or provenance.
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import networkx
import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
template = lru_cache(maxsize=None)(environment.from_string)


class Name:
    """A cast member in a template: prints as its name in the prompt, and notes that it was named."""

    def __init__(self, id: str, fields: dict[str, Any], used: set[str]) -> None:
        self.id, self.used = id, used
        self.__dict__.update(fields)

    def __str__(self) -> str:
        self.used.add(self.id)
        return self.id


def names(board: dict[str, Any], used: set[str]) -> dict[str, Any]:
    """What templates may say."""
    scope = dict(board.get("vars", {}))
    for id, fields in board["cast"].items():
        scope[id] = scope[id.capitalize()] = Name(id, fields, used)
    return scope


def job(shot: dict[str, Any], board: dict[str, Any], scope: dict[str, Any], used: set[str]) -> dict[str, Any]:
    """The request of one shot."""
    used.clear()

    def text(value: str) -> str:
        return template(value).render(scope) if "{" in value else value

    parts, clock = [], 0.0
    for number, segment in enumerate(shot["segments"], 1):
        end = clock + float(str(segment["for"]).removesuffix("s"))
        camera = segment.get("camera", "")
        words = camera if isinstance(camera, str) else ", ".join(camera.values())
        said = [f'{text(by)} says: "{text(line)}"' for by, line in segment.get("say", {}).items()]
        written = [words, text(segment["action"]), *said, text(segment.get("sound", ""))]
        parts.append(f"Shot {number} [{clock:g}-{end:g}s]: " + ". ".join(part for part in written if part))
        clock = end
    prompt = " ".join([text(shot.get("intro", "")), *parts, text(shot.get("style", ""))])
    references = [board["cast"][id]["image"] for id in board["cast"] if id in used]
    render = {**board.get("defaults", {}).get("render", {}), **shot.get("render", {})}
    return {"prompt": prompt, "references": references, "duration": clock, **render}


def main() -> None:
    """Compile and order."""
    schema = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    with open(sys.argv[1], encoding="utf-8") as stream:
        board = yaml.load(stream, yaml.CSafeLoader)
    jsonschema.Draft7Validator(schema).validate(board)
    used: set[str] = set()
    scope = names(board, used)
    graph = networkx.DiGraph()
    for shot in board["shots"]:
        body = job(shot, board, scope, used)
        key = sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        graph.add_node(shot["id"], key=key, body=body)
        graph.add_edge(shot["id"], "film")
    order = list(networkx.topological_sort(graph))
    print(len(order))


if __name__ == "__main__":
    main()
