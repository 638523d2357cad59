"""From grids to sets of locations, objects and back to colours."""

from __future__ import annotations

from collections import Counter
from itertools import chain, product
from typing import Annotated, Any

from examples.arc.dsl.colors import mostcolor
from examples.arc.dsl.grids import rows
from examples.arc.dsl.language import arc
from examples.arc.dsl.measures import locations, shape
from examples.arc.dsl.patches import normalize
from examples.arc.dsl.types import (
    Boolean,
    Cell,
    Color,
    Grid,
    Indices,
    Location,
    Object,
    Objects,
    Patch,
)
from exit_dsl.language.annotations import Accepts


@arc.primitive
def asindices(grid: Grid) -> Indices:
    """All locations of a grid."""
    if grid == ():
        return frozenset()
    return frozenset(product(range(len(grid)), range(len(grid[0]))))


@arc.primitive
def asobject(grid: Grid) -> Object:
    """All cells of a grid."""
    return frozenset(
        [(value, (i, j)) for i, row in enumerate(rows(grid)) for j, value in enumerate(row)]
    )


@arc.primitive
def ofcolor(grid: Grid, value: Color) -> Indices:
    """The locations of a colour."""
    return frozenset(
        [
            (i, j)
            for i, row in enumerate(rows(grid))
            if value in row
            for j, other in enumerate(row)
            if other == value
        ]
    )


@arc.primitive
def objects(grid: Grid, univalued: Boolean, diagonal: Boolean, without_bg: Boolean) -> Objects:
    """The connected components of a grid.

    Args:
        grid: Where to look.
        univalued: Whether a component has one colour only.
        diagonal: Whether cells that touch at a corner are connected.
        without_bg: Whether to leave the background out.
    """
    # What programs make of a grid may have rows of any length.
    width = max(len(grid[0]), *map(len, rows(grid)))
    values = {*chain.from_iterable(grid)}
    numbers = dict.fromkeys(values, 1)
    if univalued:
        numbers = {value: number for number, value in enumerate(values, start=1)}
    if without_bg:
        numbers[mostcolor(grid)] = 0
    # Labels and cells lie in flat lists with a column and two rows of padding, so that a step to
    # a neighbour is one addition and never leaves the list. Label 0: padding, background, visited.
    stride = width + 1
    cells: list[Any] = [None] * (stride * (len(grid) + 2))
    labels = [0] * len(cells)
    for i, row in enumerate(grid):
        start = stride * (i + 1)
        cells[start : start + len(row)] = [(value, (i, j)) for j, value in enumerate(row)]
        labels[start : start + len(row)] = [numbers[value] for value in row]
    steps: tuple[int, ...] = (-stride, -1, 1, stride)
    if diagonal:
        steps += (-stride - 1, -stride + 1, stride - 1, stride + 1)
    return frozenset(
        [
            frozenset([cells[position] for position in _component(labels, start, steps)])
            for start, label in enumerate(labels)
            if label
        ]
    )


def _component(labels: list[int], start: int, steps: tuple[int, ...]) -> list[int]:
    """The positions connected to ``start``, whose labels are set to 0."""
    label = labels[start]
    labels[start] = 0
    positions = [start]
    for position in positions:
        for step in steps:
            neighbor = position + step
            if labels[neighbor] == label:
                labels[neighbor] = 0
                positions.append(neighbor)
    return positions


@arc.primitive
def partition(grid: Grid) -> Objects:
    """The cells of a grid, an object for each colour."""
    return frozenset(map(frozenset, _by_color(grid).values()))


@arc.primitive
def fgpartition(grid: Grid) -> Objects:
    """The cells of a grid, an object for each colour but the background's."""
    groups = _by_color(grid)
    del groups[mostcolor(grid)]
    return frozenset(map(frozenset, groups.values()))


def _by_color(grid: Grid) -> dict[int, list[Cell]]:
    groups: dict[int, list[Cell]] = {value: [] for value in {*chain.from_iterable(rows(grid))}}
    for i, row in enumerate(grid):
        for j, value in enumerate(row):
            groups[value].append((value, (i, j)))
    return groups


@arc.primitive
def toobject(patch: Patch, grid: Grid) -> Object:
    """The cells of a grid at the locations of a patch."""
    height, width = len(grid), len(grid[0])
    return frozenset(
        [(grid[i][j], (i, j)) for i, j in locations(patch) if 0 <= i < height and 0 <= j < width]
    )


@arc.primitive
def frontiers(grid: Grid) -> Objects:
    """The rows and columns of one colour, an object each."""
    height, width = len(grid), len(grid[0])
    if min(map(len, rows(grid))) < width:
        raise IndexError("a row is shorter than the first")
    lines = [
        frozenset([(row[0], (i, j)) for j in range(width)])
        for i, row in enumerate(rows(grid))
        if len({*row[:width]}) == 1
    ]
    lines += [
        frozenset([(column[0], (i, j)) for i in range(height)])
        for j, column in enumerate(zip(*grid, strict=False))
        if len({*column}) == 1
    ]
    return frozenset(lines)


@arc.primitive
def occurrences(grid: Grid, obj: Annotated[Object, Accepts(tuple[Any, ...])]) -> Indices:
    """The upper left corners of all places where a grid shows an object."""
    pattern = normalize(obj)
    height, width = shape(pattern)
    bottom, right = len(grid) - height, len(grid[0]) - width
    if bottom < 0 or right < 0:
        return frozenset()
    places = [*product(range(bottom + 1), range(right + 1))]
    # Rare colours first: they leave the fewest places to compare.
    counts = Counter(chain.from_iterable(rows(grid)))
    for value, (di, dj) in sorted(pattern, key=lambda cell: counts[cell[0]]):
        places = [(i, j) for i, j in places if grid[i + di][j + dj] == value]
        if not places:
            break
    return frozenset(places)


@arc.primitive
def index(grid: Grid, loc: Location) -> Annotated[int, Accepts(Any)]:
    """The colour at a location; None outside the grid."""
    i, j = loc[:]
    height, width = len(grid), len(grid[0])
    if 0 <= i < height and 0 <= j < width:
        return grid[i][j]
    return None  # type: ignore[return-value]  # an integer is what is meant
