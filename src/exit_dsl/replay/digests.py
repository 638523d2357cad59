"""A set of digests that knows in which order they came."""

from __future__ import annotations

import hashlib
from array import array
from typing import final

import numpy as np
import numpy.typing as npt

SIZE = 16
"""Bytes in a digest; two of ten million texts share one with a probability below 1e-24."""
_FREE = -1
_LEAST = 64


def digest(text: bytes) -> bytes:
    """Return the digest of ``text``."""
    return hashlib.blake2b(text, digest_size=SIZE).digest()


@final
class Digests:
    """Digests, numbered from 0 as they come: a hash table with linear probing in flat arrays."""

    def __init__(self, content: npt.NDArray[np.uint8] | None = None) -> None:
        self._content = bytearray() if content is None else bytearray(content.tobytes())
        self._places = array("i")
        self._spread()

    def __len__(self) -> int:
        return len(self._content) // SIZE

    def find(self, key: bytes) -> int | None:
        """Return the number of ``key``, or None if it is not here."""
        number = self._places[self._place(key)]
        return None if number == _FREE else number

    def append(self, key: bytes) -> int:
        """Add ``key``, which is not here yet, and return its number."""
        number = len(self)
        self._places[self._place(key)] = number
        self._content += key
        if 3 * len(self) > 2 * len(self._places):
            self._spread()
        return number

    def array(self) -> npt.NDArray[np.uint8]:
        """Return a copy of all digests, one a row."""
        return np.array(self._content, np.uint8).reshape(-1, SIZE)

    def _place(self, key: bytes) -> int:
        """Return the place of ``key``, or the free one where it belongs."""
        places, content = self._places, self._content
        last = len(places) - 1  # the number of places is a power of 2
        place = int.from_bytes(key[:8], "little") & last
        while (number := places[place]) != _FREE:
            if content[SIZE * number : SIZE * number + SIZE] == key:
                break
            place = (place + 1) & last
        return place

    def _spread(self) -> None:
        """Make a table that is at most half full."""
        count = len(self)
        size = max(_LEAST, 1 << (2 * count).bit_length())
        heads = np.frombuffer(bytes(self._content), np.uint64)[::2]
        homes = (heads & np.uint64(size - 1)).astype(np.int64)
        # Taken in the order of their homes, each goes behind the one before or to its home.
        order = np.argsort(homes, kind="stable")
        ranks = np.arange(count)
        places = np.maximum.accumulate(homes[order] - ranks) + ranks
        table = np.full(size, _FREE, np.int32)
        inside = places < size
        table[places[inside]] = order[inside]
        self._places = array("i")
        self._places.frombytes(table.tobytes())
        for number in order[~inside].tolist():  # those that ran over the end go on at the start
            key = bytes(self._content[SIZE * number : SIZE * number + SIZE])
            self._places[self._place(key)] = number
