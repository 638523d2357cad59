"""What the primitives that read or rewrite grids do with bitmaps, as in ``compact_sets``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from typing_extensions import override

from examples.arc.dsl import grids, objects, painting
from examples.arc.dsl.bitmaps import (
    FARTHEST_ROW,
    MARGIN,
    RIGHT_END,
    STRIDE,
    Bitmap,
    Color,
    encoded,
    locations_of,
    rectangle,
)
from examples.arc.dsl.chains import BitmapChain
from examples.arc.dsl.colors import mostcolor
from examples.arc.dsl.language import arc
from examples.arc.dsl.memo import by_identity
from exit_dsl.language.compact import plain

_DENSE = 0.3
"""Rows of which a smaller share is painted are painted cell by cell."""

_ROW = (1 << STRIDE) - 1
_BITMAPS = (Bitmap, BitmapChain)


def _is_grid(grid: Any) -> bool:
    """Whether it has rows, all of the same length, and none beyond the reach of bitmaps."""
    if type(grid) is not tuple or not 1 <= len(grid) <= FARTHEST_ROW:
        return False
    widths = {*map(len, grids.rows(grid))}
    return len(widths) == 1 and widths.pop() <= RIGHT_END


def _locations_from_top(patch: Bitmap | BitmapChain) -> int:
    """The bits of all locations, the lowest in row 0."""
    bits = 0
    for bitmap in patch.bitmaps:
        for layer in bitmap.from_row(0).values():
            bits |= layer
    return bits


@arc.compact(painting.fill)
def fill(grid: Any, value: Any, patch: Any) -> Any:
    """A grid with the locations of a patch in one colour."""
    if isinstance(patch, _BITMAPS) and _is_grid(grid):
        return _filled(grid, plain(value), _locations_from_top(patch))
    return painting.fill(plain(grid), plain(value), plain(patch))


@arc.compact(painting.cover)
def cover(grid: Any, patch: Any) -> Any:
    """A grid with the locations of a patch in the background colour."""
    if isinstance(patch, _BITMAPS) and _is_grid(grid):
        return _filled(grid, mostcolor(grid), _locations_from_top(patch))
    return painting.cover(plain(grid), plain(patch))


@arc.compact(painting.paint)
def paint(grid: Any, obj: Any) -> Any:
    """A grid with the cells of an object in their own colours."""
    if isinstance(obj, _BITMAPS) and obj.holds_cells and _is_grid(grid):
        for bitmap in obj.bitmaps:
            # Of several colours at one location the largest stays.
            for color, bits in sorted(_cells_from_top(bitmap)):
                grid = _filled(grid, color, bits)
        return grid
    return painting.paint(plain(grid), plain(obj))


@arc.compact(painting.underfill)
def underfill(grid: Any, value: Any, patch: Any) -> Any:
    """Like ``fill``, on the background alone."""
    if isinstance(patch, _BITMAPS) and _is_grid(grid):
        bits = _locations_from_top(patch) & _bits_of_color(grid, mostcolor(grid))
        return _filled(grid, plain(value), bits)
    return painting.underfill(plain(grid), plain(value), plain(patch))


@arc.compact(painting.underpaint)
def underpaint(grid: Any, obj: Any) -> Any:
    """Like ``paint``, on the background alone."""
    if isinstance(obj, Bitmap) and obj.holds_cells and _is_grid(grid):
        background = mostcolor(grid)
        free = _bits_of_color(grid, background)
        # Of several colours the smallest stays, unless it is the background itself.
        for color, bits in sorted(_cells_from_top(obj)):
            if color != background:
                grid = _filled(grid, color, bits & free)
                free &= ~bits
        return grid
    return painting.underpaint(plain(grid), plain(obj))


def _cells_from_top(obj: Bitmap) -> list[tuple[int, int]]:
    """The colours and bits of an object, the lowest bits in row 0."""
    return [(color, bits) for color, bits in obj.from_row(0).items() if color is not None]


def _filled(grid: Any, value: Any, bits: int) -> Any:
    """A grid with a value where bits are set."""
    width = len(grid[0])
    columns = (1 << width) - 1
    bits >>= MARGIN
    painted = [*grid]
    for i, row in enumerate(grid):
        marks = bits & columns
        if marks:
            painted[i] = _filled_row(row, value, marks)
        bits >>= STRIDE
        if not bits:
            break
    return tuple(painted)


def _filled_row(row: Any, value: Any, marks: int) -> Any:
    painted = [*row]
    if marks.bit_count() > _DENSE * len(row):
        written = f"{marks:0{len(row)}b}"[::-1]
        return tuple(
            [value if mark == "1" else old for old, mark in zip(row, written, strict=True)]
        )
    while marks:
        painted[(marks & -marks).bit_length() - 1] = value
        marks &= marks - 1
    return tuple(painted)


def _bits_of_color(grid: Any, value: Any) -> int:
    """The bits of a colour, the lowest in the first row of a grid."""
    bits = 0
    for i, row in enumerate(grid):
        marks = _marks_by_color(row).get(value)
        if marks is not None:
            bits |= marks << STRIDE * i
    return bits << MARGIN


@by_identity
def _marks_by_color(row: Any) -> dict[Any, int]:
    """The columns of each colour as bits. Grids that differ little have most rows in common."""
    marks = dict.fromkeys(row, 0)
    for j, value in enumerate(row):
        marks[value] |= 1 << j
    return marks


@arc.compact(objects.ofcolor)
def ofcolor(grid: Any, value: Any) -> Any:
    """The locations of a colour."""
    if not _is_grid(grid):
        return objects.ofcolor(plain(grid), plain(value))
    bits = _bits_of_color(grid, plain(value))
    return Bitmap(0, {None: bits}) if bits else frozenset()


@arc.compact(objects.toobject)
def toobject(patch: Any, grid: Any) -> Any:
    """The cells of a grid at the locations of a patch."""
    if isinstance(patch, Bitmap) and _is_grid(grid):
        height, width = len(grid), len(grid[0])
        inside = [
            (i, j)
            for i, j in locations_of(_locations_from_top(patch), 0)
            if i < height and 0 <= j < width
        ]
        return frozenset([(grid[i][j], (i, j)) for i, j in inside])
    return objects.toobject(plain(patch), plain(grid))


@arc.compact(objects.occurrences)
def occurrences(grid: Any, obj: Any) -> Any:
    """The upper left corners of all places where a grid shows an object."""
    pattern = obj if isinstance(obj, Bitmap) else encoded(obj)
    if pattern is None or not pattern.holds_cells or not _is_grid(grid):
        return objects.occurrences(plain(grid), plain(obj))
    top, left, bottom, right = pattern.box
    height, width = len(grid) - (bottom - top), len(grid[0]) - (right - left)
    if height <= 0 or width <= 0:
        return frozenset()
    places = rectangle(0, 0, height - 1, width - 1)
    assert places is not None
    bits = places.locations
    for color, cells in pattern.layers.items():
        fitting = _shifts_within(_bits_of_color(grid, color))
        for i, row in _rows_of(cells, pattern.top - top):
            bits &= fitting(row >> left + MARGIN) >> STRIDE * i
            if not bits:
                return frozenset()
    return Bitmap(0, {None: bits})


def _shifts_within(shown: int) -> Callable[[int], int]:
    """Gives, for columns as bits, the places from which all of them, in one row, are shown."""

    @cache
    def fitting(columns: int) -> int:
        first = (columns & -columns).bit_length() - 1
        columns >>= first
        width, shifted = columns.bit_length(), shown >> first
        bits = shifted
        if columns.bit_count() < width:
            for place in range(1, width):
                if columns >> place & 1:
                    bits &= shifted >> place
            return bits
        known = 1
        while known < width:  # of neighbouring columns: each step doubles what is known to fit
            step = min(known, width - known)
            bits &= bits >> step
            known += step
        return bits

    return fitting


def _rows_of(bits: int, first: int) -> Iterator[tuple[int, int]]:
    """Yield number and bits of each row that has any; the lowest is row ``first``."""
    while bits:
        row = bits & _ROW
        if row:
            yield first, row
        bits >>= STRIDE
        first += 1


class _GridBitmap(Bitmap):
    """All cells of a grid, which are listed faster from the grid itself."""

    __slots__ = ("_grid",)

    def __init__(self, grid: Any, layers: dict[Color, int]) -> None:
        height, width = len(grid), len(grid[0])
        super().__init__(0, layers, height * width, (0, 0, height - 1, width - 1))
        self._grid = grid

    @override
    def ascending(self) -> list[Any]:
        return self._members()

    @override
    def _members(self) -> list[Any]:
        return [(value, (i, j)) for i, row in enumerate(self._grid) for j, value in enumerate(row)]


@arc.compact(objects.asindices)
def asindices(grid: Any) -> Any:
    """All locations of a grid."""
    if _is_grid(grid) and grid[0]:
        found = rectangle(0, 0, len(grid) - 1, len(grid[0]) - 1)
        if found is not None:
            return found
    return objects.asindices(plain(grid))


@arc.compact(objects.asobject)
def asobject(grid: Any) -> Any:
    """All cells of a grid."""
    if not _is_grid(grid) or not grid[0] or not all(map(_holds_integers, grid)):
        return objects.asobject(plain(grid))
    layers: dict[Color, int] = {}
    place = MARGIN
    for row in grid:
        for color, marks in _marks_by_color(row).items():
            layers[color] = layers.get(color, 0) | marks << place
        place += STRIDE
    return _GridBitmap(grid, layers)


@by_identity
def _holds_integers(row: Any) -> bool:
    return {*map(type, row)} == {int}
