"""What is asked again and again of the same values."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, TypeVar

R = TypeVar("R")

HELD = 500_000
"""Members of all arguments that are remembered; beyond it everything is forgotten."""


def by_identity(function: Callable[[Any], R]) -> Callable[[Any], R]:
    """Remember what a function gave for an object, for as long as it is the same object.

    Unlike a cache by value it tells 1 and True apart, and hashes nothing. The function must be
    pure, and its argument an immutable collection.
    """
    known: dict[int, tuple[Collection[Any], R]] = {}
    held = 0

    @wraps(function)
    def remembered(value: Any) -> R:
        nonlocal held
        entry = known.get(id(value))
        if entry is not None:
            return entry[1]
        result = function(value)
        held += 1 + len(value)
        if held > HELD:
            known.clear()
            held = 1 + len(value)
        known[id(value)] = value, result  # Holding the object keeps its identity from others.
        return result

    return remembered
