"""Relations between patches."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.measures import center, leftmost, lowermost, rightmost, uppermost
from benchmarks.reference_dsl.patches import shift
from benchmarks.reference_dsl.values import locations


def hmatching(a: Any, b: Any) -> Any:
    return bool({loc[0] for loc in locations(a)} & {loc[0] for loc in locations(b)})


def vmatching(a: Any, b: Any) -> Any:
    return bool({loc[1] for loc in locations(a)} & {loc[1] for loc in locations(b)})


def manhattan(a: Any, b: Any) -> Any:
    return min(abs(i - k) + abs(j - m) for i, j in locations(a) for k, m in locations(b))


def adjacent(a: Any, b: Any) -> Any:
    return manhattan(a, b) == 1


def bordering(patch: Any, grid: Any) -> Any:
    return (
        uppermost(patch) == 0
        or leftmost(patch) == 0
        or lowermost(patch) == len(grid) - 1
        or rightmost(patch) == len(grid[0]) - 1
    )


def position(a: Any, b: Any) -> Any:
    (row_a, column_a), (row_b, column_b) = center(a), center(b)
    if row_a == row_b:
        return (0, 1 if column_a < column_b else -1)
    if column_a == column_b:
        return (1 if row_a < row_b else -1, 0)
    return (1 if row_a < row_b else -1, 1 if column_a < column_b else -1)


def gravitate(source: Any, destination: Any) -> Any:
    if vmatching(source, destination):
        down, right = (1 if center(source)[0] < center(destination)[0] else -1), 0
    else:
        down, right = 0, (1 if center(source)[1] < center(destination)[1] else -1)
    steps = 0
    while steps < 42 and not adjacent(source, destination):
        source = shift(source, (down, right))
        steps += 1
    return (steps * down, steps * right)
