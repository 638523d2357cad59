"""Reads the conformance vectors of the ARC language, with the primitives of any implementation."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
VECTORS = Path(os.environ.get("ARC_DSL_VECTORS", "../shared/arc_dsl_vectors.jsonl"))

Primitives = Mapping[str, Callable[..., Any]]


@cache
def cases() -> Mapping[str, list[dict[str, Any]]]:
    """The cases of each primitive; skips the test if there is no file of them."""
    path = REPOSITORY / VECTORS
    if not path.is_file():
        pytest.skip(f"no conformance vectors at {path}; set ARC_DSL_VECTORS to where they are")
    by_primitive = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            by_primitive[case["function"]].append(case)
    return by_primitive


def decode(encoded: Any, primitives: Primitives) -> Any:
    """The value that a JSON value of the vectors stands for."""
    if isinstance(encoded, list):
        return tuple(decode(item, primitives) for item in encoded)
    if not isinstance(encoded, dict):
        return encoded
    if "set" in encoded:
        return frozenset(decode(item, primitives) for item in encoded["set"])
    if "fn" in encoded:
        return primitives[encoded["fn"]]
    name, *arguments = encoded["call"]
    return primitives[name](*(decode(argument, primitives) for argument in arguments))


def outcome(case: Mapping[str, Any], primitives: Primitives) -> Any:
    """What the case evaluates to; the exception, if it raises one."""
    try:
        value = primitives[case["function"]](*decode(case["args"], primitives))
        return value(*decode(case["apply"], primitives)) if "apply" in case else value
    except Exception as error:  # the kind of error is not part of the contract
        return error


def passes(case: Mapping[str, Any], primitives: Primitives) -> bool:
    """Whether the case evaluates to what it says."""
    actual = outcome(case, primitives)
    if "error" in case:
        # A StopIteration would silently cut short whichever iteration it passes through.
        return isinstance(actual, Exception) and not isinstance(actual, StopIteration)
    return bool(actual == decode(case["expect"], primitives))
