"""Lookup tables that grow as they are used: of values, of rows, and of the numbers of pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.integer[Any]]
DType = type[np.integer[Any]]
UNKNOWN = -1


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


class Pairs:
    """Numbers for pairs of small numbers, given in the order in which pairs are met.

    Args:
        first: the number of the first pair.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._met = Rows(2, dtype=np.int64)
        # A hash table with linear probing; it is never more than half full.
        self._keys: Numbers = np.full(1024, UNKNOWN, dtype=np.int64)
        self._numbers: Numbers = np.zeros(1024, dtype=np.int64)
        self.size = 0
        """How many pairs have been met."""

    def __call__(self, lefts: Numbers, rights: Numbers) -> Numbers:
        """Return the numbers of pairs of equal shape (pairs,)."""
        keys = (lefts.astype(np.int64) << 32) | rights
        places = self._find(keys)
        unknown = self._keys[places] == UNKNOWN
        if unknown.any():
            self._meet(np.unique(keys[unknown]))
            places = self._find(keys)
        return self._numbers[places]

    def both(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """Return the two numbers of each of the pairs that have these numbers."""
        lefts, rights = self._met[numbers - self._first].T
        return lefts, rights

    def _find(self, keys: Numbers) -> Numbers:
        """Return the place of each key, or a free one where it may be put."""
        mask = len(self._keys) - 1
        places = (keys * _GOLDEN >> 36) & mask
        held = self._keys[places]
        missed = np.flatnonzero((held != keys) & (held != UNKNOWN))
        while missed.size:
            places[missed] = (places[missed] + 1) & mask
            held = self._keys[places[missed]]
            missed = missed[(held != keys[missed]) & (held != UNKNOWN)]
        return places

    def _meet(self, keys: Numbers) -> None:
        numbers = self._first + self.size + np.arange(keys.size)
        self._met.append(np.stack([keys >> 32, keys & (2**32 - 1)], axis=1))
        self.size += keys.size
        if 2 * self.size > len(self._keys):
            known = np.flatnonzero(self._keys != UNKNOWN)
            keys = np.concatenate([self._keys[known], keys])
            numbers = np.concatenate([self._numbers[known], numbers])
            length = 4 * len(self._keys)
            while length < 2 * self.size:
                length *= 4
            self._keys = np.full(length, UNKNOWN, dtype=np.int64)
            self._numbers = np.zeros(length, dtype=np.int64)
        self._put(keys, numbers)

    def _put(self, keys: Numbers, numbers: Numbers) -> None:
        while keys.size:
            places = self._find(keys)
            self._keys[places] = keys
            # Of several keys for one place, the others try again.
            there = self._keys[places] == keys
            self._numbers[places[there]] = numbers[there]
            keys, numbers = keys[~there], numbers[~there]


_GOLDEN = 0x1E3779B97F4A7C15
"""Of the product of a key with this, the upper bits depend on all bits of the key."""
