"""What others build on: names, documentation, and an import that costs and changes nothing."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import exit_dsl

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
AGREED = [
    "Task", "Example", "Budget", "Success", "Failure", "Policy", "Interpreter", "Relabeler",
    "ReplayBuffer", "Hindsight", "SolvedOnly", "PrioritizedReplayBuffer", "ExpertIteration",
    "Scoreboard", "Language",
]  # fmt: skip
AT_TOP = [
    "exit_dsl.language", "exit_dsl.execution", "exit_dsl.replay", "exit_dsl.relabeling",
    "exit_dsl.search", "exit_dsl.spread", "exit_dsl.mixture", "exit_dsl.accompanied",
    "exit_dsl.loop", "exit_dsl.evaluation", "exit_dsl.solutions", "exit_dsl.tracking",
    "exit_dsl.checkpoint", "exit_dsl.wrapped",
]  # fmt: skip
"""Modules whose classes are all importable from ``exit_dsl``."""
PUBLIC = ["exit_dsl", *AT_TOP, "exit_dsl.policies", "exit_dsl.testing"]
FUNCTIONS = {"execute", "exact_match", "pass_at_k"}
"""Those that are importable from ``exit_dsl``; all others are called with their module."""
MODULES = [
    "exit_dsl", *(found.name for found in pkgutil.walk_packages(exit_dsl.__path__, "exit_dsl."))
]  # fmt: skip


def exported(module: ModuleType) -> dict[str, Any]:
    """Return what ``module`` offers: what a package re-exports, or what a file defines."""
    is_package = hasattr(module, "__path__")
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and (is_package or getattr(value, "__module__", None) == module.__name__)
    }


def undocumented(value: Any, name: str) -> Iterator[str]:
    """Yield the public classes, functions and methods of ``value`` without a docstring."""
    if not inspect.isclass(value) and not inspect.isfunction(value):
        return
    if not (value.__doc__ or "").strip():
        yield name
    if inspect.isclass(value):
        for attribute, member in vars(value).items():
            function = getattr(member, "fget", getattr(member, "__func__", member))
            inherits = any(hasattr(base, attribute) for base in value.__mro__[1:])
            if inspect.isfunction(function) and not attribute.startswith("_") and not inherits:
                yield from undocumented(function, f"{name}.{attribute}")


def in_a_fresh_interpreter(code: str) -> Any:
    """Run ``code``, which prints JSON, and return that; anything else that is printed fails."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "--an-argument"],
        capture_output=True, text=True, check=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert not done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", AGREED)
def test_the_agreed_names_are_there(name: str) -> None:
    assert name in exported(exit_dsl)


def test_every_class_is_importable_from_the_package_itself() -> None:
    classes = {
        name
        for module in AT_TOP
        for name, value in exported(importlib.import_module(module)).items()
        if inspect.isclass(value) or name in FUNCTIONS
    }
    values = {*exported(importlib.import_module("exit_dsl.types")), "Outcome"} - {"I", "O", "V"}
    interfaces = exported(importlib.import_module("exit_dsl.interfaces"))
    contracts = {name for name, value in interfaces.items() if inspect.isclass(value)}
    assert set(exported(exit_dsl)) == classes | values | contracts


def test_the_reference_lists_what_is_importable_from_the_package_itself() -> None:
    page = (REFERENCE / "exit_dsl.rst").read_text(encoding="utf-8")
    described = set(re.findall(r"^\.\. auto\w+:: (\w+)$", page, re.MULTILINE))
    listed = set(re.findall(r"``(\w+)``", page[page.index("Re-exported") :]))
    assert set(exported(exit_dsl)) == described | (listed & set(exported(exit_dsl)))
    assert not described & listed


NAMED = {
    (page, name)
    for page in sorted((ROOT / "docs").rglob("*.rst"))
    for name in re.findall(
        r":(?:class|func|meth|attr|data|exc|mod):`(?:[^`<]*<)?~?(exit_dsl[\w.]*)",
        page.read_text(encoding="utf-8"),
    )
}


@pytest.mark.parametrize(
    ("page", "name"), sorted(NAMED), ids=lambda each: getattr(each, "name", each)
)
def test_what_the_documentation_names_is_there(page: Path, name: str) -> None:
    parts = name.split(".")
    module = max(
        ".".join(parts[:n]) for n in range(1, len(parts) + 1) if ".".join(parts[:n]) in MODULES
    )
    value = importlib.import_module(module)
    for part in parts[len(module.split(".")) :]:
        value = getattr(value, part)


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip()
    assert not [
        missing
        for attribute, value in exported(module).items()
        if (getattr(value, "__module__", None) or "").startswith("exit_dsl")
        for missing in undocumented(value, attribute)
    ]


def documented() -> set[str]:
    """Return the names that the reference describes, one by one or with their whole module."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.rst"))
    names = re.findall(
        r"^\.\. auto(?:class|function|data|exception):: (?:\w+\.)*(\w+)", pages, re.MULTILINE
    )
    whole = re.findall(r"^\.\. automodule:: (\S+)\n    :members:$", pages, re.MULTILINE)
    return {*names, *(name for each in whole for name in exported(importlib.import_module(each)))}


@pytest.mark.parametrize("name", PUBLIC)
def test_everything_public_is_in_the_reference(name: str) -> None:
    offered = {
        attribute
        for attribute, value in exported(importlib.import_module(name)).items()
        if attribute[0].isupper() or inspect.isfunction(value)
    }
    missing = offered - documented()
    assert not missing, f"add to docs/reference: {sorted(missing)}"


def test_importing_is_quick() -> None:
    # Beside numpy in the same process, as machines differ, and each from hour to hour.
    code = """
from time import process_time as now

start = now()
import numpy
middle = now()
import exit_dsl
print((now() - middle) / (middle - start))
"""
    assert min(in_a_fresh_interpreter(code) for _ in range(3)) < 2.5


def test_importing_leaves_the_heavy_libraries_alone() -> None:
    code = "import exit_dsl, json, sys; print(json.dumps(sorted(sys.modules)))"
    assert not {"torch", "transformers"} & set(in_a_fresh_interpreter(code))


def test_importing_has_no_side_effects() -> None:
    code = """
import json, logging, os, random, sys

def state():
    return [sys.argv, repr(logging.root.handlers), logging.root.level, sorted(os.environ.items()),
            os.getcwd(), hash(random.getstate())]

before = state()
import exit_dsl
import exit_dsl.checkpoint, exit_dsl.evaluation, exit_dsl.search, exit_dsl.tracking
print(json.dumps([name for name, old, new in zip(
    ["argv", "handlers", "level", "environment", "folder", "random"], before, state()
) if old != new]))
"""
    changed = in_a_fresh_interpreter(code)
    assert not changed
