"""What is said about the package in several places is the same everywhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = sorted(PROJECT["optional-dependencies"])
REQUIREMENTS = [
    requirement
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for requirement in group
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
TEXTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(
        path
        for folder in ("src", "docs", "examples", "benchmarks", "changelog.d")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".rst", ".md"} and "_build" not in path.parts
    ),
]


def cited(field: str) -> str:
    found = re.search(rf"^{field}: (.+)$", CITATION, re.MULTILINE)
    assert found, f"CITATION.cff has no {field}"
    return found[1]


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found
    return found[0]


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_extra_is_documented(extra: str) -> None:
    section = README[README.index("\n## Install") :]
    extras = re.search(r"^Extras: (.+?)\n\n|^Extras: (.+?)\n`constraints", section, re.M | re.S)
    assert extras
    assert f"`{extra}`" in extras[0]


def test_every_extra_that_is_named_exists() -> None:
    named = {
        (path.relative_to(ROOT), extra)
        for path in TEXTS
        for extras in re.findall(r"exit_dsl\[([\w, -]+)\]", path.read_text(encoding="utf-8"))
        for extra in re.split(r", ?", extras)
    }
    assert named
    assert not {(path, extra) for path, extra in named if extra not in EXTRAS}


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_requirements_have_a_lower_bound_and_no_upper_one(requirement: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.-]+>=[\d.]+", requirement)


def test_what_is_required_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {name_of(line).lower().replace("_", "-") for line in lines if "==" in line}
    unpinned = {name_of(each).lower().replace("_", "-") for each in REQUIREMENTS} - pinned
    assert not unpinned - {"tensorboard"}  # which no test needs


def test_the_citation_is_of_this_version() -> None:
    assert cited("cff-version") == "1.2.0"
    assert cited("title") == PROJECT["name"]
    assert cited("version") == PROJECT["version"]
    assert cited("license") == PROJECT["license"]
    assert "authors:\n  - name: " in CITATION
    assert {"title", "message", "type", "abstract", "keywords", "references"} <= set(
        re.findall(r"^(\w[\w-]*):", CITATION, re.MULTILINE)
    )


def test_what_goes_into_the_source_distribution_is_there() -> None:
    included = PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert all((ROOT / name).exists() for name in included)
    # All that the Makefile, the tests and .ci/run read.
    assert {"src", "tests", "examples", "docs", "benchmarks", "constraints.txt", "Makefile"} <= set(
        included
    )
    assert (ROOT / "src" / "exit_dsl" / "py.typed").exists()
