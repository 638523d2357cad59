"""Measures of patches and grids."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.patches import normalize
from benchmarks.reference_dsl.values import locations


def uppermost(patch: Any) -> Any:
    return min(location[0] for location in locations(patch))


def lowermost(patch: Any) -> Any:
    return max(location[0] for location in locations(patch))


def leftmost(patch: Any) -> Any:
    return min(location[1] for location in locations(patch))


def rightmost(patch: Any) -> Any:
    return max(location[1] for location in locations(patch))


def ulcorner(patch: Any) -> Any:
    return tuple(min(numbers) for numbers in zip(*locations(patch), strict=True))


def urcorner(patch: Any) -> Any:
    if len(patch) == 0:
        return ()
    rows, columns = zip(*locations(patch), strict=True)
    return (min(rows), max(columns))


def llcorner(patch: Any) -> Any:
    if len(patch) == 0:
        return ()
    rows, columns = zip(*locations(patch), strict=True)
    return (max(rows), min(columns))


def lrcorner(patch: Any) -> Any:
    return tuple(max(numbers) for numbers in zip(*locations(patch), strict=True))


def corners(patch: Any) -> Any:
    return frozenset({ulcorner(patch), urcorner(patch), llcorner(patch), lrcorner(patch)})


def height(piece: Any) -> Any:
    if len(piece) == 0:
        return 0
    if isinstance(piece, tuple):
        return len(piece)
    return lowermost(piece) - uppermost(piece) + 1


def width(piece: Any) -> Any:
    if len(piece) == 0:
        return 0
    if isinstance(piece, tuple):
        return len(piece[0])
    return rightmost(piece) - leftmost(piece) + 1


def shape(piece: Any) -> Any:
    return (height(piece), width(piece))


def portrait(piece: Any) -> Any:
    return height(piece) > width(piece)


def square(piece: Any) -> Any:
    if isinstance(piece, tuple):
        return len(piece) == len(piece[0])
    return height(piece) == width(piece) and len(piece) == height(piece) * width(piece)


def vline(patch: Any) -> Any:
    return height(patch) == len(patch) and width(patch) == 1


def hline(patch: Any) -> Any:
    return width(patch) == len(patch) and height(patch) == 1


def center(patch: Any) -> Any:
    return (uppermost(patch) + height(patch) // 2, leftmost(patch) + width(patch) // 2)


def centerofmass(patch: Any) -> Any:
    return tuple(sum(numbers) // len(patch) for numbers in zip(*locations(patch), strict=True))


def hperiod(obj: Any) -> Any:
    pattern = normalize(obj)
    for period in range(1, width(pattern)):
        reached = [(value, (i, j)) for value, (i, j) in pattern if j >= period]
        if all((value, (i, j - period)) in pattern for value, (i, j) in reached):
            return period
    return width(pattern)


def vperiod(obj: Any) -> Any:
    pattern = normalize(obj)
    for period in range(1, height(pattern)):
        reached = [(value, (i, j)) for value, (i, j) in pattern if i >= period]
        if all((value, (i - period, j)) in pattern for value, (i, j) in reached):
            return period
    return height(pattern)
