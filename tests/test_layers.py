"""Reads the imports of every module and holds them against docs/architecture.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parent.parent / "streamrnn"

# From top to bottom. What stands on one line does not know each other.
LAYERS = [
    {"__main__"},
    {"cli"},
    {"demo", "replay", "evaluate", "adapters", "discover"},
    {"service"},
    {"ingest", "detect"},
    {"kernels", "simulate"},
    {"config"},
    {"records"},
    {"errors"},
]
RANK = {name: rank for rank, names in enumerate(reversed(LAYERS)) for name in names}

PURE = {"ingest", "detect", "kernels", "simulate", "records", "errors"}
# A clock, the network, threads, processes, randomness without a seed.
IMPURE_MODULES = {"time", "socket", "ssl", "threading", "asyncio", "subprocess", "random", "paho"}

OPTIONAL_EXTRAS = {"pandas", "pyarrow", "iotcore", "river", "sklearn"}

MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


class Import(NamedTuple):
    module: str  # "streamrnn.config", "numpy"
    names: list[str]  # what is taken from it, if it is `from module import names`
    line: int
    in_function: bool


def layer_of(file: str) -> str:
    """`cli` of `cli/run.py`, `records` of `records.py`; "" for the package itself."""
    part = file.split("/")[0].removesuffix(".py")
    return "" if part == "__init__" else part


def imports_in(file: str) -> list[Import]:
    return list(_imports(ast.parse((PACKAGE / file).read_text()), in_function=False))


def _imports(node: ast.AST, in_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, [], child.lineno, in_function)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"relative import on line {child.lineno}"
            names = [alias.name for alias in child.names]
            yield Import(child.module or "", names, child.lineno, in_function)
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(child, in_function or is_function)


def layers_used(used: Import) -> list[str]:
    """The layers that an import reaches: `from streamrnn import records` reaches records."""
    package, *parts = used.module.split(".")
    if package != "streamrnn":
        return []
    return parts[:1] or [name for name in used.names if name in RANK]


def test_every_module_lies_in_a_layer():
    assert {layer_of(file) for file in MODULES} - {""} == set(RANK)


@pytest.mark.parametrize("file", [file for file in MODULES if layer_of(file)])
def test_imports_point_downwards_only(file):
    own = layer_of(file)
    upwards = [
        f"line {used.line}: {own} imports {layer}"
        for used in imports_in(file)
        for layer in layers_used(used)
        if layer != own and RANK[layer] >= RANK[own]
    ]
    assert not upwards


@pytest.mark.parametrize("file", [file for file in MODULES if layer_of(file) in PURE])
def test_pure_layers_have_no_clock_network_or_threads(file):
    impure = {used.module.split(".")[0] for used in imports_in(file)} & IMPURE_MODULES
    assert not impure


@pytest.mark.parametrize("file", [file for file in MODULES if layer_of(file) != "cli"])
def test_only_commands_and_optional_extras_import_inside_functions(file):
    allowed = OPTIONAL_EXTRAS
    if file == "__init__.py":
        allowed = allowed | {"streamrnn"}  # Detector, on first use
    hidden = [
        f"line {used.line}: {used.module}"
        for used in imports_in(file)
        if used.in_function and used.module.split(".")[0] not in allowed
    ]
    assert not hidden


@pytest.mark.parametrize(
    "file",
    # An adapter is a subclass of something in its library: whoever imports it has that library.
    [file for file in MODULES if layer_of(file) != "adapters"],
)
def test_optional_extras_are_imported_inside_functions_only(file):
    tree = ast.parse((PACKAGE / file).read_text())
    eager = [
        used.module
        for statement in tree.body
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for used in _imports(ast.Module([statement], []), in_function=False)
        if used.module.split(".")[0] in OPTIONAL_EXTRAS
    ]
    assert not eager


@pytest.mark.parametrize(
    "file",
    # The reference settings are written to standard output by a module of their own.
    [file for file in MODULES if layer_of(file) != "cli" and file != "config/reference.py"],
)
def test_only_commands_print(file):
    printing = [
        f"line {node.lineno}"
        for node in ast.walk(ast.parse((PACKAGE / file).read_text()))
        if (isinstance(node, ast.Name) and node.id == "print")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.stdout")
    ]
    assert not printing
