"""Measures of patches: extent, corners, centre, periods, and the reading of patches itself.

A patch is an object (a set of cells), a set of locations, or a tuple of either.
"""

from __future__ import annotations

from collections.abc import Collection
from operator import itemgetter
from typing import Annotated, Any, TypeAlias, cast

from examples.arc.dsl.bitmaps import Bitmap, Box
from examples.arc.dsl.language import arc
from examples.arc.dsl.memo import by_identity
from examples.arc.dsl.types import Indices, Location, Object, Patch, Piece
from exit_dsl.language.annotations import Accepts

Extreme: TypeAlias = Annotated[int, Accepts(Any)]
"""The smallest or largest of coordinates, which need not be numbers."""

_first = itemgetter(0)
_second = itemgetter(1)
_NOWHERE = cast(Location, ())


def holds_cells(patch: Patch) -> bool:
    """Whether the elements are cells and not bare locations; False for an empty patch."""
    return {*map(type, map(_second, patch))} == {tuple}


def locations(patch: Patch) -> Collection[Location]:
    """The distinct locations of a patch; a patch of bare locations is returned as it is."""
    seconds: list[Any] = [*map(_second, patch)]
    if {*map(type, seconds)} == {tuple}:
        return frozenset(seconds)
    return cast(Indices, patch)


def rows_of(patch: Patch) -> list[int]:
    """The row of each element of a patch."""
    seconds: list[Any] = [*map(_second, patch)]
    return [*map(_first, seconds if {*map(type, seconds)} == {tuple} else patch)]


def columns_of(patch: Patch) -> list[int]:
    """The column of each element of a patch."""
    seconds: list[Any] = [*map(_second, patch)]
    return [*map(_second, seconds)] if {*map(type, seconds)} == {tuple} else seconds


def bounds(patch: Patch | Bitmap) -> Box:
    """The first row, first column, last row and last column of a patch that is not empty."""
    return patch.box if isinstance(patch, Bitmap) else _bounds(patch)


@by_identity
def _bounds(patch: Patch) -> Box:
    columns: list[Any] = [*map(_second, patch)]
    if {*map(type, columns)} == {tuple}:
        rows = [*map(_first, columns)]
        columns = [*map(_second, columns)]
    else:
        rows = [*map(_first, patch)]
    return min(rows), min(columns), max(rows), max(columns)


@arc.primitive
def uppermost(patch: Patch) -> Extreme:
    """The smallest row of a patch."""
    return min(rows_of(patch))


@arc.primitive
def lowermost(patch: Patch) -> Extreme:
    """The largest row of a patch."""
    return max(rows_of(patch))


@arc.primitive
def leftmost(patch: Patch) -> Extreme:
    """The smallest column of a patch."""
    return min(columns_of(patch))


@arc.primitive
def rightmost(patch: Patch) -> Extreme:
    """The largest column of a patch."""
    return max(columns_of(patch))


@arc.primitive
def ulcorner(patch: Patch) -> Location:
    """The upper left corner of the bounding box; () for an empty patch."""
    return cast(Location, tuple(map(min, zip(*locations(patch), strict=True))))


@arc.primitive
def urcorner(patch: Patch) -> Location:
    """The upper right corner of the bounding box; () for an empty patch."""
    if len(patch) == 0:
        return _NOWHERE
    rows, columns = zip(*locations(patch), strict=True)
    return min(rows), max(columns)


@arc.primitive
def llcorner(patch: Patch) -> Location:
    """The lower left corner of the bounding box; () for an empty patch."""
    if len(patch) == 0:
        return _NOWHERE
    rows, columns = zip(*locations(patch), strict=True)
    return max(rows), min(columns)


@arc.primitive
def lrcorner(patch: Patch) -> Location:
    """The lower right corner of the bounding box; () for an empty patch."""
    return cast(Location, tuple(map(max, zip(*locations(patch), strict=True))))


@arc.primitive
def corners(patch: Patch) -> Indices:
    """The corners of the bounding box: one, two or four; {()} for an empty patch."""
    return frozenset([ulcorner(patch), urcorner(patch), llcorner(patch), lrcorner(patch)])


@arc.primitive
def height(piece: Piece) -> int:
    """The number of rows of a grid, or of the bounding box of a patch."""
    if isinstance(piece, tuple) or len(piece) == 0:
        return len(piece)
    rows = rows_of(piece)
    return max(rows) - min(rows) + 1


@arc.primitive
def width(piece: Piece) -> int:
    """The number of columns of a grid, or of the bounding box of a patch."""
    if len(piece) == 0:
        return 0
    if isinstance(piece, tuple):
        return len(piece[0])
    columns = columns_of(piece)
    return max(columns) - min(columns) + 1


@arc.primitive
def shape(piece: Piece) -> Location:
    """Height and width."""
    if len(piece) == 0:
        return 0, 0
    if isinstance(piece, tuple):
        return len(piece), len(piece[0])
    top, left, bottom, right = bounds(piece)
    return bottom - top + 1, right - left + 1


@arc.primitive
def portrait(piece: Piece) -> bool:
    """Whether a piece is higher than wide."""
    rows, columns = shape(piece)
    return rows > columns


@arc.primitive
def square(piece: Piece) -> bool:
    """Whether a grid, or a patch without gaps, is as high as wide."""
    if isinstance(piece, tuple):
        return len(piece) == len(piece[0])
    rows, columns = shape(piece)
    return rows == columns and len(piece) == rows * columns


@arc.primitive
def vline(patch: Patch) -> bool:
    """Whether a patch is a vertical line without gaps."""
    return shape(patch) == (len(patch), 1)


@arc.primitive
def hline(patch: Patch) -> bool:
    """Whether a patch is a horizontal line without gaps."""
    return shape(patch) == (1, len(patch))


@arc.primitive
def center(patch: Patch) -> Location:
    """The middle of the bounding box, the lower and right one of two."""
    top, left, _, _ = bounds(patch)
    rows, columns = shape(patch)
    return top + rows // 2, left + columns // 2


@arc.primitive
def centerofmass(patch: Patch) -> Location:
    """The mean location, rounded down; () for an empty patch."""
    if len(patch) == 0:
        return _NOWHERE
    rows, columns = zip(*locations(patch), strict=True)
    return sum(rows) // len(patch), sum(columns) // len(patch)


@arc.primitive
def hperiod(obj: Annotated[Object, Accepts(tuple[Any, ...])]) -> int:
    """The smallest horizontal shift that maps an object onto itself; its width if there is none."""
    if len(obj) == 0:
        return 0
    cells = frozenset(obj)
    columns: tuple[int, ...]
    _, columns = zip(*locations(obj), strict=True)
    left = min(columns)
    extent = max(columns) - left + 1
    for period in range(1, extent):
        start = left + period
        if all((value, (i, j - period)) in cells for value, (i, j) in cells if j >= start):
            return period
    return extent


@arc.primitive
def vperiod(obj: Annotated[Object, Accepts(tuple[Any, ...])]) -> int:
    """The smallest vertical shift that maps an object onto itself; its height if there is none."""
    if len(obj) == 0:
        return 0
    cells = frozenset(obj)
    rows: tuple[int, ...]
    rows, _ = zip(*locations(obj), strict=True)
    top = min(rows)
    extent = max(rows) - top + 1
    for period in range(1, extent):
        start = top + period
        if all((value, (i - period, j)) in cells for value, (i, j) in cells if i >= start):
            return period
    return extent
