"""Sets of small numbers as bits, so that many sets are joined and compared at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
"""Sets, each in words of 64 bits on the last axis."""
Flags = NDArray[np.bool_]
WORD = 64


def pack(flags: Flags) -> Bits:
    """Return the sets of the places on the last axis where ``flags`` are true."""
    count = flags.shape[-1]
    octets = np.zeros((*flags.shape[:-1], -(-count // WORD) * WORD // 8), dtype=np.uint8)
    octets[..., : -(-count // 8)] = np.packbits(flags, axis=-1)
    return octets.view(np.uint64)


def unpack(sets: Bits, count: int) -> Flags:
    """Return for each number below ``count``, on the last axis, whether it is in a set."""
    return np.unpackbits(sets.view(np.uint8), axis=-1, count=count).view(np.bool_)


def members(sets: Bits) -> tuple[NDArray[np.integer[Any]], ...]:
    """Return what numpy's ``nonzero`` does of unpacked sets, faster where few are in any."""
    (some,) = np.nonzero(sets.ravel())
    words, bits = np.divmod(np.flatnonzero(unpack(sets.ravel()[some, None], WORD)), WORD)
    *axes, width = sets.shape
    return np.unravel_index(some[words] * WORD + bits, (*axes, width * WORD))


_SINGLE = pack(np.eye(WORD, dtype=np.bool_)).ravel()


def add(sets: Bits, *places: NDArray[np.integer[Any]]) -> None:
    """Put numbers into sets.

    Args:
        sets: is changed.
        places: indices on all axes but the last, then the numbers; of equal shape.
    """
    *axes, numbers = places
    np.bitwise_or.at(sets, (*axes, numbers // WORD), _SINGLE[numbers % WORD])
