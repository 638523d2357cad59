"""Building, cutting, joining and scaling grids."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.measures import leftmost, shape, ulcorner, uppermost
from benchmarks.reference_dsl.values import grid_rows, members


def canvas(value: Any, dimensions: Any) -> Any:
    height, width = dimensions[0], dimensions[1]
    return tuple(tuple(value for _ in range(width)) for _ in range(height))


def crop(grid: Any, start: Any, dims: Any) -> Any:
    top, left = start[0], start[1]
    return tuple(row[left : left + dims[1]] for row in grid[top : top + dims[0]])


def subgrid(patch: Any, grid: Any) -> Any:
    return crop(grid, ulcorner(patch), shape(patch))


def trim(grid: Any) -> Any:
    return tuple(row[1:-1] for row in grid[1:-1])


def tophalf(grid: Any) -> Any:
    return grid[: len(grid) // 2]


def bottomhalf(grid: Any) -> Any:
    return grid[len(grid) - len(grid) // 2 :]


def lefthalf(grid: Any) -> Any:
    if grid == () or len(grid[0]) < 2:
        return ()
    return tuple(row[: len(grid[0]) // 2] for row in grid)


def righthalf(grid: Any) -> Any:
    if grid == () or len(grid[0]) < 2:
        return ()
    return tuple(row[len(row) - len(grid[0]) // 2 :] for row in grid)


def hsplit(grid: Any, n: Any) -> Any:
    height, width = len(grid), len(grid[0]) // n
    step = width if len(grid[0]) % n == 0 else width + 1
    return tuple(crop(grid, (0, k * step), (height, width)) for k in range(n))


def vsplit(grid: Any, n: Any) -> Any:
    height, width = len(grid) // n, len(grid[0])
    step = height if len(grid) % n == 0 else height + 1
    return tuple(crop(grid, (k * step, 0), (height, width)) for k in range(n))


def hconcat(a: Any, b: Any) -> Any:
    return tuple(left + right for left, right in zip(members(a), members(b), strict=False))


def vconcat(a: Any, b: Any) -> Any:
    if not isinstance(a, tuple) or not isinstance(b, tuple):
        raise TypeError("not grids")
    return a + b


def hupscale(grid: Any, factor: Any) -> Any:
    times = range(factor)
    return tuple(tuple(value for value in row for _ in times) for row in grid_rows(grid))


def vupscale(grid: Any, factor: Any) -> Any:
    times = range(factor)
    return tuple(row for row in grid_rows(grid) for _ in times)


def upscale(element: Any, factor: Any) -> Any:
    times = range(factor)
    if isinstance(element, tuple):
        return vupscale(hupscale(element, factor), factor)
    if len(element) == 0:
        return frozenset()
    top, left = uppermost(element), leftmost(element)
    return frozenset(
        (value, (top + (i - top) * factor + down, left + (j - left) * factor + right))
        for value, (i, j) in element
        for down in times
        for right in times
    )


def downscale(grid: Any, factor: Any) -> Any:
    rows, columns = range(0, len(grid), abs(factor)), range(0, len(grid[0]), abs(factor))
    return tuple(tuple(grid[i][j] for j in columns) for i in rows)


def compress(grid: Any) -> Any:
    if len(grid_rows(grid)) == 0:
        return ()
    width = min(map(len, grid))
    columns = [j for j in range(width) if len({row[j] for row in grid}) != 1]
    return tuple(tuple(row[j] for j in columns) for row in grid if len({*row}) != 1)
