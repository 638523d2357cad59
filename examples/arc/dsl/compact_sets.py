"""What primitives do with bitmaps: the results are those of the modules beside this one, faster.

Every function below runs in place of the primitive of its name, gets ordinary sets or bitmaps, and
hands what it cannot do on bitmaps to the primitive.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from examples.arc.dsl import (
    containers,
    lines,
    logic,
    measures,
    patches,
)
from examples.arc.dsl.bitmaps import (
    Bitmap,
    Color,
    encoded,
    line,
    rectangle,
    union,
)
from examples.arc.dsl.language import arc
from examples.arc.dsl.memo import by_identity
from exit_dsl.language.compact import plain

REACH = 42
_FRONTIER = 30
WORTHWHILE = 8
"""Smaller sets are built as fast as their bitmaps."""

_KNOWING: tuple[Callable[..., Any], ...] = (
    # These hand their arguments on as they are,
    logic.identity,
    logic.both,
    logic.either,
    logic.branch,
    # and these ask for sizes and bounds only.
    containers.size,
    measures.shape,
    measures.hline,
    measures.vline,
    measures.square,
    measures.portrait,
    measures.center,
    patches.box,
    patches.outbox,
)
for each in _KNOWING:
    arc.compact(each)(each)


def is_location(value: Any) -> bool:
    """Whether it is a pair of integers that are no Booleans."""
    return (
        type(value) is tuple and len(value) == 2 and type(value[0]) is int and type(value[1]) is int
    )


# Lines and boxes


@arc.compact(lines.connect)
def connect(a: Any, b: Any) -> Any:
    """The line between two locations."""
    if is_location(a) and is_location(b):
        row, column = a
        down, right = b[0] - row, b[1] - column
        if not down or not right or abs(down) == abs(right):
            length = max(abs(down), abs(right)) + 1
            down, right = (down > 0) - (down < 0), (right > 0) - (right < 0)
            found = line(row, column, down, right, length)
            if found is not None:
                return found if length >= WORTHWHILE else found.plain()
        else:
            return frozenset()
    return lines.connect(plain(a), plain(b))


@arc.compact(lines.shoot)
def shoot(start: Any, direction: Any) -> Any:
    """A ray."""
    if is_location(start) and is_location(direction):
        down, right = direction
        if abs(down) <= 1 and abs(right) <= 1 and (down or right):
            found = line(start[0], start[1], down, right, REACH + 1)
            if found is not None:
                return found
    return lines.shoot(plain(start), plain(direction))


@arc.compact(lines.hfrontier)
def hfrontier(location: Any) -> Any:
    """A row."""
    found = line(location[0], 0, 0, 1, _FRONTIER) if is_location(location) else None
    return lines.hfrontier(plain(location)) if found is None else found


@arc.compact(lines.vfrontier)
def vfrontier(location: Any) -> Any:
    """A column."""
    found = line(0, location[1], 1, 0, _FRONTIER) if is_location(location) else None
    return lines.vfrontier(plain(location)) if found is None else found


@arc.compact(patches.backdrop)
def backdrop(patch: Any) -> Any:
    """A box, filled."""
    if len(patch):
        box = patch.box if isinstance(patch, Bitmap) else measures.bounds(patch)
        if {*map(type, box)} == {int}:
            found = rectangle(*box)
            if found is not None:
                return found
    return patches.backdrop(plain(patch))


@arc.compact(measures.height)
def height(piece: Any) -> int:
    """The number of rows."""
    return piece.box[2] - piece.box[0] + 1 if isinstance(piece, Bitmap) else measures.height(piece)


@arc.compact(measures.width)
def width(piece: Any) -> int:
    """The number of columns."""
    return piece.box[3] - piece.box[1] + 1 if isinstance(piece, Bitmap) else measures.width(piece)


# Sets


@arc.compact(patches.shift)
def shift(patch: Any, directions: Any) -> Any:
    """A patch, moved."""
    bitmap = patch if type(patch) is Bitmap else _repeated.bitmap(patch)
    if bitmap is not None and is_location(directions):
        moved = bitmap.shifted(directions[0], directions[1])
        if moved is not None:
            return moved
    return patches.shift(plain(patch), plain(directions))


class _Repeated:
    """The bitmap of the set that was asked for last, made when it is asked for once more."""

    def __init__(self) -> None:
        self._last: tuple[Any, Callable[[], Bitmap | None]] = (None, lambda: None)

    def bitmap(self, patch: Any) -> Bitmap | None:
        last, bitmap = self._last
        if last is patch:
            return bitmap()
        if type(patch) is frozenset and len(patch) >= WORTHWHILE:
            self._last = (patch, cache(lambda: encoded(patch)))
        return None


_repeated = _Repeated()


@arc.compact(patches.recolor)
def recolor(value: Any, patch: Any) -> Any:
    """An object of one colour."""
    if isinstance(patch, Bitmap) and type(value) is int:
        return Bitmap(patch.top, {value: patch.locations})
    return patches.recolor(plain(value), plain(patch))


@arc.compact(patches.toindices)
def toindices(patch: Any) -> Any:
    """The locations of a patch."""
    if isinstance(patch, Bitmap):
        return Bitmap(patch.top, {None: patch.locations}) if patch.holds_cells else patch
    return patches.toindices(patch)


def _two_bitmaps(a: Any, b: Any) -> tuple[Bitmap, Bitmap] | None:
    """Two sets as bitmaps; None unless one is a bitmap already, and both can be."""
    if isinstance(a, Bitmap):
        other = b if isinstance(b, Bitmap) else bitmap_of(b)
        return None if other is None else (a, other)
    if isinstance(b, Bitmap):
        other = bitmap_of(a)
        return None if other is None else (other, b)
    return None


def bitmap_of(members: Any) -> Bitmap | None:
    """The bitmap of a value; None if it is no set that can be one."""
    return _encoded(members) if type(members) is frozenset and members else None


_encoded = by_identity(encoded)


@arc.compact(containers.combine)
def combine(a: Any, b: Any) -> Any:
    """Two sets, joined."""
    pair = _two_bitmaps(a, b)
    if pair is not None:
        joined = union(pair)
        if joined is not None:
            return joined
    return containers.combine(plain(a), plain(b))


@arc.compact(containers.difference)
def difference(a: Any, b: Any) -> Any:
    """A set without another."""
    pair = _two_bitmaps(a, b)
    if pair is not None:
        a, b = pair
        others = b.from_row(a.top)
        return _kept(a, {key: bits & ~others.get(key, 0) for key, bits in a.layers.items()})
    return containers.difference(plain(a), plain(b))


@arc.compact(containers.intersection)
def intersection(a: Any, b: Any) -> Any:
    """What is in both of two sets."""
    pair = _two_bitmaps(a, b)
    if pair is not None:
        a, b = pair
        others = b.from_row(a.top)
        return _kept(a, {key: bits & others.get(key, 0) for key, bits in a.layers.items()})
    return containers.intersection(plain(a), plain(b))


def _kept(a: Bitmap, layers: dict[Color, int]) -> Any:
    kept = {key: bits for key, bits in layers.items() if bits}
    return Bitmap(a.top, kept) if kept else frozenset()
