"""Neighbours of locations, lines between them and rays."""

from __future__ import annotations

from examples.arc.dsl.language import arc
from examples.arc.dsl.types import Indices, Location

_FRONTIER_LENGTH = 30
_RAY_LENGTH = 42


@arc.primitive
def dneighbors(loc: Location) -> Indices:
    """The four locations that share a side with one."""
    i, j = loc[0], loc[1]
    return frozenset([(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)])


@arc.primitive
def ineighbors(loc: Location) -> Indices:
    """The four locations that share only a corner with one."""
    i, j = loc[0], loc[1]
    return frozenset([(i - 1, j - 1), (i - 1, j + 1), (i + 1, j - 1), (i + 1, j + 1)])


@arc.primitive
def neighbors(loc: Location) -> Indices:
    """The eight locations around one."""
    return dneighbors(loc) | ineighbors(loc)


def _distance(a: Location, b: Location) -> int:
    return max(abs(b[0] - a[0]), abs(b[1] - a[1])) + 1


@arc.primitive(work=_distance)
def connect(a: Location, b: Location) -> Indices:
    """The straight line between two locations, both included; empty if there is none."""
    row_a, column_a = a[:]
    row_b, column_b = b[:]
    down, right = row_b - row_a, column_b - column_a
    if down and right and abs(down) != abs(right):
        return frozenset()
    length = max(abs(down), abs(right))
    down, right = _sign(down), _sign(right)
    return frozenset([(row_a + k * down, column_a + k * right) for k in range(length + 1)])


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _ray_distance(_: Location, direction: Location) -> int:
    return _RAY_LENGTH * max(abs(direction[0]), abs(direction[1])) + 1


@arc.primitive(work=_ray_distance)
def shoot(start: Location, direction: Location) -> Indices:
    """The straight line from a location in a direction, 42 times the vector long."""
    i, j = start[:]
    down, right = direction[:]
    return connect((i, j), (i + _RAY_LENGTH * down, j + _RAY_LENGTH * right))


@arc.primitive
def hfrontier(location: Location) -> Indices:
    """The row of a location, from column 0 to 29."""
    i = location[0]
    return frozenset([(i, j) for j in range(_FRONTIER_LENGTH)])


@arc.primitive
def vfrontier(location: Location) -> Indices:
    """The column of a location, from row 0 to 29."""
    j = location[1]
    return frozenset([(i, j) for i in range(_FRONTIER_LENGTH)])
