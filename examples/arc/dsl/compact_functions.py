"""What primitives that call functions do with bitmaps, as in ``compact_sets``."""

from __future__ import annotations

from itertools import chain
from typing import Any

from examples.arc.dsl import functions
from examples.arc.dsl.bitmaps import Bitmap, encoded, moved_by_all, union
from examples.arc.dsl.chains import BitmapChain
from examples.arc.dsl.compact_sets import REACH, WORTHWHILE, bitmap_of, is_location
from examples.arc.dsl.language import arc
from examples.arc.dsl.order import ascending
from exit_dsl.language.compact import plain

_STEPS = {(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)} - {(0, 0)}


@arc.compact(functions.mapply)
def mapply(function: Any, container: Any) -> Any:
    """The members of all that a function makes of each member."""
    if not isinstance(container, tuple):
        moved = _moved_at_once(function, container)
        if moved is not None:
            return moved
    container = plain(container)
    results = [function(member) for member in container]
    return _merged(results) if isinstance(container, frozenset) else _chained(results)


def _moved_at_once(function: Any, container: Any) -> Any:
    """What ``mapply`` gives for functions that move one patch by vectors, or send rays one way.

    The calls are made all at once, and paid for one by one.
    """
    name = getattr(function, "__name__", "")
    if name not in ("first_of_two", "last_of_two") or len(container) < WORTHWHILE:
        return None
    called, fixed = function.parts
    kind = (name, getattr(called, "__name__", ""))
    if not hasattr(called, "pay"):
        return None
    if kind == ("first_of_two", "shift"):
        patch = bitmap_of(fixed)
        vectors = container.ascending() if isinstance(container, Bitmap) else container
        if patch is None or not all(map(is_location, vectors)):
            return None
        moved, work, size = moved_by_all(patch, vectors), 0, len(patch)
    elif kind == ("last_of_two", "shoot") and is_location(fixed) and fixed in _STEPS:
        starts = container if isinstance(container, Bitmap) else bitmap_of(container)
        if starts is None or starts.holds_cells:
            return None
        ray = [(fixed[0] * length, fixed[1] * length) for length in range(REACH + 1)]
        moved, work, size = moved_by_all(starts, ray), len(ray), len(ray)
    else:
        return None
    if moved is not None:
        called.pay(len(container), work, size)
    return moved


@arc.compact(functions.mpapply)
def mpapply(function: Any, a: Any, b: Any) -> Any:
    """The members of all that a function makes of the members at the same places."""
    pairs = zip(ascending(plain(a)), ascending(plain(b)), strict=False)
    return _chained([function(x, y) for x, y in pairs])


def _merged(results: list[Any]) -> Any:
    bitmaps = [result for result in results if isinstance(result, Bitmap)]
    joined = union(bitmaps)
    if joined is None:
        return frozenset().union(*map(plain, results))
    others = frozenset().union(*[r for r in results if not isinstance(r, Bitmap)])
    if not others:
        return joined
    bitmap = encoded(others)
    everything = None if bitmap is None else union((joined, bitmap))
    return joined.plain() | others if everything is None else everything


def _chained(results: list[Any]) -> Any:
    chained = _chain_of([result for result in results if len(result)])
    if chained is not None:
        return chained
    return tuple(
        chain.from_iterable(
            [r.ascending() if isinstance(r, Bitmap) else ascending(r) for r in results]
        )
    )


def _chain_of(parts: list[Any]) -> BitmapChain | None:
    """The sets as a chain; None unless one is a bitmap already, and all can be."""
    if Bitmap not in {*map(type, parts)}:
        return None
    bitmaps = [part if isinstance(part, Bitmap) else bitmap_of(part) for part in parts]
    known = [bitmap for bitmap in bitmaps if bitmap is not None]
    if len(known) < len(bitmaps) or len({bitmap.holds_cells for bitmap in known}) > 1:
        return None
    return BitmapChain(known)
