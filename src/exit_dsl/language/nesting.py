"""Which primitives can put values into values, read off their types."""

from __future__ import annotations

from collections.abc import Iterator

from exit_dsl.language.declaration import Primitive
from exit_dsl.language.signatures import Signature, Slot
from exit_dsl.language.terms import (
    ANY,
    Arrow,
    Named,
    Overloaded,
    Product,
    Type,
    Union,
    Unknown,
    Variable,
    parts,
)

NEVER = 2**63
"""As a size, more than any value has."""


def smallest_nested(primitive: Primitive, joined: int) -> int:
    """Return the outer size from which on a result of ``primitive`` may be far larger inside.

    A value can only grow without bound inside if it gets into itself, or next to itself, again and
    again. What gets anywhere is of any type: a type variable or ``Any`` stands for it. If that
    stands deeper in the result than in some argument, as in pairs and repetitions, a result of any
    size may have grown. If it only comes from several places, as in concatenations, a result of few
    members has not grown much. All else has parts of arguments, or parts that its type bounds.

    Args:
        primitive: of it only the types are read.
        joined: the outer size from which on results matter that join values from several places.
    """
    return min(_smallest(signature, joined) for signature in primitive.signatures)


def _smallest(signature: Signature, joined: int) -> int:
    result = signature.result.meant
    if result == ANY or any(_gets_inside(slot, result) for slot in signature.params):
        return 1
    smallest = NEVER
    for value, depth in _places(result, 0):
        found = [
            (number, there)
            for number, slot in enumerate(signature.params)
            for other, there in _places(slot.meant, 0)
            if other == value
        ]
        if depth > min([there for _, there in found], default=0):
            return 1
        several = len(dict(found)) > 1 or any(
            # A function gives a value for each call.
            isinstance(signature.params[number].meant, (Arrow, Overloaded))
            for number, _ in found
        )
        if depth and several:
            smallest = joined
    return smallest


def _gets_inside(slot: Slot, result: Type) -> bool:
    """Whether anything may come where a scalar is meant, and get into a result made of scalars."""
    if slot.accepts != ANY or not isinstance(slot.meant, Named) or slot.meant.args:
        return False
    return result != slot.meant and slot.meant in parts(result)


def _places(term: Type, depth: int) -> Iterator[tuple[Type, int]]:
    """Yield each type variable or ``Any`` that values of a type hold, or functions among them give.

    With it comes how deep it stands; that of what functions give is counted in what they give.
    """
    match term:
        case Variable() | Unknown():
            yield term, depth
        case Named(_, inner) | Product(inner):
            for part in inner:
                yield from _places(part, depth + 1)
        case Union(members):
            for member in members:
                yield from _places(member, depth)
        case Arrow(_, result):
            yield from _places(result, 0)
        case Overloaded(alternatives):
            for alternative in alternatives:
                yield from _places(alternative.result, 0)
