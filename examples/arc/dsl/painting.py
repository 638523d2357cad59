"""Rewriting grids: filling, painting, moving, exchanging colours.

Cells outside the grid are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
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


@arc.primitive
def fill(grid: Grid, value: Color, patch: Patch) -> Grid:
    """A grid with the locations of a patch in one colour."""
    height, width = len(grid), len(grid[0])
    painted = [*map(list, rows(grid))]
    for i, j in locations(patch):
        if 0 <= i < height and 0 <= j < width:
            painted[i][j] = value
    return tuple(map(tuple, painted))


@arc.primitive
def paint(grid: Grid, obj: Annotated[Object, Accepts(tuple[Any, ...])]) -> Grid:
    """A grid with the cells of an object in their own colours; of several, the largest."""
    height, width = len(grid), len(grid[0])
    painted = [*map(list, rows(grid))]
    for value, (i, j) in _in_order(obj):
        if 0 <= i < height and 0 <= j < width:
            painted[i][j] = value
    return tuple(map(tuple, painted))


@arc.primitive
def underfill(grid: Grid, value: Color, patch: Patch) -> Grid:
    """Like ``fill``, on the background alone."""
    background = mostcolor(grid)
    height, width = len(grid), len(grid[0])
    painted = [*map(list, rows(grid))]
    for i, j in locations(patch):
        if 0 <= i < height and 0 <= j < width and painted[i][j] == background:
            painted[i][j] = value
    return tuple(map(tuple, painted))


@arc.primitive
def underpaint(grid: Grid, obj: Annotated[Object, Accepts(tuple[Any, ...])]) -> Grid:
    """Like ``paint``, on the background alone; of several colours, the smallest other one."""
    background = mostcolor(grid)
    height, width = len(grid), len(grid[0])
    painted = [*map(list, rows(grid))]
    for value, (i, j) in _in_order(obj):
        if 0 <= i < height and 0 <= j < width and painted[i][j] == background:
            painted[i][j] = value
    return tuple(map(tuple, painted))


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
