"""Neighbours, lines and rays."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.values import exact_pair


def dneighbors(loc: Any) -> Any:
    i, j = loc[0], loc[1]
    return frozenset({(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)})


def ineighbors(loc: Any) -> Any:
    i, j = loc[0], loc[1]
    return frozenset({(i - 1, j - 1), (i - 1, j + 1), (i + 1, j - 1), (i + 1, j + 1)})


def neighbors(loc: Any) -> Any:
    return dneighbors(loc) | ineighbors(loc)


def connect(a: Any, b: Any) -> Any:
    (top, left), (bottom, right) = sorted([exact_pair(a), exact_pair(b)])
    if top == bottom:
        return frozenset((top, j) for j in range(left, right + 1))
    if left == right:
        return frozenset((i, left) for i in range(top, bottom + 1))
    if bottom - top == abs(right - left):
        step = 1 if left < right else -1
        return frozenset((top + k, left + k * step) for k in range(bottom - top + 1))
    return frozenset()


def shoot(start: Any, direction: Any) -> Any:
    (i, j), (down, right) = exact_pair(start), exact_pair(direction)
    return connect((i, j), (i + 42 * down, j + 42 * right))


def hfrontier(location: Any) -> Any:
    return frozenset((location[0], j) for j in range(30))


def vfrontier(location: Any) -> Any:
    return frozenset((i, location[1]) for i in range(30))
