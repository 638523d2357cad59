"""Rotations and mirrors. Patches are mirrored inside their own bounding box."""

from __future__ import annotations

from typing import Any, overload

from examples.arc.dsl.grids import rows
from examples.arc.dsl.language import arc
from examples.arc.dsl.measures import bounds, holds_cells
from examples.arc.dsl.types import Grid, Indices, Object


@arc.primitive
def rot90(grid: Grid) -> Grid:
    """A quarter turn clockwise."""
    return tuple(zip(*rows(grid)[::-1], strict=False))


@arc.primitive
def rot180(grid: Grid) -> Grid:
    """A half turn."""
    return tuple([row[::-1] for row in grid[::-1]])


@arc.primitive
def rot270(grid: Grid) -> Grid:
    """A quarter turn anticlockwise."""
    return tuple(zip(*rows(grid), strict=False))[::-1]


@overload
def hmirror(piece: Grid) -> Grid: ...
@overload
def hmirror(piece: Object) -> Object: ...
@overload
def hmirror(piece: Indices) -> Indices: ...
@arc.primitive
def hmirror(piece: Any) -> Any:
    """Upside down."""
    if isinstance(piece, tuple):
        return piece[::-1]
    top, _, bottom, _ = bounds(piece)
    total = top + bottom
    if holds_cells(piece):
        return frozenset([(value, (total - i, j)) for value, (i, j) in piece])
    return frozenset([(total - i, j) for i, j in piece])


@overload
def vmirror(piece: Grid) -> Grid: ...
@overload
def vmirror(piece: Object) -> Object: ...
@overload
def vmirror(piece: Indices) -> Indices: ...
@arc.primitive
def vmirror(piece: Any) -> Any:
    """Left and right exchanged."""
    if isinstance(piece, tuple):
        return tuple([row[::-1] for row in piece])
    _, left, _, right = bounds(piece)
    total = left + right
    if holds_cells(piece):
        return frozenset([(value, (i, total - j)) for value, (i, j) in piece])
    return frozenset([(i, total - j) for i, j in piece])


@overload
def dmirror(piece: Grid) -> Grid: ...
@overload
def dmirror(piece: Object) -> Object: ...
@overload
def dmirror(piece: Indices) -> Indices: ...
@arc.primitive
def dmirror(piece: Any) -> Any:
    """Rows and columns exchanged; a patch keeps its upper left corner."""
    if isinstance(piece, tuple):
        return tuple(zip(*rows(piece), strict=False))
    top, left, _, _ = bounds(piece)
    offset = top - left
    if holds_cells(piece):
        return frozenset([(value, (j + offset, i - offset)) for value, (i, j) in piece])
    return frozenset([(j + offset, i - offset) for i, j in piece])


@overload
def cmirror(piece: Grid) -> Grid: ...
@overload
def cmirror(piece: Object) -> Object: ...
@overload
def cmirror(piece: Indices) -> Indices: ...
@arc.primitive
def cmirror(piece: Any) -> Any:
    """Mirrored in the other diagonal; the box of a patch keeps its upper left corner."""
    if isinstance(piece, tuple):
        return tuple(zip(*[row[::-1] for row in piece[::-1]], strict=False))
    top, left, bottom, right = bounds(piece)
    row, column = top + right, left + bottom
    if holds_cells(piece):
        return frozenset([(value, (row - j, column - i)) for value, (i, j) in piece])
    return frozenset([(row - j, column - i) for i, j in piece])
