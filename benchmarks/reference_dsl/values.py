"""How values are told apart, ordered and read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def sort_key(value: Any) -> Any:
    if value is None:
        return (0,)
    if isinstance(value, int):
        return (1, value)
    if is_location(value):
        return (2, 1, value)
    if is_cell(value):
        return (2, 2, value[1], value[0])
    if isinstance(value, tuple):
        return (2, 0, [sort_key(component) for component in value])
    if isinstance(value, frozenset):
        return (3, *corner(value), len(value), sorted(sort_key(member) for member in value))
    return (4,)


def is_location(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and isinstance(value[0], int)
        and isinstance(value[1], int)
    )


def is_cell(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and isinstance(value[0], int)
        and is_location(value[1])
    )


def corner(members: frozenset[Any]) -> tuple[int, int]:
    """Smallest column and smallest row; (0, 0) unless all members are locations or cells."""
    if not members or not all(is_location(each) or is_cell(each) for each in members):
        return (0, 0)
    locations = [each if is_location(each) else each[1] for each in members]
    return min(j for i, j in locations), min(i for i, j in locations)


def require_container(value: Any) -> None:
    if not isinstance(value, (tuple, frozenset)):
        raise TypeError("not a container")


def members(container: Any) -> Any:
    """The members in the order in which the language meets them."""
    if isinstance(container, tuple):
        return container
    if isinstance(container, frozenset):
        return sorted(container, key=sort_key)
    raise TypeError("not a container")


def same_kind(container: Any, items: Iterable[Any]) -> Any:
    """A tuple or a set of the items, as the container is one."""
    if isinstance(container, tuple):
        return tuple(items)
    if isinstance(container, frozenset):
        return frozenset(items)
    raise TypeError("not a container")


def grid_rows(grid: Any) -> tuple[tuple[Any, ...], ...]:
    """The rows of a grid, which must be a tuple of tuples."""
    if not isinstance(grid, tuple) or not all(isinstance(row, tuple) for row in grid):
        raise TypeError("not a grid")
    return grid


def exact_pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise TypeError("not a pair")
    return value


def holds_cells(patch: Any) -> bool:
    """Whether a patch, not empty, is one of cells and not of locations."""
    return isinstance(next(iter(patch))[1], tuple)


def locations(patch: Any) -> Any:
    if len(patch) == 0:
        return frozenset()
    return frozenset(cell[1] for cell in patch) if holds_cells(patch) else patch


def moved(patch: Any, to: Callable[[Any, Any], Any]) -> Any:
    """A patch, not empty, with each location moved; colours stay."""
    if holds_cells(patch):
        return frozenset((value, to(i, j)) for value, (i, j) in patch)
    return frozenset(to(i, j) for i, j in patch)
