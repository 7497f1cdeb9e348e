"""The jobs and what they need, drawn: Mermaid for a README, dot for Graphviz, JSON for anything else.

Nodes go by their number in build order; what a person wrote appears in quoted labels only.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from r2v_pipeline.plan.graph import in_build_order
from r2v_pipeline.plan.types import VERBS, Plan
from r2v_pipeline.report.safe import safe

VERSION = 1

# Background and border of each verb, under dark text: readable on GitHub's light and dark pages.
_COLOURS = {
    "render": ("#c8f0d0", "#1a7f37"),
    "collect": ("#cfe6ff", "#0969da"),
    "fetch": ("#cfe6ff", "#0969da"),
    "reuse": ("#eeeeee", "#8c959f"),
    "hold": ("#fff1b8", "#bf8700"),
    "skip": ("#ffffff", "#8c959f"),
}
_MERMAID = {"render": ('["', '"]'), "splice": ('{{"', '"}}'), "frame": ('("', '")'), "join": ('[["', '"]]')}
_DOT = {"render": "box", "splice": "hexagon", "frame": "ellipse", "join": "box3d"}

# In a quoted Mermaid label these need no entity; whatever else is not a letter or a digit gets one.
_NOT_PLAIN = re.compile(r"[^\w .,:\-]")


class _Node(NamedTuple):
    name: str
    id: str
    kind: str
    shot: str
    verb: str
    key: str
    needs: tuple[str, ...]


def to_json(plan: Plan) -> dict[str, Any]:
    """Version 1.  An edge runs from a job to one that uses its result; nodes stand in build order."""
    nodes = _nodes(plan)
    return {
        "version": VERSION,
        "nodes": [{"id": n.id, "kind": n.kind, "shot": n.shot, "verb": n.verb, "key": n.key} for n in nodes],
        "edges": [{"from": need, "to": node.id} for node in nodes for need in node.needs],
    }


def to_mermaid(plan: Plan) -> str:
    """A flowchart from left to right with one class a verb."""
    nodes = _nodes(plan)
    lines = ["flowchart LR"]
    for node in nodes:
        before, after = _MERMAID[node.kind]
        label = _NOT_PLAIN.sub(lambda match: f"#{ord(match.group())};", safe(node.id))
        lines.append(f"  {node.name}{before}{label}<br/>{node.verb}{after}:::{node.verb}")
    lines += [f"  {source} --> {target}" for source, target in _edges(nodes)]
    for verb in _used(nodes):
        fill, stroke = _COLOURS[verb]
        lines.append(f"  classDef {verb} fill:{fill},stroke:{stroke},color:#1f2328")
    return "\n".join(lines) + "\n"


def to_dot(plan: Plan) -> str:
    """A digraph from left to right; the fill is the verb."""
    nodes = _nodes(plan)
    lines = ["digraph r2v {", "  rankdir=LR;", '  node [style=filled, fontname="sans-serif"];']
    for node in nodes:
        fill, stroke = _COLOURS[node.verb]
        label = safe(node.id).replace("\\", "\\\\").replace('"', '\\"')
        look = f'shape={_DOT[node.kind]}, fillcolor="{fill}", color="{stroke}"'
        lines.append(f'  {node.name} [label="{label}\\n{node.verb}", {look}];')
    lines += [f"  {source} -> {target};" for source, target in _edges(nodes)]
    return "\n".join([*lines, "}"]) + "\n"


def _nodes(plan: Plan) -> list[_Node]:
    verbs = {action.job.id: action.verb for action in plan.actions}
    return [
        _Node(f"n{number}", job.id, job.kind, job.shot, verbs[job.id], job.key, job.needs)
        for number, job in enumerate(in_build_order(plan.compilation), 1)
    ]


def _edges(nodes: list[_Node]) -> list[tuple[str, str]]:
    names = {node.id: node.name for node in nodes}
    return [(names[need], node.name) for node in nodes for need in node.needs]


def _used(nodes: list[_Node]) -> list[str]:
    found = {node.verb for node in nodes}
    return [verb for verb in VERBS if verb in found]
