"""Sets of locations and objects as bitmaps: one integer for each colour, one bit for each location.

Joining or moving them takes a few operations, whatever their size. Rows are unlimited, columns are
those around a grid; sets that reach beyond them stay ordinary ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any

import numpy as np
from typing_extensions import override

from examples.arc.dsl.types import Location
from exit_dsl.language import Compact

STRIDE = 256
"""Bits of a row."""
MARGIN = 64
"""Columns to the left of column 0."""
LEFT_END, RIGHT_END = -MARGIN, STRIDE - MARGIN - 1
"""The first and the last column."""
FARTHEST_ROW = 2048
"""Sets that reach beyond this row, up or down, are not worth a bitmap."""
_ROW = (1 << STRIDE) - 1
_FEW = 30
"""Of so few bits each is looked for by itself."""

_location_then_color: Callable[[Any], Any] = itemgetter(1, 0)

Color = int | None
Box = tuple[int, int, int, int]
"""The first row, first column, last row and last column."""


class Bitmap(Compact):
    """A set of locations, or of cells: never empty, and never a mixture of both.

    Args:
        top: the row of the lowest bits; no member lies above it.
        layers: the bits by colour; for locations the one key is None.
        size: the number of members, if it is known.
        box: the bounding box, if it is known.
    """

    __slots__ = ("_ascending", "_box", "_listed", "_plain", "_size", "_source", "layers", "top")

    def __init__(
        self,
        top: int,
        layers: Mapping[Color, int],
        size: int | None = None,
        box: Box | None = None,
    ) -> None:
        self.top = top
        self.layers = layers
        self._size = size
        self._box = box
        self._source: tuple[Bitmap, int, int] | None = None
        self._listed: list[Any] | None = None
        self._ascending: list[Any] | None = None
        self._plain: frozenset[Any] | None = None

    @override
    def __len__(self) -> int:
        if self._size is None:
            self._size = sum([bits.bit_count() for bits in self.layers.values()])
        return self._size

    @override
    def plain(self) -> frozenset[Any]:
        if self._plain is None:
            self._plain = frozenset(self._members())
        return self._plain

    @property
    def bitmaps(self) -> tuple[Bitmap]:
        """Itself: one bitmap is a short chain of them."""
        return (self,)

    def ascending(self) -> list[Any]:
        """The members in the canonical order."""
        if len(self.layers) == 1:
            return self._members()
        if self._source is not None:
            source, down, right = self._source
            return _moved(source.ascending(), down, right)
        if self._ascending is None:
            self._ascending = sorted(self._members(), key=_location_then_color)
        return self._ascending

    def _members(self) -> list[Any]:
        if self._source is None:
            return self._decoded()
        # To move the members of the bitmap that was moved is faster than to look for bits.
        source, down, right = self._source
        if source._listed is None:
            source._listed = source._members()
        if self.holds_cells:
            return _moved(source._listed, down, right)
        return [(i + down, j + right) for i, j in source._listed]

    def _decoded(self) -> list[Any]:
        members: list[Any] = []
        for color, bits in self.layers.items():
            found = locations_of(bits, self.top)
            members += found if color is None else [(color, location) for location in found]
        return members

    @property
    def holds_cells(self) -> bool:
        """Whether the members are cells and not bare locations."""
        return None not in self.layers

    @property
    def locations(self) -> int:
        """The bits of all locations."""
        bits = 0
        for layer in self.layers.values():
            bits |= layer
        return bits

    def from_row(self, top: int) -> Mapping[Color, int]:
        """The layers with the lowest bits in another row; what lies above it is left out."""
        if top == self.top:
            return self.layers
        places = STRIDE * (self.top - top)
        if places > 0:
            return {color: bits << places for color, bits in self.layers.items()}
        return {color: bits >> -places for color, bits in self.layers.items()}

    @property
    def box(self) -> Box:
        """The bounding box."""
        if self._box is None:
            self._box = _box_of(self.locations, self.top)
        return self._box

    def shifted(self, down: int, right: int) -> Bitmap | None:
        """The bitmap moved by a vector; None if it would leave the reach of bitmaps."""
        if self._box is None:
            self._box = _box_of(self.locations, self.top)
        top, left, bottom, right_end = self._box
        box = (top + down, left + right, bottom + down, right_end + right)
        if not _fits(*box):
            return None
        if right > 0:
            layers = {color: bits << right for color, bits in self.layers.items()}
        elif right:
            layers = {color: bits >> -right for color, bits in self.layers.items()}
        else:
            layers = dict(self.layers)
        moved = Bitmap(self.top + down, layers, self._size, box)
        # What was moved again and again has come from one place.
        source, was_down, was_right = self._source or (self, 0, 0)
        moved._source = (source, was_down + down, was_right + right)
        return moved


def _moved(cells: list[Any], down: int, right: int) -> list[Any]:
    return [(color, (i + down, j + right)) for color, (i, j) in cells]


def moved_by_all(bitmap: Bitmap, vectors: Collection[Location]) -> Bitmap | None:
    """The union of a bitmap moved by each of some vectors; None if one leaves the reach."""
    downs, rights = zip(*vectors, strict=True)
    top, left, bottom, right_end = bitmap.box
    least = min(rights)
    if not _fits(top + min(downs), left + least, bottom + max(downs), right_end + max(rights)):
        return None
    layers: dict[Color, int] = {}
    for color, bits in bitmap.layers.items():
        by_row: dict[int, int] = {}
        for down, right in vectors:
            by_row[down] = by_row.get(down, 0) | bits << right - least
        joined = 0
        for down, moved in by_row.items():
            joined |= moved << STRIDE * (down - min(downs))
        layers[color] = joined << least if least > 0 else joined >> -least
    return Bitmap(bitmap.top + min(downs), layers)


def locations_of(bits: int, top: int) -> list[Location]:
    """The locations of bits, of which the lowest are in row ``top``, in the canonical order."""
    if bits.bit_count() <= _FEW:
        return _few_locations_of(bits, top)
    data = np.frombuffer(bits.to_bytes((bits.bit_length() + 7) // 8, "little"), np.uint8)
    places = np.flatnonzero(np.unpackbits(data, bitorder="little"))
    rows, columns = places // STRIDE + top, places % STRIDE - MARGIN
    return [*zip(rows.tolist(), columns.tolist(), strict=True)]


def _few_locations_of(bits: int, row: int) -> list[Location]:
    found = []
    while bits:
        in_row = bits & _ROW
        while in_row:
            column = (in_row & -in_row).bit_length() - 1
            found.append((row, column - MARGIN))
            in_row &= in_row - 1
        bits >>= STRIDE
        row += 1
    return found


def union(bitmaps: Collection[Bitmap]) -> Bitmap | None:
    """The members of all bitmaps; None if there are none, or if cells meet bare locations."""
    if not bitmaps:
        return None
    top = min([bitmap.top for bitmap in bitmaps])
    by_row: dict[tuple[int, Color], int] = {}
    for bitmap in bitmaps:
        for color, bits in bitmap.layers.items():
            key = bitmap.top, color
            by_row[key] = by_row.get(key, 0) | bits
    layers: dict[Color, int] = {}
    for (row, color), bits in by_row.items():
        layers[color] = layers.get(color, 0) | bits << STRIDE * (row - top)
    return None if None in layers and len(layers) > 1 else Bitmap(top, layers)


def encoded(patch: Iterable[Any]) -> Bitmap | None:
    """The bitmap of a set of locations or cells; None if it has none."""
    members = [*patch]
    if {*map(type, members)} != {tuple} or {*map(len, members)} != {2}:
        return None
    firsts, seconds = zip(*members, strict=True)
    if {*map(type, firsts)} != {int}:
        return None
    kinds = {*map(type, seconds)}
    if kinds == {int}:
        return _encoded_layers({None: (firsts, seconds)})
    if kinds != {tuple} or {*map(len, seconds)} != {2}:
        return None
    rows, columns = zip(*seconds, strict=True)
    if {*map(type, rows), *map(type, columns)} != {int}:
        return None
    colors = {*firsts}
    if len(colors) == 1:
        return _encoded_layers({colors.pop(): (rows, columns)})
    by_color: dict[Color, Any] = {}
    for color in colors:
        by_color[color] = zip(*[place for value, place in members if value == color], strict=True)
    return _encoded_layers(by_color)


def _encoded_layers(coordinates: Mapping[Color, Iterable[tuple[int, ...]]]) -> Bitmap | None:
    parts = []
    for color, (rows, columns) in coordinates.items():
        top, bottom, left, right = min(rows), max(rows), min(columns), max(columns)
        if not _fits(top, left, bottom, right):
            return None
        first = MARGIN - STRIDE * top
        marks = np.zeros(STRIDE * (bottom - top + 1), np.uint8)
        marks[[STRIDE * i + j + first for i, j in zip(rows, columns, strict=True)]] = 1
        packed = np.packbits(marks, bitorder="little").tobytes()
        parts.append(Bitmap(top, {color: int.from_bytes(packed, "little")}))
    return union(parts)


def _fits(top: int, left: int, bottom: int, right: int) -> bool:
    """Whether a bounding box is within the limits of bitmaps."""
    return (
        left >= LEFT_END and right <= RIGHT_END and top >= -FARTHEST_ROW and bottom <= FARTHEST_ROW
    )


def _box_of(bits: int, row: int) -> Box:
    first = ((bits & -bits).bit_length() - 1) // STRIDE
    last = (bits.bit_length() - 1) // STRIDE
    columns, height = bits >> STRIDE * first, last - first + 1
    while height > 1:  # fold the rows onto each other
        height = (height + 1) // 2
        columns = (columns >> STRIDE * height) | (columns & ((1 << STRIDE * height) - 1))
    left, right = (columns & -columns).bit_length() - 1, columns.bit_length() - 1
    return row + first, left - MARGIN, row + last, right - MARGIN


def line(row: int, column: int, down: int, right: int, length: int) -> Bitmap | None:
    """``length`` locations from one on, a step (-1, 0 or 1 each way) apart; None if not all fit.

    All arguments must be integers and no Booleans, which a cache does not tell apart.
    """
    if STRIDE * down + right < 0:  # the same line, from its other end
        row, column = row + (length - 1) * down, column + (length - 1) * right
        down, right = -down, -right
    return _line(row, column, down, right, length)


@lru_cache(maxsize=8192)
def _line(row: int, column: int, down: int, right: int, length: int) -> Bitmap | None:
    last_row, last_column = row + (length - 1) * down, column + (length - 1) * right
    box = (row, min(column, last_column), last_row, max(column, last_column))
    if not _fits(*box):
        return None
    bits = _comb(STRIDE * down + right, length) << column + MARGIN
    return Bitmap(row, {None: bits}, length, box)


@lru_cache(maxsize=1024)
def _comb(step: int, length: int) -> int:
    """Ones, ``step`` bits apart."""
    return sum([1 << step * number for number in range(length)])


@lru_cache(maxsize=8192)
def rectangle(top: int, left: int, bottom: int, right: int) -> Bitmap | None:
    """All locations of a box; None if not all fit. Booleans must not be among the arguments."""
    if not _fits(top, left, bottom, right):
        return None
    height, width = bottom - top + 1, right - left + 1
    bits = ((1 << width) - 1) * _comb(STRIDE, height) << left + MARGIN
    return Bitmap(top, {None: bits}, height * width, (top, left, bottom, right))
