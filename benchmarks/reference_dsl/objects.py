"""From grids to objects and sets of locations."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.colors import mostcolor, palette
from benchmarks.reference_dsl.lines import dneighbors, neighbors
from benchmarks.reference_dsl.measures import shape
from benchmarks.reference_dsl.patches import normalize
from benchmarks.reference_dsl.values import exact_pair, grid_rows, locations


def asindices(grid: Any) -> Any:
    if grid == ():
        return frozenset()
    return frozenset((i, j) for i in range(len(grid)) for j in range(len(grid[0])))


def asobject(grid: Any) -> Any:
    return frozenset(
        (value, (i, j)) for i, row in enumerate(grid_rows(grid)) for j, value in enumerate(row)
    )


def ofcolor(grid: Any, value: Any) -> Any:
    return frozenset(location for each, location in asobject(grid) if each == value)


def objects(grid: Any, univalued: Any, diagonal: Any, without_bg: Any) -> Any:
    len(grid[0])
    cells = {location: value for value, location in asobject(grid)}
    if without_bg:
        background = mostcolor(grid)
        cells = {location: value for location, value in cells.items() if value != background}
    around = neighbors if diagonal else dneighbors
    components = set()
    unseen = set(cells)
    while unseen:
        start = unseen.pop()
        component = [start]
        for location in component:
            for neighbor in around(location):
                if neighbor in unseen and (not univalued or cells[neighbor] == cells[start]):
                    unseen.remove(neighbor)
                    component.append(neighbor)
        components.add(frozenset((cells[location], location) for location in component))
    return frozenset(components)


def partition(grid: Any) -> Any:
    colors = palette(grid_rows(grid))
    return frozenset(
        frozenset((value, location) for location in ofcolor(grid, value)) for value in colors
    )


def fgpartition(grid: Any) -> Any:
    background = mostcolor(grid)
    return frozenset(
        frozenset((value, location) for location in ofcolor(grid, value))
        for value in palette(grid_rows(grid))
        if value != background
    )


def toobject(patch: Any, grid: Any) -> Any:
    height, width = len(grid), len(grid[0])
    return frozenset(
        (grid[i][j], (i, j)) for i, j in locations(patch) if 0 <= i < height and 0 <= j < width
    )


def frontiers(grid: Any) -> Any:
    height, width = len(grid_rows(grid)), len(grid[0])
    rows = [[(i, j) for j in range(width)] for i in range(height)]
    columns = [[(i, j) for i in range(height)] for j in range(width)]
    lines = [frozenset((grid[i][j], (i, j)) for i, j in line) for line in rows + columns]
    return frozenset(line for line in lines if len(palette(line)) == 1)


def occurrences(grid: Any, obj: Any) -> Any:
    pattern = normalize(obj)
    height, width = shape(pattern)
    bottom, rightmost = len(grid) - height, len(grid[0]) - width
    return frozenset(
        (i, j)
        for i in range(bottom + 1)
        for j in range(rightmost + 1)
        if all(grid[i + down][j + right] == value for value, (down, right) in pattern)
    )


def index(grid: Any, loc: Any) -> Any:
    i, j = exact_pair(loc)
    height, width = len(grid), len(grid[0])
    return grid[i][j] if 0 <= i < height and 0 <= j < width else None
