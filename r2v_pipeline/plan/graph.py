"""The jobs of a storyboard as a networkx graph: order, what a job needs, what needs it.

An edge runs the way the pictures flow, from a job to those that use its result.  networkx takes longer to import than
a small plan takes to make, so it is imported when a graph is asked for, and only the commands that need one ask.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from r2v_pipeline.compile.jobs import Compilation, Job

if TYPE_CHECKING:
    import networkx  # type: ignore[import-untyped]


def job_graph(compilation: Compilation) -> networkx.DiGraph:
    """Nodes are job ids and carry their `job`; nodes and edges stand in the compilation's order.

    `model/` has refused every cycle of `from:` by now, so one here is a bug in r2v and not a user's mistake.
    """
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from((job.id, {"job": job}) for job in compilation.jobs)
    graph.add_edges_from((need, job.id) for job in compilation.jobs for need in job.needs)
    assert networkx.is_directed_acyclic_graph(graph), "jobs that need each other must not pass the model's checks"
    return graph


def in_build_order(compilation: Compilation) -> tuple[Job, ...]:
    """Every job after all that it needs; film order decides wherever the needs leave a choice."""
    import networkx

    place = {job.id: index for index, job in enumerate(compilation.jobs)}
    ordered = networkx.lexicographical_topological_sort(job_graph(compilation), key=place.__getitem__)
    return tuple(compilation.jobs[place[name]] for name in ordered)


def ancestors(graph: networkx.DiGraph, names: frozenset[str]) -> frozenset[str]:
    """All jobs that any of `names` needs, however far back, without `names`."""
    return _reached(graph.reverse(copy=False), names)


def descendants(graph: networkx.DiGraph, names: frozenset[str]) -> frozenset[str]:
    """All jobs that use the result of any of `names`, however far on, without `names`."""
    return _reached(graph, names)


def _reached(graph: networkx.DiGraph, names: frozenset[str]) -> frozenset[str]:
    import networkx

    if not names:
        return frozenset()
    return frozenset(chain.from_iterable(islice(networkx.bfs_layers(graph, names), 1, None)))
