"""Values and types: which type a value has, whether it is of a type, and how large it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from gc import get_referents
from itertools import chain, islice
from types import FunctionType
from typing import Any, NewType

from numpy import ndarray

from exit_dsl.language.signatures import from_annotation, is_named_tuple
from exit_dsl.language.terms import (
    ANY,
    Arrow,
    Named,
    Overloaded,
    Product,
    Type,
    Union,
    Variable,
    substitute,
    union_of,
)
from exit_dsl.language.unification import kinds

WORD = 64
"""Bits of an integer, or of an element of an array, that count as one element."""

WIDEST = 2 ** (WORD - 1)
"""Integers from -WIDEST up to but without WIDEST count as one element."""

CONTAINERS = (tuple, frozenset, list, dict, set)
"""What can have members on several levels."""

_PLAIN = frozenset({*CONTAINERS, int, bool, float, str, type(None)})
DEEPEST = 6
"""Levels of values inside of values that are looked at for a likely size."""
ENDLESS = 2**62
_ALL_COUNT = 3
"""Of more members only the first and the last are looked at."""
_AT_ONCE = 250
"""Containers that are opened at once; after that many the count is looked at."""


def type_of_value(value: Any) -> Type:
    """Return the type of a constant; what an empty container holds is a variable of its own."""
    places: dict[object, int] = {}
    named = _type_of(value, ())
    return substitute(named, lambda v: Variable(places.setdefault(v.name, len(places))))


def _type_of(value: Any, place: tuple[int, ...]) -> Type:
    """Return the type of a value, with variables named by where it stands."""
    if callable(value) and not isinstance(value, type):
        return Arrow(None, ANY)
    if isinstance(value, tuple) and not is_named_tuple(type(value)):
        return Product(tuple(_type_of(item, (*place, at)) for at, item in enumerate(value)))
    if isinstance(value, Mapping):
        keys, items = _common(value.keys(), (*place, 0)), _common(value.values(), (*place, 1))
        return Named(type(value), (keys, items))
    if isinstance(value, (list, Set)):
        return Named(type(value), (_common(value, (*place, 0)),))
    return Named(type(value))


def _common(values: Iterable[Any], place: tuple[int, ...]) -> Type:
    # Sorted, as the members of sets come in another order in another process.
    members = sorted({_type_of(value, place) for value in values}, key=repr)
    return union_of(members) if members else Variable(place)


def conforms(value: Any, term: Type) -> bool:
    """Whether ``value`` is of type ``term``, all the way down (a Boolean counts as an integer)."""
    match term:
        case Variable(_, bound) if bound is not None:
            return conforms(value, bound)
        case Union(members):
            return any(conforms(value, member) for member in members)
        case Product(items):
            return (
                isinstance(value, tuple)
                and len(value) == len(items)
                and all(map(conforms, value, items))
            )
        case Arrow() | Overloaded():
            return callable(value)
        case Named(head, ()) if isinstance(head, NewType):
            return conforms(value, from_annotation(head.__supertype__))
        case Named(head, args):
            classes = kinds(term)
            if classes is not None and not isinstance(value, tuple(classes)):
                return False
            # What the parameters of a named tuple stand for, only its class tells.
            return not args or is_named_tuple(head) or _contents_conform(value, args)
    return True


def _contents_conform(value: Any, args: Sequence[Type]) -> bool:
    if isinstance(value, Mapping) and len(args) == 2:
        key, item = args
        return all(conforms(k, key) and conforms(v, item) for k, v in value.items())
    if isinstance(value, (tuple, list, Set)) and len(args) == 1:
        if args[0] == ANY:
            return True
        return all(conforms(item, args[0]) for item in value)
    return True


def size_of(value: Any) -> int:
    """Return how many elements ``value`` has at its outer level, of an array over all its axes.

    64 bits of an integer, or of an element of an array, count as one.
    """
    if isinstance(value, int):
        return 1 if -WIDEST <= value < WIDEST else value.bit_length() // WORD
    if type(value) is FunctionType:  # by far the most of what has no length
        return 1
    if isinstance(value, ndarray):  # len counts its first axis alone
        return value.size * max(1, value.itemsize * 8 // WORD)
    try:
        return len(value)
    except TypeError:
        return 1
    except OverflowError:  # a range, say, may be longer than Python can tell
        return ENDLESS


def tree_size(value: Any, limit: int) -> int:
    """Return how many members ``value`` has over all levels of containers.

    A part that is shared counts as often as it occurs: this is what hashing or comparing the value
    visits. Of a mapping keys and values count. Beyond ``limit`` it stops, and returns any number
    beyond it. What is no container counts as by :func:`size_of`.
    """
    if not isinstance(value, CONTAINERS):
        return size_of(value)
    level = value if type(value) in (tuple, frozenset) else _opened([value], limit)
    size = len(level)
    # One level at a time, and never one member at a time. Numbers have no referents, so what has
    # none ends it, before anything is asked of the many members of the lowest level.
    while size <= limit:
        if len(level) <= _AT_ONCE:
            below = get_referents(*level)
        else:
            below = _referents([*level], limit - size)
        if not below:
            break
        if not _PLAIN.issuperset(map(type, level)):
            # Functions have referents as well, such as all globals.
            below = _opened(level, limit - size)
        size += len(below)
        level = below
    return size


def likely_size(value: Any, levels: int = DEEPEST) -> int:
    """Return about how many members ``value`` has over all levels, looking at very few of them.

    Of a few members each counts, of many all are taken to be as large as the first, or as the last
    of a tuple. What has more ``levels`` is taken to be endless.
    """
    kind = type(value)
    if kind is not tuple and kind is not frozenset:
        return size_of(value)
    size = len(value)
    if size <= _ALL_COUNT:
        members: Iterable[Any] = value
    elif kind is tuple:
        members = (value[0], value[-1])
    else:
        members = islice(value, 1)
    largest = 0
    for member in members:
        inner = type(member)
        if inner is tuple or inner is frozenset:
            if not levels:
                return ENDLESS
            below = likely_size(member, levels - 1)
            if below > largest:
                largest = below
    return size + size * largest


def _referents(level: list[Any], limit: int) -> list[Any]:
    below: list[Any] = []
    for start in range(0, len(level), _AT_ONCE):
        below += get_referents(*level[start : start + _AT_ONCE])
        if len(below) > limit:
            break
    return below


def _opened(level: Iterable[Any], limit: int) -> list[Any]:
    """Return the members of all containers among the members of a level, or many of them."""
    members = (
        chain(each, each.values()) if isinstance(each, dict) else each
        for each in level
        if isinstance(each, CONTAINERS)
    )
    return [*islice(chain.from_iterable(members), limit + 1)]
