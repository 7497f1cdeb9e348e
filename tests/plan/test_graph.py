"""Order and reach of the job graph."""

from __future__ import annotations

import pytest
from handmade import compilation, frame, render, result, shot

from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.plan.graph import ancestors, descendants, in_build_order, job_graph


def backwards() -> Compilation:
    """s01 opens with the last frame of s03, and its job stands first although it has to wait."""
    first, second, third = shot("s01"), shot("s02"), shot("s03")
    clip = render(third)
    last = frame(clip)
    return compilation([first, second, third], [render(first, result(last)), render(second), last, clip])


def test_edges_run_with_the_pictures() -> None:
    compiled = backwards()
    graph = job_graph(compiled)
    to_film = {(name, "film") for name in ("s01", "s02", "s03")}
    assert {("s03", "s03@last"), ("s03@last", "s01"), *to_film} == set(graph.edges)
    assert list(compiled.jobs) == [graph.nodes[name]["job"] for name in graph]


def test_build_order_is_film_order_where_the_needs_allow() -> None:
    assert ["s02", "s03", "s03@last", "s01", "film"] == [job.id for job in in_build_order(backwards())]


def test_reach() -> None:
    graph = job_graph(backwards())
    assert {"s03", "s03@last"} == ancestors(graph, frozenset({"s01"}))
    assert {"s03@last", "s01", "film"} == descendants(graph, frozenset({"s03"}))
    assert {"film", "s03@last"} == descendants(graph, frozenset({"s03", "s01"})) - {"s01"}
    assert frozenset() == ancestors(graph, frozenset())


def test_a_ring_is_a_bug() -> None:
    """The model refuses them; a graph that has one all the same must not be walked."""
    jobs = backwards().jobs
    ring = [jobs[0]._replace(needs=("s02",)), jobs[1]._replace(needs=("s01",))]
    with pytest.raises(AssertionError, match="need each other"):
        job_graph(Compilation(backwards().storyboard, tuple(ring)))
