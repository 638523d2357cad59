"""From patches to patches."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.values import exact_pair, locations, moved


def toindices(patch: Any) -> Any:
    return locations(patch)


def recolor(value: Any, patch: Any) -> Any:
    return frozenset((value, location) for location in locations(patch))


def shift(patch: Any, directions: Any) -> Any:
    if len(patch) == 0:
        return patch
    down, right = exact_pair(directions)
    return moved(patch, lambda i, j: (i + down, j + right))


def _box(patch: Any) -> tuple[Any, Any, Any, Any]:
    rows = [location[0] for location in locations(patch)]
    columns = [location[1] for location in locations(patch)]
    return min(rows), min(columns), max(rows), max(columns)


def normalize(patch: Any) -> Any:
    if len(patch) == 0:
        return patch
    top, left, _, _ = _box(patch)
    return shift(patch, (-top, -left))


def backdrop(patch: Any) -> Any:
    if len(patch) == 0:
        return frozenset()
    top, left, bottom, right = _box(patch)
    return frozenset((i, j) for i in range(top, bottom + 1) for j in range(left, right + 1))


def delta(patch: Any) -> Any:
    return backdrop(patch) - locations(patch)


def _outline(top: Any, left: Any, bottom: Any, right: Any) -> Any:
    rows = range(min(top, bottom), max(top, bottom) + 1)
    columns = range(min(left, right), max(left, right) + 1)
    return frozenset(
        (i, j) for i in rows for j in columns if i in (top, bottom) or j in (left, right)
    )


def box(patch: Any) -> Any:
    return patch if len(patch) == 0 else _outline(*_box(patch))


def outbox(patch: Any) -> Any:
    top, left, bottom, right = _box(patch)
    return _outline(top - 1, left - 1, bottom + 1, right + 1)


def inbox(patch: Any) -> Any:
    top, left, bottom, right = _box(patch)
    return _outline(top + 1, left + 1, bottom - 1, right - 1)
