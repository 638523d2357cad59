"""Rotations and mirrors."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.measures import leftmost, lowermost, rightmost, uppermost
from benchmarks.reference_dsl.values import grid_rows, moved


def _transposed(rows: Any) -> Any:
    return tuple(zip(*rows, strict=False))


def rot90(grid: Any) -> Any:
    return _transposed(grid_rows(grid)[::-1])


def rot180(grid: Any) -> Any:
    return tuple(row[::-1] for row in grid[::-1])


def rot270(grid: Any) -> Any:
    return _transposed(grid_rows(grid))[::-1]


def hmirror(piece: Any) -> Any:
    if isinstance(piece, tuple):
        return piece[::-1]
    top, bottom = uppermost(piece), lowermost(piece)
    return moved(piece, lambda i, j: (top + bottom - i, j))


def vmirror(piece: Any) -> Any:
    if isinstance(piece, tuple):
        return tuple(row[::-1] for row in piece)
    left, right = leftmost(piece), rightmost(piece)
    return moved(piece, lambda i, j: (i, left + right - j))


def dmirror(piece: Any) -> Any:
    if isinstance(piece, tuple):
        return _transposed(grid_rows(piece))
    top, left = uppermost(piece), leftmost(piece)
    return moved(piece, lambda i, j: (top + (j - left), left + (i - top)))


def cmirror(piece: Any) -> Any:
    if isinstance(piece, tuple):
        return _transposed([row[::-1] for row in piece[::-1]])
    top, left = uppermost(piece), leftmost(piece)
    bottom, right = lowermost(piece), rightmost(piece)
    return moved(piece, lambda i, j: (top + (right - j), left + (bottom - i)))
