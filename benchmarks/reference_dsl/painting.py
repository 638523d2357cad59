"""Rewriting grids."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.colors import mostcolor
from benchmarks.reference_dsl.patches import shift
from benchmarks.reference_dsl.values import exact_pair, grid_rows, locations, members


def _inside(grid: Any, i: int, j: int) -> bool:
    return 0 <= i < len(grid) and 0 <= j < len(grid[0])


def _cells(obj: Any) -> Any:
    """The cells, in canonical order where it shows: if a location has several colours."""
    places = [exact_pair(exact_pair(cell)[1]) for cell in obj]
    return obj if len({*places}) == len(obj) else members(obj)


def fill(grid: Any, value: Any, patch: Any) -> Any:
    len(grid[0])
    painted = [list(row) for row in grid_rows(grid)]
    for i, j in locations(patch):
        if _inside(grid, i, j):
            painted[i][j] = value
    return tuple(tuple(row) for row in painted)


def paint(grid: Any, obj: Any) -> Any:
    len(grid[0])
    painted = [list(row) for row in grid_rows(grid)]
    for value, (i, j) in _cells(obj):
        if _inside(grid, i, j):
            painted[i][j] = value
    return tuple(tuple(row) for row in painted)


def underfill(grid: Any, value: Any, patch: Any) -> Any:
    background = mostcolor(grid)
    painted = [list(row) for row in grid_rows(grid)]
    for i, j in locations(patch):
        if _inside(grid, i, j) and painted[i][j] == background:
            painted[i][j] = value
    return tuple(tuple(row) for row in painted)


def underpaint(grid: Any, obj: Any) -> Any:
    background = mostcolor(grid)
    painted = [list(row) for row in grid_rows(grid)]
    for value, (i, j) in _cells(obj):
        if _inside(grid, i, j) and painted[i][j] == background:
            painted[i][j] = value
    return tuple(tuple(row) for row in painted)


def cover(grid: Any, patch: Any) -> Any:
    return fill(grid, mostcolor(grid), patch)


def move(grid: Any, obj: Any, offset: Any) -> Any:
    return paint(cover(grid, obj), shift(obj, offset))


def replace(grid: Any, replacee: Any, replacer: Any) -> Any:
    return tuple(
        tuple(replacer if value == replacee else value for value in row) for row in grid_rows(grid)
    )


def switch(grid: Any, a: Any, b: Any) -> Any:
    return tuple(
        tuple(b if value == a else a if value == b else value for value in row)
        for row in grid_rows(grid)
    )


def cellwise(a: Any, b: Any, fallback: Any) -> Any:
    height, width, other = len(a), len(a[0]), grid_rows(b)
    return tuple(
        tuple(a[i][j] if a[i][j] == other[i][j] else fallback for j in range(width))
        for i in range(height)
    )
