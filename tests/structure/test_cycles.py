"""No import cycle, counting imports inside functions and for typing: a module can be read, and moved, by itself."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise


def cycle(edges: Iterable[tuple[str, str]]) -> list[str]:
    """One cycle among (importer, imported) pairs, first module repeated at the end; empty when there is none."""
    graph: dict[str, set[str]] = {}
    for importer, imported in edges:
        graph.setdefault(importer, set()).add(imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return list(reversed(found.args[1]))
    return []


def test_no_module_imports_itself_by_a_detour(imports) -> None:
    assert [] == cycle((i.importer, i.imported) for i in imports)


def test_a_lazy_cycle_is_found(imports_of) -> None:
    edges = imports_of(
        {
            "__init__.py": "",
            "a.py": "import pkg.b\n",
            "b.py": "import pkg.c\n",
            "c.py": "def late():\n    import pkg.a\n",
        }
    )
    found = cycle(edges)
    assert found[0] == found[-1]
    assert {"pkg.a", "pkg.b", "pkg.c"} == set(found)
    assert all(pair in edges for pair in pairwise(found))
