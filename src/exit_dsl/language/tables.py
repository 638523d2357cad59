"""Answers to questions about small numbers, found out as they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.integer[Any]]
UNKNOWN = -1


class Table:
    """A function of two small numbers that remembers its values.

    Args:
        compute: gives the values, 0 or more, of distinct pairs; it may ask the table for others.
    """

    def __init__(self, compute: Callable[[Numbers, Numbers], NDArray[Any]]) -> None:
        self._compute = compute
        self._values = np.full((64, 64), UNKNOWN, dtype=np.int32)

    @property
    def size(self) -> int:
        """The number of pairs that there is room for."""
        return self._values.size

    def __call__(self, rows: Numbers, columns: Numbers) -> Numbers:
        """Return the values of pairs; shapes are broadcast."""
        try:
            values = self._values[rows, columns]
        except IndexError:
            self._make_room(int(rows.max()), int(columns.max()))
            values = self._values[rows, columns]
        if values.min(initial=0) == UNKNOWN:
            all_rows, all_columns = np.broadcast_arrays(rows, columns)
            self._learn(all_rows, all_columns, values == UNKNOWN)
            values = self._values[rows, columns]
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
    """

    def __init__(self, compute: Callable[[Numbers], NDArray[Any]], *shape: int) -> None:
        self._compute = compute
        self._values = np.full((64, *shape), UNKNOWN, dtype=np.int32)
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
        more = np.full((max(number + 1 - length, length // 4), *shape), UNKNOWN, dtype=np.int32)
        self._values = np.concatenate([self._values, more])
