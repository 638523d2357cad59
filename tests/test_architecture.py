"""Imports go one way, and nothing runs text as code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = "exit_dsl"
SOURCE = Path(__file__).parent.parent / "src" / PACKAGE
STAGES = {
    "language", "policies", "execution", "relabeling", "replay", "tracking", "checkpoint",
    "encoding",
}  # fmt: skip
ALLOWED: dict[str, set[str]] = {
    "types": set(),
    "interfaces": {"types", "randomness"},
    "randomness": set(),
    "solutions": {"types"},
    **{stage: {"types", "interfaces", "randomness"} for stage in STAGES},
    # How values are written down is known to whoever has to save them.
    "manifest": {"encoding"},
    "checkpoint": {"interfaces", "encoding", "manifest"},
    "replay": {"types", "interfaces", "encoding"},
    # Combines policies of any kind, and so knows none.
    "mixture": {"types", "interfaces", "randomness"},
    "wrapped": {"types", "interfaces"},
    "policies": {"types", "interfaces", "randomness", "wrapped"},
    "accompanied": {"types", "interfaces", "wrapped"},
    # What combines stages; so far it needs none but execution.
    "search": {"types", "interfaces", "randomness", "execution"},
    "spread": {"types", "interfaces", "randomness", "execution", "search"},
    "loop": {"types", "interfaces", "randomness", "execution"},
    "evaluation": {"types", "interfaces", "execution", "solutions"},
    # Tests others' stages, and so uses what they will be used with; nothing may use it in turn.
    "testing": {"types", "interfaces", "randomness", "execution", "checkpoint"},
}
HEAVY = {"torch", "transformers"}
FILES = sorted(SOURCE.rglob("*.py"))
UNPICKLES = {
    SOURCE / "execution" / name for name in ("parcels.py", "sandbox_worker.py", "supervisor.py")
}
"""Read what this library has pickled itself, for a worker or in one; programs are never
unpickled."""


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(node: ast.AST, *, inside_functions: bool) -> Iterator[str]:
    """Yield the dotted names that are imported when the code below ``node`` runs."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"relative import at line {child.lineno}"
            assert child.module is not None
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not inside_functions:
            continue
        elif not is_type_checking(child):
            yield from imports(child, inside_functions=inside_functions)


def layer(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def module(file: Path) -> str:
    parts = (PACKAGE, *file.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module(file): file for file in FILES}


def imported_modules(file: Path) -> set[str]:
    """Return the modules of the package that ``file`` imports, at any depth."""
    found = set()
    for name in imports(tree(file), inside_functions=True):
        if name.split(".")[0] == PACKAGE:
            found.add(name if name in MODULES else name.rpartition(".")[0])
    assert found <= MODULES.keys()
    return found


def test_every_layer_is_known() -> None:
    assert {layer(file) for file in FILES} == {*ALLOWED, "__init__"}


@pytest.mark.parametrize("file", FILES, ids=module)
def test_imports_go_one_way(file: Path) -> None:
    own = layer(file)
    if own == "__init__":
        return
    used = {layer(MODULES[name]) for name in imported_modules(file)} - {own}
    assert used <= ALLOWED[own], f"{own} must not import {used - ALLOWED[own]}"


def test_stages_do_not_import_each_other() -> None:
    writers = {"encoding"}
    for stage in STAGES:
        assert not (ALLOWED[stage] & STAGES) - writers


def test_layers_have_no_cycle() -> None:
    TopologicalSorter(ALLOWED).prepare()


def test_modules_have_no_cycle() -> None:
    graph = {name: imported_modules(file) for name, file in MODULES.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("file", FILES, ids=module)
def test_only_policies_import_torch_at_once(file: Path) -> None:
    roots = {name.split(".")[0] for name in imports(tree(file), inside_functions=False)}
    assert layer(file) == "policies" or not roots & HEAVY


@pytest.mark.parametrize("file", FILES, ids=module)
def test_the_library_does_not_know_the_examples(file: Path) -> None:
    roots = {name.split(".")[0] for name in imports(tree(file), inside_functions=True)}
    assert not roots & {"examples", "tests", "benchmarks"}


@pytest.mark.parametrize("file", FILES, ids=module)
def test_text_is_never_code(file: Path) -> None:
    called = [ast.unparse(node.func) for node in ast.walk(tree(file)) if isinstance(node, ast.Call)]
    forbidden = {"eval", "exec", "compile", "__import__", "pickle.load", "marshal.loads"}
    if file not in UNPICKLES:
        forbidden |= {"pickle.loads", "pickle.Unpickler", "torch.load"}
    assert not forbidden & set(called)


@pytest.mark.parametrize("file", sorted(UNPICKLES), ids=module)
def test_the_exceptions_are_still_needed(file: Path) -> None:
    assert "pickle.loads" in file.read_text(encoding="utf-8")
