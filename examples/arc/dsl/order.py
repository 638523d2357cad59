"""The canonical order of ARC values: the one order in which sets are read.

Kinds ascend from None over numbers, tuples and sets to callables. Locations go row by row, cells
by location and then colour. Sets of locations or cells go by the corner of their bounding box,
column first, then by size, then member by member.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from examples.arc.dsl.memo import by_identity
from examples.arc.dsl.types import A, Container

_NUMBERS = frozenset({int, bool})
_TUPLES = frozenset({tuple})
_PAIR_LENGTHS = frozenset({2})
_NONE, _NUMBER, _TUPLE, _SET, _CALLABLE = range(5)
_GENERAL, _LOCATION, _CELL = range(3)

_location_then_colour: Callable[[Any], Any] = itemgetter(1, 0)


def ascending(container: Container[A]) -> Sequence[A]:
    """The members of a container in the order in which the language meets them.

    Args:
        container: A tuple, which is returned as it is, or a frozenset.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(container, tuple):
        return container
    _require_set(container)
    return _sorted(container)


@by_identity
def _sorted(members: frozenset[A]) -> Sequence[A]:
    return sorted(members, key=_cheapest_key(members))


def smallest(container: Container[A]) -> A:
    """The member met first: ``ascending(container)[0]``, found without sorting.

    Raises:
        IndexError: The tuple is empty.
        ValueError: The set is empty.
        TypeError: It is neither a tuple nor a frozenset.
    """
    if isinstance(container, tuple):
        return container[0]
    _require_set(container)
    return min(container, key=_cheapest_key(container))


def largest(container: Container[A]) -> A:
    """The member met last: ``ascending(container)[-1]``, found without sorting.

    Raises:
        IndexError: The tuple is empty.
        ValueError: The set is empty.
        TypeError: It is neither a tuple nor a frozenset.
    """
    if isinstance(container, tuple):
        return container[-1]
    _require_set(container)
    return max(container, key=_cheapest_key(container))


def sort_key(value: Any) -> Any:
    """A key that compares as ``value`` does in the canonical order."""
    if type(value) in _NUMBERS:
        return (_NUMBER, value)
    if isinstance(value, tuple):
        return _tuple_key(value)
    if isinstance(value, frozenset):
        return (_SET, *_corner(value), len(value), _Members(value))
    if value is None:
        return (_NONE,)
    return _callable_key(value)


class _Members:
    """The members of a set as the last part of its key, sorted only if all before it ties."""

    __slots__ = ("members",)

    def __init__(self, members: frozenset[Any]) -> None:
        self.members = members

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Members) and self.members == other.members

    def __lt__(self, other: _Members) -> bool:
        return self.keys() < other.keys()

    def __hash__(self) -> int:
        return hash(self.members)

    def keys(self) -> list[Any]:
        return [sort_key(member) for member in ascending(self.members)]


def _tuple_key(value: tuple[Any, ...]) -> Any:
    if len(value) == 2:
        first, second = value
        if type(first) in _NUMBERS:
            if type(second) in _NUMBERS:
                return (_TUPLE, _LOCATION, first, second)
            if _are_locations((second,)):
                return (_TUPLE, _CELL, second, first)
    return (_TUPLE, _GENERAL, tuple([sort_key(component) for component in value]))


def _callable_key(value: Any) -> Any:
    """Callables have no order of their own; name and parts keep it the same in every run."""
    name = getattr(value, "__name__", type(value).__name__)
    return (_CALLABLE, name, tuple([sort_key(part) for part in getattr(value, "parts", ())]))


def _cheapest_key(members: frozenset[Any]) -> Any:
    """A key that sorts just these members canonically; None where they compare so themselves."""
    if len(members) < 2 or _are_numbers(members):
        return None
    if _are_pairs(members):
        firsts, seconds = zip(*members, strict=True)
        if _are_numbers(firsts):
            if _are_numbers(seconds):
                return None
            if _are_locations(seconds):
                return _location_then_colour
    return sort_key


def _corner(members: frozenset[Any]) -> tuple[int, int]:
    """Leftmost column and topmost row; (0, 0) unless all are locations or cells."""
    if not members or not _are_pairs(members) or not _are_numbers(map(itemgetter(0), members)):
        return (0, 0)
    locations = [member[1] if isinstance(member[1], tuple) else member for member in members]
    if not _are_locations(locations):
        return (0, 0)
    rows, columns = zip(*locations, strict=True)
    return (min(columns), min(rows))


def _are_numbers(values: Iterable[Any]) -> bool:
    return _NUMBERS.issuperset(map(type, values))


def _are_pairs(values: Collection[Any]) -> bool:
    return _TUPLES.issuperset(map(type, values)) and _PAIR_LENGTHS.issuperset(map(len, values))


def _are_locations(values: Sequence[Any]) -> bool:
    return _are_pairs(values) and _are_numbers(chain.from_iterable(values))


def _require_set(container: Any) -> None:
    if not isinstance(container, frozenset):
        raise TypeError(f"expected a tuple or a set, not {type(container).__name__}")
