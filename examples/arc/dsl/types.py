"""The value types of the ARC language, as ordinary Python types.

A grid is a tuple of rows, an object a frozenset of cells ``(colour, (row, column))``. Whatever is
a tuple counts as a grid and anything else as a patch wherever a primitive takes both.

``Annotated[T, Accepts(U)]`` reads: ``T`` is meant, ``U`` happens to run as well (see
:class:`exit_dsl.language.Accepts`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

from exit_dsl.language.annotations import Accepts

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

Boolean: TypeAlias = Annotated[bool, Accepts(Any)]
Integer: TypeAlias = int
Location: TypeAlias = tuple[int, int]
IntegerSet: TypeAlias = frozenset[int]
Grid: TypeAlias = tuple[tuple[int, ...], ...]
Cell: TypeAlias = tuple[int, tuple[int, int]]
Object: TypeAlias = frozenset[tuple[int, tuple[int, int]]]
Objects: TypeAlias = frozenset[frozenset[tuple[int, tuple[int, int]]]]
Indices: TypeAlias = frozenset[tuple[int, int]]
IndicesSet: TypeAlias = frozenset[frozenset[tuple[int, int]]]

Patch: TypeAlias = Annotated[Object | Indices, Accepts(tuple[Any, ...])]
Element: TypeAlias = Object | Grid
Piece: TypeAlias = Grid | Object | Indices
Container: TypeAlias = tuple[A, ...] | frozenset[A]
Numerical = TypeVar("Numerical", int, tuple[int, int])
Function: TypeAlias = Callable[[A], B]

Deferred: TypeAlias = Annotated[Callable[[A], B], Accepts(Any)]
"""A function that may never be called, and until it is called anything will do."""

Color: TypeAlias = Annotated[int, Accepts(Any)]
"""A colour that is only stored or compared, never computed with."""
