"""The drawn DAG: known pictures, and ids that try to break out of them."""

from __future__ import annotations

import json
import re

from handmade import OUTPUT, Ledger, beats, compilation, frame, free, render, result, shot, split

from r2v_pipeline.plan.planner import plan
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.report.graph import to_dot, to_json, to_mermaid


def chain(name: str = "s02") -> Plan:
    """s01 is built; another shot opens with its last frame."""
    first, second = shot("s01"), shot(name)
    clip = render(first)
    last = frame(clip)
    built = Ledger.after(compilation([first]))
    compiled = compilation([first, second], [clip, last, render(second, result(last))])
    return plan(compiled, built, output=OUTPUT, selection=None, price=free)


def test_mermaid() -> None:
    assert """\
flowchart LR
  n1["s01<br/>reuse"]:::reuse
  n2("s01#64;last<br/>render"):::render
  n3["s02<br/>render"]:::render
  n4[["film<br/>render"]]:::render
  n1 --> n2
  n2 --> n3
  n1 --> n4
  n3 --> n4
  classDef render fill:#c8f0d0,stroke:#1a7f37,color:#1f2328
  classDef reuse fill:#eeeeee,stroke:#8c959f,color:#1f2328
""" == to_mermaid(chain())


def test_dot() -> None:
    assert """\
digraph r2v {
  rankdir=LR;
  node [style=filled, fontname="sans-serif"];
  n1 [label="s01\\nreuse", shape=box, fillcolor="#eeeeee", color="#8c959f"];
  n2 [label="s01@last\\nrender", shape=ellipse, fillcolor="#c8f0d0", color="#1a7f37"];
  n3 [label="s02\\nrender", shape=box, fillcolor="#c8f0d0", color="#1a7f37"];
  n4 [label="film\\nrender", shape=box3d, fillcolor="#c8f0d0", color="#1a7f37"];
  n1 -> n2;
  n2 -> n3;
  n1 -> n4;
  n3 -> n4;
}
""" == to_dot(chain())


def test_json() -> None:
    found = to_json(chain())
    jobs = {job.id: job for job in chain().compilation.jobs}
    assert found == json.loads(json.dumps(found))
    assert 1 == found["version"]
    assert [
        {"id": "s01", "kind": "render", "shot": "s01", "verb": "reuse", "key": jobs["s01"].key},
        {"id": "s01@last", "kind": "frame", "shot": "s01", "verb": "render", "key": jobs["s01@last"].key},
        {"id": "s02", "kind": "render", "shot": "s02", "verb": "render", "key": jobs["s02"].key},
        {"id": "film", "kind": "join", "shot": "", "verb": "render", "key": jobs["film"].key},
    ] == found["nodes"]
    assert [("s01", "s01@last"), ("s01@last", "s02"), ("s01", "film"), ("s02", "film")] == [
        (edge["from"], edge["to"]) for edge in found["edges"]
    ]


def test_a_split_shot() -> None:
    """Its parts lead to one clip, which the film uses."""
    whole = beats("harbor", "One.", "Two.")
    found = plan(compilation([whole], split(whole, 1, 1)), Ledger(), output=OUTPUT, selection=None, price=free)
    assert """\
flowchart LR
  n1["harbor.1<br/>render"]:::render
  n2["harbor.2<br/>render"]:::render
  n3{{"harbor<br/>render"}}:::render
  n4[["film<br/>render"]]:::render
  n1 --> n3
  n2 --> n3
  n3 --> n4
  classDef render fill:#c8f0d0,stroke:#1a7f37,color:#1f2328
""" == to_mermaid(found)
    assert '  n3 [label="harbor\\nrender", shape=hexagon, fillcolor="#c8f0d0", color="#1a7f37"];' in to_dot(found)
    assert [("render", "harbor")] * 2 + [("splice", "harbor"), ("join", "")] == [
        (node["kind"], node["shot"]) for node in to_json(found)["nodes"]
    ]


EVIL = 'x"]:::a\n  n9 --> n1\x1b end `<img src=x>` #quot; \\'


def test_an_id_stays_inside_its_label() -> None:
    """Ids are checked when they are read; a picture must not depend on it."""
    plain, mermaid, dot = (
        draw(chain(name)) for draw, name in ((to_mermaid, "s02"), (to_mermaid, EVIL), (to_dot, EVIL))
    )
    assert len(plain.splitlines()) == len(mermaid.splitlines())
    nodes = [line for line in mermaid.splitlines() if re.match(r"  n\d+\W", line) and "-->" not in line]
    assert all(re.fullmatch(r'  n\d+\W{1,3}(?:[\w .,:\-]|#\d+;)+<br/>\w+"\W{1,2}:::\w+', line) for line in nodes)
    assert len(to_dot(chain()).splitlines()) == len(dot.splitlines())
    (label,) = re.findall(r'\[label="((?:[^"\\]|\\.)*)\\nrender", shape=box,', dot)
    assert "\\\\x1b" in label
