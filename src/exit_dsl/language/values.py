"""Values and types: which type a value has, whether it is of a type, and how large it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, NewType

from exit_dsl.language.terms import (
    ANY,
    Arrow,
    Named,
    Overloaded,
    Product,
    Type,
    Union,
    Variable,
    from_annotation,
    union_of,
)
from exit_dsl.language.unification import kinds

WORD = 64
"""Bits of an integer that count as one element."""

WIDEST = 2 ** (WORD - 1)
"""Integers from -WIDEST up to but without WIDEST count as one element."""


def type_of_value(value: Any) -> Type:
    """Return the type of a constant."""
    if callable(value) and not isinstance(value, type):
        return Arrow(None, ANY)
    if isinstance(value, tuple):
        return Product(tuple(map(type_of_value, value)))
    if isinstance(value, Mapping):
        return Named(type(value), (_common(value.keys()), _common(value.values())))
    if isinstance(value, (list, Set)):
        return Named(type(value), (_common(value),))
    return Named(type(value))


def _common(values: Iterable[Any]) -> Type:
    members = list(map(type_of_value, values))
    return union_of(members) if members else Variable("empty")


def conforms(value: Any, term: Type) -> bool:
    """Whether ``value`` is of type ``term``, all the way down (a Boolean counts as an integer)."""
    match term:
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
        case Named(_, args):
            classes = kinds(term)
            if classes is not None and not isinstance(value, tuple(classes)):
                return False
            return not args or _contents_conform(value, args)
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
    """Return how many elements ``value`` has at its outer level (64 bits of an integer count 1)."""
    if isinstance(value, int):
        return 1 if -WIDEST <= value < WIDEST else value.bit_length() // WORD
    try:
        return len(value)
    except TypeError:
        return 1
