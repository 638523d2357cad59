"""Answers to questions about small numbers, found out as they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.integer[Any]]
DType = type[np.integer[Any]]
UNKNOWN = -1


def places(mask: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return the rows and columns where a matrix is true, as numpy's ``nonzero`` but faster."""
    rows, columns = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return rows, columns


class Table:
    """A function of two small numbers that remembers its values.

    Args:
        compute: gives the values, 0 or more, of distinct pairs; it may ask the table for others.
        dtype: of the values.
    """

    def __init__(
        self, compute: Callable[[Numbers, Numbers], NDArray[Any]], dtype: DType = np.int32
    ) -> None:
        self._compute = compute
        self._values: Numbers = np.full((64, 64), UNKNOWN, dtype=dtype)

    @property
    def size(self) -> int:
        """The number of pairs that there is room for."""
        return self._values.size

    def __call__(self, rows: Numbers, columns: Numbers) -> Numbers:
        """Return the values of pairs; shapes are broadcast."""
        row, column = int(rows.max(initial=0)), int(columns.max(initial=0))
        if row >= self._values.shape[0] or column >= self._values.shape[1]:
            self._make_room(row, column)
        values = self._known(rows, columns)
        if values.min(initial=0) == UNKNOWN:
            all_rows, all_columns = np.broadcast_arrays(rows, columns)
            self._learn(all_rows, all_columns, values == UNKNOWN)
            values = self._known(rows, columns)
        return values

    def _known(self, rows: Numbers, columns: Numbers) -> Numbers:
        # With one index for each, numpy takes half the time that it takes with two.
        values: Numbers = self._values.reshape(-1).take(rows * self._values.shape[1] + columns)
        return values

    def _learn(self, rows: Numbers, columns: Numbers, unknown: NDArray[np.bool_]) -> None:
        width = self._values.shape[1]
        keys = np.unique(rows[unknown].astype(np.int64) * width + columns[unknown])
        some_rows, some_columns = keys // width, keys % width
        computed = self._compute(some_rows, some_columns)
        self._values[some_rows, some_columns] = computed

    def _make_room(self, row: int, column: int) -> None:
        """Enlarge what is too small, by a quarter at least."""
        more = [
            (0, max(number + 1 - length, length // 4) if number >= length else 0)
            for number, length in zip((row, column), self._values.shape, strict=True)
        ]
        self._values = np.pad(self._values, more, constant_values=UNKNOWN)


class List:
    """A function of one small number that remembers its values, numbers or rows of numbers.

    Args:
        compute: gives the values, of numbers from 0, for distinct arguments; it may ask the list
            for others.
        shape: of a value.
        dtype: of the values.
    """

    def __init__(
        self, compute: Callable[[Numbers], NDArray[Any]], *shape: int, dtype: DType = np.int32
    ) -> None:
        self._compute = compute
        self._values: Numbers = np.full((64, *shape), UNKNOWN, dtype=dtype)
        self._first: tuple[Any, ...] = (..., *(0 for _ in shape))

    def __call__(self, numbers: Numbers) -> Numbers:
        """Return the values of ``numbers``, whose shape theirs is added to."""
        try:
            values = self._values[numbers]
        except IndexError:
            self._make_room(int(numbers.max()))
            values = self._values[numbers]
        firsts = values[self._first]
        if firsts.min(initial=0) == UNKNOWN:
            distinct = np.unique(numbers[firsts == UNKNOWN])
            computed = self._compute(distinct)
            self._values[distinct] = computed
            values = self._values[numbers]
        return values

    def _make_room(self, number: int) -> None:
        length, *shape = self._values.shape
        more = max(number + 1 - length, length // 4)
        unknown = np.full((more, *shape), UNKNOWN, dtype=self._values.dtype)
        self._values = np.concatenate([self._values, unknown])


class Rows:
    """Rows of numbers, to which others are appended.

    Args:
        shape: of a row.
        dtype: of the numbers.
    """

    def __init__(self, *shape: int, dtype: DType) -> None:
        self._rows: NDArray[Any] = np.zeros((64, *shape), dtype=dtype)
        self._used = 0

    def __getitem__(self, indices: Numbers) -> NDArray[Any]:
        """Return copies of rows."""
        return self._rows[indices]

    def append(self, rows: NDArray[Any]) -> int:
        """Append ``rows`` and return the index of the first."""
        begin, self._used = self._used, self._used + len(rows)
        if self._used > len(self._rows):
            more = np.zeros((self._used, *self._rows.shape[1:]), dtype=self._rows.dtype)
            self._rows = np.concatenate([self._rows, more])
        self._rows[begin : self._used] = rows
        return begin


class Numbering:
    """Consecutive numbers for things that have numbers already, in the order in which they come."""

    def __init__(self) -> None:
        self.originals: list[int] = []
        """The numbers that things have already."""
        self._known: dict[int, int] = {}

    def __call__(self, original: int) -> int:
        """Return the number of what has the number ``original`` already."""
        number = self._known.setdefault(original, len(self.originals))
        if number == len(self.originals):
            self.originals.append(original)
        return number


class Pairs:
    """Numbers for pairs of small numbers, given in the order in which pairs are met.

    Args:
        first: the number of the first pair.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._met: list[tuple[int, int]] = []
        # In the order of the keys, with one above all.
        self._keys = np.array([np.iinfo(np.int64).max])
        self._numbers: Numbers = np.array([UNKNOWN])

    @property
    def size(self) -> int:
        """How many pairs have been met."""
        return len(self._met)

    def __call__(self, lefts: Numbers, rights: Numbers) -> Numbers:
        """Return the numbers of pairs of equal shape."""
        keys = (lefts.astype(np.int64) << 32) | rights
        slots = np.searchsorted(self._keys, keys)
        unknown = self._keys[slots] != keys
        if unknown.any():
            self._meet(np.unique(keys[unknown]))
            slots = np.searchsorted(self._keys, keys)
        return self._numbers[slots]

    def pair(self, number: int) -> tuple[int, int]:
        """Return the pair that has this number."""
        return self._met[number - self._first]

    def _meet(self, keys: Numbers) -> None:
        numbers = self._first + len(self._met) + np.arange(keys.size)
        self._met += zip((keys >> 32).tolist(), (keys & (2**32 - 1)).tolist(), strict=True)
        slots = np.searchsorted(self._keys, keys)
        self._keys = np.insert(self._keys, slots, keys)
        self._numbers = np.insert(self._numbers, slots, numbers)
