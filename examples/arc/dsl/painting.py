"""Rewriting grids: filling, painting, moving, exchanging colours.

Cells outside the grid are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Annotated, Any

from examples.arc.dsl.colors import mostcolor
from examples.arc.dsl.grids import rows
from examples.arc.dsl.language import arc
from examples.arc.dsl.measures import locations
from examples.arc.dsl.order import ascending
from examples.arc.dsl.patches import shift
from examples.arc.dsl.types import Cell, Color, Grid, Location, Object, Patch
from exit_dsl.language.annotations import Accepts

_first = itemgetter(0)
_second = itemgetter(1)


def _in_order(obj: Object) -> Iterable[Cell]:
    """The cells, ascending if it matters: if one location has several colours."""
    places = [*map(_second, obj)]
    if not {*map(type, places)} <= {tuple}:
        raise TypeError("an object consists of cells, pairs of a colour and a location")
    if isinstance(obj, frozenset) and len({*map(_first, obj)}) == 1:
        return obj
    return obj if len({*places}) == len(obj) else ascending(obj)


def _with_rows(grid: Grid, touched: Mapping[int, list[int]]) -> Grid:
    """A grid with some of its rows exchanged."""
    painted = [*grid]
    for i, row in touched.items():
        painted[i] = tuple(row)
    return tuple(painted)


# Only the rows that something is painted on are copied. They are looked up without asking whether
# they are there, which most often they are.


@arc.primitive
def fill(grid: Grid, value: Color, patch: Patch) -> Grid:
    """A grid with the locations of a patch in one colour."""
    height, width = len(rows(grid)), len(grid[0])
    touched: dict[int, list[int]] = {}
    for i, j in locations(patch):
        if 0 <= i < height and 0 <= j < width:
            try:
                touched[i][j] = value
            except KeyError:
                touched[i] = [*grid[i]]
                touched[i][j] = value
    return _with_rows(grid, touched)


@arc.primitive
def paint(grid: Grid, obj: Annotated[Object, Accepts(tuple[Any, ...])]) -> Grid:
    """A grid with the cells of an object in their own colours; of several, the largest."""
    height, width = len(rows(grid)), len(grid[0])
    touched: dict[int, list[int]] = {}
    for value, (i, j) in _in_order(obj):
        if 0 <= i < height and 0 <= j < width:
            try:
                touched[i][j] = value
            except KeyError:
                touched[i] = [*grid[i]]
                touched[i][j] = value
    return _with_rows(grid, touched)


@arc.primitive
def underfill(grid: Grid, value: Color, patch: Patch) -> Grid:
    """Like ``fill``, on the background alone."""
    background = mostcolor(grid)
    height, width = len(rows(grid)), len(grid[0])
    touched: dict[int, list[int]] = {}
    for i, j in locations(patch):
        if 0 <= i < height and 0 <= j < width and grid[i][j] == background:
            if i not in touched:
                touched[i] = [*grid[i]]
            touched[i][j] = value
    return _with_rows(grid, touched)


@arc.primitive
def underpaint(grid: Grid, obj: Annotated[Object, Accepts(tuple[Any, ...])]) -> Grid:
    """Like ``paint``, on the background alone; of several colours, the smallest other one."""
    background = mostcolor(grid)
    height, width = len(rows(grid)), len(grid[0])
    touched: dict[int, list[int]] = {}
    for value, (i, j) in _in_order(obj):
        if 0 <= i < height and 0 <= j < width:
            row = touched[i] if i in touched else [*grid[i]]
            if row[j] == background:
                touched[i] = row
                row[j] = value
    return _with_rows(grid, touched)


@arc.primitive
def cover(grid: Grid, patch: Patch) -> Grid:
    """A grid with the locations of a patch in the background colour."""
    return fill(grid, mostcolor(grid), patch)


@arc.primitive
def move(
    grid: Grid,
    obj: Annotated[Object, Accepts(tuple[Any, ...])],
    offset: Annotated[Location, Accepts(Any)],
) -> Grid:
    """A grid with an object covered and painted elsewhere; an empty object goes anywhere."""
    return paint(cover(grid, obj), shift(obj, offset))


@arc.primitive
def replace(grid: Grid, replacee: Color, replacer: Color) -> Grid:
    """A grid with one colour in place of another."""
    return tuple(
        [
            tuple([replacer if value == replacee else value for value in row])
            if replacee in row
            else row
            for row in rows(grid)
        ]
    )


@arc.primitive
def switch(grid: Grid, a: Color, b: Color) -> Grid:
    """A grid with two colours exchanged."""
    return tuple(
        [
            tuple([b if value == a else a if value == b else value for value in row])
            if a in row or b in row
            else row
            for row in rows(grid)
        ]
    )


@arc.primitive
def cellwise(a: Grid, b: Grid, fallback: Color) -> Grid:
    """A grid of the cells on which two grids agree, another colour elsewhere."""
    height, columns = len(a), range(len(a[0]))
    other = rows(b)
    return tuple(
        [
            tuple([a[i][j] if a[i][j] == other[i][j] else fallback for j in columns])
            for i in range(height)
        ]
    )
