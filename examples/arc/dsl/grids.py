"""Building, cutting, joining and scaling grids."""

from __future__ import annotations

import itertools
from itertools import chain
from typing import Annotated, Any, overload

from examples.arc.dsl.language import arc
from examples.arc.dsl.measures import bounds, shape, ulcorner
from examples.arc.dsl.order import ascending
from examples.arc.dsl.types import Color, Element, Grid, Location, Object, Patch
from exit_dsl.language.annotations import Accepts


def rows(grid: Grid) -> Grid:
    """The rows of a grid.

    Raises:
        TypeError: It is not a tuple of tuples; sets have no order in which to read them.
    """
    if not isinstance(grid, tuple) or not {*map(type, grid)} <= {tuple}:
        raise TypeError("a grid is a tuple of rows, each a tuple")
    return grid


def _canvas_size(_: Color, dimensions: Location) -> int:
    return max(dimensions[0], 0) * max(dimensions[1], 1)


@arc.primitive(work=_canvas_size)
def canvas(value: Color, dimensions: Location) -> Grid:
    """A grid of one colour."""
    height, width = dimensions[:2]
    return ((value,) * width,) * height


@arc.primitive
def crop(grid: Grid, start: Location, dims: Location) -> Grid:
    """The part of a grid with a given corner and shape, by Python's rules for slices."""
    top, left = start[0], start[1]
    bottom, right = top + dims[0], left + dims[1]
    return tuple([row[left:right] for row in grid[top:bottom]])


@arc.primitive
def subgrid(patch: Patch, grid: Grid) -> Grid:
    """The part of a grid that a patch spans."""
    return crop(grid, ulcorner(patch), shape(patch))


@arc.primitive
def trim(grid: Grid) -> Grid:
    """A grid without its border."""
    return tuple([row[1:-1] for row in grid[1:-1]])


@arc.primitive
def tophalf(grid: Grid) -> Grid:
    """The upper half; a middle row belongs to neither."""
    return grid[: len(grid) // 2]


@arc.primitive
def bottomhalf(grid: Grid) -> Grid:
    """The lower half; a middle row belongs to neither."""
    return grid[len(grid) - len(grid) // 2 :]


@arc.primitive
def lefthalf(grid: Grid) -> Grid:
    """The left half; a middle column belongs to neither."""
    half = _half_width(grid)
    return tuple([row[:half] for row in grid]) if half else ()


@arc.primitive
def righthalf(grid: Grid) -> Grid:
    """The right half; a middle column belongs to neither."""
    half = _half_width(grid)
    return tuple([row[len(row) - half :] for row in grid]) if half else ()


def _half_width(grid: Grid) -> int:
    return 0 if grid == () else len(grid[0]) // 2


def _pieces_size(grid: Grid, n: int) -> int:
    # No pieces are cut then, whatever is to be cut.
    return len(grid) * (len(grid[0]) + n) + n if n > 0 else 0


@arc.primitive(work=_pieces_size)
def hsplit(grid: Grid, n: int) -> tuple[Grid, ...]:
    """Pieces side by side; one column between them is dropped if they do not fill the grid."""
    width, rest = divmod(len(grid[0]), n)
    step = width + 1 if rest else width
    return tuple([crop(grid, (0, k * step), (len(grid), width)) for k in range(n)])


@arc.primitive(work=_pieces_size)
def vsplit(grid: Annotated[Grid, Accepts(frozenset[Any])], n: int) -> tuple[Grid, ...]:
    """Pieces one below the other; one row between them is dropped if they do not fill the grid."""
    height, rest = divmod(len(grid), n)
    step = height + 1 if rest else height
    return tuple([crop(grid, (k * step, 0), (height, len(grid[0]))) for k in range(n)])


@arc.primitive
def hconcat(
    a: Annotated[Grid, Accepts(frozenset[Any])], b: Annotated[Grid, Accepts(frozenset[Any])]
) -> Grid:
    """Two grids side by side."""
    return tuple([left + right for left, right in zip(ascending(a), ascending(b), strict=False)])


@arc.primitive
def vconcat(a: Grid, b: Grid) -> Grid:
    """Two grids, one above the other."""
    nothing: Grid = ()
    return nothing + a + b  # starting from a tuple, so that other things that add up are refused


def _times(factor: int) -> int:
    """A factor, at least 0; anything but a number raises."""
    return len(range(factor))


def _stretched_size(grid: Grid, factor: int) -> int:
    return sum(map(len, grid)) * max(factor, 0)


@arc.primitive(work=_stretched_size)
def hupscale(grid: Grid, factor: int) -> Grid:
    """A grid with each cell repeated within its row."""
    times = _times(factor)
    return tuple([_repeated(row, times) for row in rows(grid)])


@arc.primitive(work=_stretched_size)
def vupscale(grid: Grid, factor: int) -> Grid:
    """A grid with each row repeated."""
    return _repeated(rows(grid), _times(factor))


def _repeated(items: tuple[Any, ...], times: int) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(map(itertools.repeat, items, itertools.repeat(times))))


def _upscaled_size(element: Element, factor: int) -> int:
    cells = sum(map(len, element)) if isinstance(element, tuple) else len(element)
    return cells * max(factor, 0) ** 2


@overload
def upscale(element: Grid, factor: int) -> Grid: ...
@overload
def upscale(element: Object, factor: int) -> Object: ...
@arc.primitive(work=_upscaled_size)
def upscale(element: Any, factor: int) -> Any:
    """A grid or an object with each cell blown up to a square; an object's corner stays."""
    times = _times(factor)
    if isinstance(element, tuple):
        return _repeated(tuple([_repeated(row, times) for row in rows(element)]), times)
    return _upscale_object(element, times) if len(element) else frozenset()


def _upscale_object(obj: Object, times: int) -> Object:
    top, left, _, _ = bounds(obj)
    cells = []
    for value, (i, j) in obj:
        i, j = top + (i - top) * times, left + (j - left) * times
        block = itertools.product(range(i, i + times), range(j, j + times))
        cells += [(value, loc) for loc in block]
    return frozenset(cells)


@arc.primitive
def downscale(grid: Grid, factor: int) -> Grid:
    """The upper left cell of each square of a grid."""
    step, width = abs(factor), len(grid[0])
    return tuple([row[:width:step] for row in grid[::step]])


@arc.primitive
def compress(grid: Grid) -> Grid:
    """A grid without its rows and columns of one colour."""
    kept = [len({*column}) != 1 for column in zip(*rows(grid), strict=False)]
    return tuple([tuple(itertools.compress(row, kept)) for row in grid if len({*row}) != 1])
