"""Every primitive agrees with the conformance vectors."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from examples.arc.dsl import arc

REPOSITORY = Path(__file__).resolve().parents[3]
VECTORS = Path(os.environ.get("ARC_DSL_VECTORS", "../shared/arc_dsl_vectors.jsonl"))

DEVIATIONS: Mapping[str, tuple[int, str]] = {}
"""Primitive to (how many cases fail, why that is meant)."""


@cache
def cases() -> Mapping[str, list[dict[str, Any]]]:
    path = REPOSITORY / VECTORS
    if not path.is_file():
        pytest.skip(f"no conformance vectors at {path}; set ARC_DSL_VECTORS to where they are")
    by_primitive = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            by_primitive[case["function"]].append(case)
    return by_primitive


def decode(encoded: Any) -> Any:
    """The value that a JSON value of the vectors stands for."""
    if isinstance(encoded, list):
        return tuple(map(decode, encoded))
    if not isinstance(encoded, dict):
        return encoded
    if "set" in encoded:
        return frozenset(map(decode, encoded["set"]))
    if "fn" in encoded:
        return arc.primitives[encoded["fn"]].function
    name, *arguments = encoded["call"]
    return arc.primitives[name].function(*map(decode, arguments))


def outcome(case: Mapping[str, Any]) -> Any:
    """What the case evaluates to; the exception, if it raises one."""
    try:
        value = arc.primitives[case["function"]].function(*map(decode, case["args"]))
        return value(*map(decode, case["apply"])) if "apply" in case else value
    except Exception as error:  # the kind of error is not part of the contract
        return error


def passes(case: Mapping[str, Any]) -> bool:
    actual = outcome(case)
    if "error" in case:
        # A StopIteration would silently cut short whichever iteration it passes through.
        return isinstance(actual, Exception) and not isinstance(actual, StopIteration)
    return bool(actual == decode(case["expect"]))


def test_the_vectors_cover_the_language() -> None:
    assert set(cases()) == set(arc.primitives)


def test_the_deviations_are_few() -> None:
    total = sum(map(len, cases().values()))
    assert sum(count for count, _ in DEVIATIONS.values()) <= 0.03 * total


@pytest.mark.parametrize("primitive", sorted(arc.primitives))
def test_primitive_agrees_with_the_vectors(primitive: str) -> None:
    failing = [case for case in cases()[primitive] if not passes(case)]
    expected, _ = DEVIATIONS.get(primitive, (0, ""))
    shown = [json.dumps(case)[:400] for case in failing[:3]]
    assert len(failing) == expected, "\n".join([f"{len(failing)} cases fail:", *shown])


def test_each_case_is_decided_by_more_than_one_kind_of_outcome() -> None:
    kinds = Counter("error" in case for group in cases().values() for case in group)
    assert min(kinds.values()) > 0
