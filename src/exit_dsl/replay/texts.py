"""Byte strings by number, packed into blocks."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import Any, final

import numpy as np
import numpy.typing as npt

BLOCK = 1 << 24
"""Bytes in a block; one longer string has a block of its own."""
_BATCH = 1 << 16
_LENGTH = struct.Struct("<I")

Numbers = npt.NDArray[np.int64]


@final
class Texts:
    """Byte strings, numbered from 0 as they come and stored one after the other.

    A block that is full never changes, so states share it and nothing is ever moved for growth.
    """

    def __init__(self) -> None:
        self._full: list[npt.NDArray[np.uint8]] = []
        self._last = bytearray()
        # A start is the number of the block times BLOCK, plus the place within it.
        self._starts = array("Q")
        self._lengths = array("I")
        self._unused = 0

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def wasteful(self) -> bool:
        """Whether more than half of the bytes (and a block) belong to what was replaced."""
        used = (len(self._full) * BLOCK) + len(self._last) - self._unused
        return self._unused > max(used, BLOCK)

    def append(self, text: bytes) -> None:
        """Store ``text`` under the next number."""
        self._starts.append(self._place(text))
        self._lengths.append(len(text))

    def replace(self, number: int, text: bytes) -> None:
        """Store ``text`` in place of another; the bytes of that are left over."""
        if self.read([number]) != [text]:
            self._unused += self._lengths[number]
            self._starts[number] = self._place(text)
            self._lengths[number] = len(text)

    def read(self, numbers: Numbers | list[int]) -> list[bytes]:
        """Return the strings of ``numbers``, in that order."""
        starts = np.frombuffer(self._starts, np.uint64)[numbers]
        offsets = starts % BLOCK
        ends = offsets + np.frombuffer(self._lengths, np.uint32)[numbers]
        views = [*(block.data for block in self._full), memoryview(self._last)]
        rows = zip((starts // BLOCK).tolist(), offsets.tolist(), ends.tolist(), strict=True)
        return [views[block][offset:end].tobytes() for block, offset, end in rows]

    def only(self, numbers: Numbers) -> Texts:
        """Return the strings of ``numbers`` alone, numbered anew in that order."""
        kept = Texts()
        for first in range(0, len(numbers), _BATCH):
            for text in self.read(numbers[first : first + _BATCH]):
                kept.append(text)
        return kept

    def state(self) -> dict[str, Any]:
        """Return blocks, starts and lengths as arrays; full blocks are not copied."""
        blocks = list(self._full)
        if len(self):  # the last block belongs to it even where it is empty: starts count blocks
            blocks.append(np.array(self._last))
        starts, lengths = np.array(self._starts), np.array(self._lengths)
        return {"blocks": blocks, "starts": starts, "lengths": lengths, "unused": self._unused}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Texts:
        """Return what :meth:`state` described; full blocks are shared."""
        texts = cls()
        *texts._full, last = state["blocks"] or [np.empty(0, np.uint8)]
        texts._last += last.tobytes()
        texts._starts.frombytes(state["starts"].tobytes())
        texts._lengths.frombytes(state["lengths"].tobytes())
        texts._unused = state["unused"]
        return texts

    def _place(self, text: bytes) -> int:
        if self._last and len(self._last) + len(text) >= BLOCK:
            self._full.append(np.frombuffer(bytes(self._last), np.uint8))
            self._last = bytearray()
        start = len(self._full) * BLOCK + len(self._last)
        self._last += text
        return start


def joined(parts: Iterable[bytes]) -> bytes:
    """Return the lengths of ``parts`` and the parts themselves as one string."""
    parts = list(parts)
    return struct.pack(f"<{len(parts) + 1}I", len(parts), *map(len, parts)) + b"".join(parts)


def parted(text: bytes, start: int) -> list[bytes]:
    """Return the parts of what :func:`joined` has put at ``start``."""
    (count,) = _LENGTH.unpack_from(text, start)
    body = start + _LENGTH.size * (count + 1)
    lengths = struct.unpack_from(f"<{count}I", text, start + _LENGTH.size)
    return [text[first:end] for first, end in pairwise(accumulate(lengths, initial=body))]
