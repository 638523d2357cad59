"""Relations between patches: contact, distance, direction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from examples.arc.dsl.language import arc
from examples.arc.dsl.measures import (
    bounds,
    center,
    columns_of,
    leftmost,
    locations,
    lowermost,
    rightmost,
    rows_of,
    uppermost,
)
from examples.arc.dsl.types import Grid, Indices, Location, Patch
from exit_dsl.language.annotations import Accepts

_MAX_STEPS = 42
_FEW_PAIRS = 64
"""Of so few locations all pairs are tried."""


@arc.primitive
def hmatching(a: Patch, b: Patch) -> bool:
    """Whether two patches share a row."""
    return not {*rows_of(a)}.isdisjoint(rows_of(b))


@arc.primitive
def vmatching(a: Patch, b: Patch) -> bool:
    """Whether two patches share a column."""
    return not {*columns_of(a)}.isdisjoint(columns_of(b))


def _row_pairs(a: Patch, b: Patch) -> int:
    if len(a) * len(b) <= _FEW_PAIRS:
        return len(a) * len(b)
    return len(a) + len(b) + len({*rows_of(a)}) * len({*rows_of(b)})


@arc.primitive(work=_row_pairs)
def manhattan(a: Patch, b: Patch) -> int:
    """The smallest distance between locations of two patches, in steps along rows and columns."""
    if len(a) * len(b) <= _FEW_PAIRS:
        there = locations(b)
        return min([abs(i - k) + abs(j - m) for i, j in locations(a) for k, m in there])
    columns_a, columns_b = _columns_by_row(a), _columns_by_row(b)
    pairs = sorted([(abs(i - k), i, k) for i in columns_a for k in columns_b])
    apart, i, k = pairs[0]
    nearest = apart + _gap(columns_a[i], columns_b[k])
    for apart, i, k in pairs[1:]:
        if apart >= nearest:
            break
        nearest = min(nearest, apart + _gap(columns_a[i], columns_b[k]))
    return nearest


def _columns_by_row(patch: Patch) -> dict[int, list[int]]:
    """The columns, ascending, that a patch occupies in each row."""
    columns: dict[int, list[int]] = {}
    for i, j in sorted(locations(patch)):
        columns.setdefault(i, []).append(j)
    return columns


def _gap(a: list[int], b: list[int]) -> int:
    """The smallest difference between members of two ascending lists."""
    if a[-1] < b[0] or b[-1] < a[0]:
        return max(b[0] - a[-1], a[0] - b[-1])
    smallest = abs(a[0] - b[0])
    m = n = 0
    while smallest and m < len(a) and n < len(b):
        smallest = min(smallest, abs(a[m] - b[n]))
        if a[m] < b[n]:
            m += 1
        else:
            n += 1
    return smallest


@arc.primitive
def adjacent(a: Patch, b: Patch) -> bool:
    """Whether two patches touch side by side without overlap."""
    here, there = frozenset(locations(a)), frozenset(locations(b))
    if not here or not there:
        raise ValueError("nothing is adjacent to an empty patch")
    fewer, more = (here, there) if len(here) <= len(there) else (there, here)
    if {*map(len, more)} != {2}:
        raise ValueError("a location is a pair")
    around = _beside(fewer)
    return more.isdisjoint(fewer) and not more.isdisjoint(around)


def _beside(patch: Iterable[Location]) -> Indices:
    """The locations one step up, down, left or right of those of a patch."""
    around = [loc for i, j in patch for loc in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))]
    return frozenset(around)


@arc.primitive
def bordering(patch: Patch, grid: Annotated[Grid, Accepts(Any)]) -> bool:
    """Whether a patch lies at the border of a grid."""
    return (
        uppermost(patch) == 0
        or leftmost(patch) == 0
        or lowermost(patch) == len(grid) - 1
        or rightmost(patch) == len(grid[0]) - 1
    )


@arc.primitive
def position(a: Patch, b: Patch) -> Location:
    """The direction from the centre of one patch to that of another, by sign alone."""
    row_a, column_a = center(a)
    row_b, column_b = center(b)
    down = 1 if row_a < row_b else -1
    right = 1 if column_a < column_b else -1
    if row_a == row_b:
        return 0, right
    if column_a == column_b:
        return down, 0
    return down, right


def _meetings_size(source: Patch, destination: Patch) -> int:
    top, left, bottom, right = bounds(destination)
    longest_line = max(bottom - top, right - left) + 3
    return len(source) * min(longest_line, 5 * len(destination))


@arc.primitive(work=_meetings_size)
def gravitate(source: Patch, destination: Patch) -> Location:
    """The vector that moves one patch next to another, up or down if they share a column.

    Without contact it goes 42 steps.
    """
    (row, column), (other_row, other_column) = center(source), center(destination)
    if vmatching(source, destination):
        direction = (1 if row < other_row else -1, 0)
    else:
        direction = (0, 1 if column < other_column else -1)
    moving, target = locations(source), locations(destination)
    contacts = _meetings(moving, _beside(target), direction)
    contacts -= _meetings(moving, target, direction)
    steps = min([steps for steps in contacts if 0 <= steps < _MAX_STEPS], default=_MAX_STEPS)
    return steps * direction[0], steps * direction[1]


def _meetings(
    source: Iterable[Location], target: Iterable[Location], direction: Location
) -> set[int]:
    """After how many steps in a direction some location of the source is one of the target."""
    down, right = direction
    along_line: dict[int, list[int]] = {}
    for i, j in target:
        line = j if down else i
        along_line.setdefault(line, []).append(down * i + right * j)
    return {
        end - (down * i + right * j)
        for i, j in source
        for end in along_line.get(j if down else i, ())
    }
