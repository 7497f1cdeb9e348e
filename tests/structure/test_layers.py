"""The directory listing is the pipeline: a module imports only from layers above its own (DESIGN, house rules)."""

from __future__ import annotations

import pytest

# Top to bottom.  A name stands for the module or package and all below it; the longest name that fits decides.
# `VENDOR` is every module or package of providers/ that no other row names.
VENDOR = "providers.<vendor>"
LAYERS = (
    ("", "errors", "diagnostics", "canonical"),
    ("media",),
    ("source",),
    ("model", "providers", "providers.base", "providers.client", "providers.prompt", "providers.request"),
    ("providers.catalog",),
    ("compile",),
    ("providers.http",),
    (VENDOR,),
    ("providers.registry",),
    ("sandbox",),
    ("plan",),
    ("execute",),
    ("assemble",),
    ("review",),
    ("explain",),
    ("report",),
    ("cli", "__main__"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def unit(module: str) -> str:
    """The row's name that a module counts under (`cli`, `providers.base`), a vendor under its own; KeyError without."""
    local = module.partition(".")[2]
    parts = local.split(".")
    if parts[0] == "providers" and len(parts) > 1:
        return ".".join(parts[:2])
    return parts[0] if parts[0] in RANK else _unplaced(local)


def _unplaced(local: str) -> str:
    raise KeyError(f"{local} has no layer: give it a row in LAYERS")


def rank(name: str) -> int:
    """Where a unit stands, counted from the top."""
    return RANK[name] if name in RANK else RANK[VENDOR]


def allowed(importer: str, imported: str) -> bool:
    """Whether the order of the layers permits an import."""
    above, below = unit(imported), unit(importer)
    if above == below:
        return True
    if above in ("report", "sandbox"):
        return below in ("cli", "__main__")
    if rank(above) == rank(below):
        return rank(above) != RANK[VENDOR]
    return rank(above) < rank(below)


def test_every_module_has_a_layer(package) -> None:
    """A new package has to say where it stands before anything may import it."""
    assert [] == [name for name in package if not _has_layer(name)]


def _has_layer(module: str) -> bool:
    try:
        return bool(unit(module)) or module.count(".") == 0
    except KeyError:
        return False


def test_imports_go_up_only(imports) -> None:
    broken = [f"{i.importer}:{i.line} imports {i.imported}" for i in imports if not allowed(i.importer, i.imported)]
    assert [] == broken


@pytest.mark.parametrize(
    ("importer", "imported", "expected"),
    [
        ("source.files", "diagnostics", True),
        ("source.files", "source.tree", True),
        ("diagnostics", "source.files", False),
        ("providers.base", "model.types", True),
        ("compile.keys", "providers.base", True),
        ("compile.names", "providers.catalog", True),
        ("model.checks", "providers.catalog", False),
        ("compile.keys", "providers.animatic.dialect", False),
        ("providers.animatic.dialect", "compile.jobs", True),
        ("providers.animatic.dialect", "providers.other.dialect", False),
        ("providers.animatic.dialect", "providers.registry", False),
        ("providers.registry", "providers.animatic.dialect", True),
        ("plan.planner", "providers.registry", True),
        ("plan.planner", "execute.journal", False),
        ("review.diff", "report.text", False),
        ("cli.build", "report.text", True),
        ("report.text", "cli.main", False),
        ("sandbox.jobs", "providers.catalog.load", True),
        ("execute.runner", "sandbox.server", False),
        ("cli.sandbox", "sandbox.server", True),
        ("errors", "", True),
    ],
)
def test_the_order_itself(importer: str, imported: str, expected: bool) -> None:
    full = [f"r2v_pipeline.{name}".rstrip(".") for name in (importer, imported)]
    assert expected is allowed(*full)


def test_a_module_without_a_layer_is_found() -> None:
    assert not _has_layer("r2v_pipeline.utils")
    assert _has_layer("r2v_pipeline")


def test_every_form_of_import_is_seen(imports_of) -> None:
    """Lazy ones, those for typing only, relative ones and names in strings count as much as those at the top."""
    found = imports_of(
        {
            "__init__.py": "",
            "a.py": "def f():\n    from pkg import b\n",
            "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pkg.sub.c import C\n",
            "sub/__init__.py": "from . import c\nfrom .. import a\n",
            "sub/c.py": "import pkg.a\nfrom .d import D\nREGISTRY = {'b': 'pkg.b:B'}\n",
            "sub/d.py": "from pkg import __version__\n",
        }
    )
    assert {
        ("pkg.a", "pkg.b"),
        ("pkg.b", "pkg.sub.c"),
        ("pkg.sub", "pkg.sub.c"),
        ("pkg.sub", "pkg.a"),
        ("pkg.sub.c", "pkg.a"),
        ("pkg.sub.c", "pkg.sub.d"),
        ("pkg.sub.c", "pkg.b"),
        ("pkg.sub.d", "pkg"),
    } == set(found)
