"""Tuples of locations or cells that are the members of bitmaps, one bitmap after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from typing_extensions import override

from examples.arc.dsl.bitmaps import Bitmap
from exit_dsl.language import Compact


class BitmapChain(Compact):
    """The members of some bitmaps, each in the canonical order, as one tuple.

    Args:
        bitmaps: at least one; all of cells, or all of locations.
    """

    __slots__ = ("_plain", "bitmaps")

    def __init__(self, bitmaps: Sequence[Bitmap]) -> None:
        self.bitmaps = bitmaps
        self._plain: tuple[Any, ...] | None = None

    @override
    def __len__(self) -> int:
        return sum(map(len, self.bitmaps))

    @override
    def plain(self) -> tuple[Any, ...]:
        if self._plain is None:
            members = [bitmap.ascending() for bitmap in self.bitmaps]
            self._plain = tuple(chain.from_iterable(members))
        return self._plain

    @property
    def holds_cells(self) -> bool:
        """Whether the members are cells and not bare locations."""
        return self.bitmaps[0].holds_cells
