"""The package as text: every module parsed once, and who imports whom."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import r2v_pipeline


class Module(NamedTuple):
    """One file of the package.  `name` is dotted; a package goes by its own name, without `__init__`."""

    name: str
    path: Path
    text: str
    tree: ast.Module


class Import(NamedTuple):
    """`importer` names `imported`, both modules of the package, at a line of the importer."""

    importer: str
    imported: str
    line: int


def parse_package(folder: Path) -> dict[str, Module]:
    """Every module below a package folder, by dotted name, in order of its path."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = (folder.name, *path.relative_to(folder).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text("utf-8")
        modules[name] = Module(name, path, text, ast.parse(text, str(path)))
    return modules


def find_imports(modules: dict[str, Module]) -> tuple[Import, ...]:
    """Every import of one module by another: at the top, inside functions, for typing only, and by name in a string
    (`import_module("r2v_pipeline.x")`, a registry's `"r2v_pipeline.x:Thing"`)."""
    return tuple(
        Import(module.name, target, getattr(node, "lineno", 0))
        for module in modules.values()
        for node in ast.walk(module.tree)
        for target in _targets(node, module, modules)
        if target != module.name
    )


def _targets(node: ast.AST, module: Module, modules: dict[str, Module]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in modules)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node, module)
        for alias in node.names:
            if f"{base}.{alias.name}" in modules:
                yield f"{base}.{alias.name}"
            elif base in modules:
                yield base
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        name = node.value.partition(":")[0]
        if name in modules and "." in name:
            yield name


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    """The module that `from … import` names, its leading dots resolved."""
    if not node.level:
        return node.module or ""
    is_package = module.path.name == "__init__.py"
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + is_package]
    return ".".join([*parts, node.module] if node.module else parts)


@pytest.fixture(scope="session")
def package() -> dict[str, Module]:
    """r2v_pipeline, as it was imported."""
    return parse_package(Path(r2v_pipeline.__file__).parent)


@pytest.fixture(scope="session")
def imports(package: dict[str, Module]) -> tuple[Import, ...]:
    """Who imports whom in r2v_pipeline."""
    return find_imports(package)


@pytest.fixture
def imports_of(tmp_path: Path) -> Callable[[dict[str, str]], list[tuple[str, str]]]:
    """(importer, imported) of a package written for one test: file name -> text."""

    def read(files: dict[str, str]) -> list[tuple[str, str]]:
        for name, text in files.items():
            path = tmp_path / "pkg" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return [found[:2] for found in find_imports(parse_package(tmp_path / "pkg"))]

    return read
