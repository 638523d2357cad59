"""Logic and comparison. Any value serves as a condition: zero, None and what is empty are false."""

from __future__ import annotations

from typing import Annotated, Any

from examples.arc.dsl.language import arc
from examples.arc.dsl.types import A, Boolean, Container
from exit_dsl.language.annotations import Accepts


@arc.primitive
def flip(b: Boolean) -> bool:
    """Negation."""
    return not b


@arc.primitive
def both(a: Boolean, b: Boolean) -> Boolean:
    """Conjunction: ``a`` itself if it is false, else ``b`` itself."""
    return a and b


@arc.primitive
def either(a: Boolean, b: Boolean) -> Boolean:
    """Disjunction: ``a`` itself if it is true, else ``b`` itself."""
    return a or b


@arc.primitive
def equality(a: A, b: A) -> bool:
    """Whether two values are equal; callables equal only themselves."""
    return a == b


@arc.primitive
def greater(
    a: Annotated[int, Accepts(tuple[Any, ...] | frozenset[Any])],
    b: Annotated[int, Accepts(tuple[Any, ...] | frozenset[Any])],
) -> bool:
    """Whether ``a`` is strictly above ``b``; a set is above its proper subsets."""
    return a > b


@arc.primitive
def branch(condition: Boolean, a: A, b: A) -> A:
    """``a`` where the condition is true, else ``b``."""
    return a if condition else b


@arc.primitive
def contained(value: A, container: Container[A]) -> bool:
    """Whether some member of the container equals the value."""
    return value in container


@arc.primitive
def identity(x: A) -> A:
    """The argument itself."""
    return x
