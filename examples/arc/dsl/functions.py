"""Functions of functions.

Callables that are built take a fixed number of arguments, and are equal only to themselves. Most
parts are not checked when a callable is built, but only when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Annotated, Any, TypeAlias, TypeVar, cast, overload

from examples.arc.dsl.containers import merge
from examples.arc.dsl.language import arc
from examples.arc.dsl.order import ascending
from examples.arc.dsl.types import A, B, C, Container, D, Deferred
from exit_dsl.language.annotations import Accepts
from exit_dsl.language.compact import plain

E = TypeVar("E")
Sequential: TypeAlias = Annotated[tuple[A, ...], Accepts(frozenset[Any])]
"""A tuple is meant; a set is read in the canonical order."""


def arity(function: Any) -> int:
    """The number of arguments a callable takes.

    Raises:
        TypeError: It is not a callable of the language.
    """
    if hasattr(function, "arity"):
        return int(function.arity)
    if not hasattr(function, "__code__"):
        raise TypeError(f"expected a function, not {type(function).__name__}")
    return int(function.__code__.co_argcount)


def _callable(function: Callable[..., Any], arity: int, *parts: Any) -> Any:
    """A closure that says how many arguments it takes and what it was made of."""
    function.arity = arity  # type: ignore[attr-defined]
    function.parts = parts  # type: ignore[attr-defined]
    return function


@arc.primitive
def compose(outer: Deferred[B, C], inner: Deferred[A, B]) -> Callable[[A], C]:
    """``x`` to ``outer(inner(x))``."""

    def composed(x: A, /) -> C:
        return outer(inner(x))

    return cast(Callable[[A], C], _callable(composed, 1, outer, inner))


@arc.primitive
def chain(h: Deferred[C, D], g: Deferred[B, C], f: Deferred[A, B]) -> Callable[[A], D]:
    """``x`` to ``h(g(f(x)))``."""

    def chained(x: A, /) -> D:
        return h(g(f(x)))

    return cast(Callable[[A], D], _callable(chained, 1, h, g, f))


@arc.primitive
def matcher(function: Deferred[A, B], target: B) -> Callable[[A], bool]:
    """``x`` to whether ``function(x)`` equals the target."""

    def matches(x: A, /) -> bool:
        return bool(function(x) == target)

    return cast(Callable[[A], bool], _callable(matches, 1, function, target))


# Two arguments leave one, three leave two; whatever else is taken for four, which leave three. A
# bound function of one argument can thus be built, but fails at each call.


@overload
def rbind(function: Callable[[A, B], C], fixed: B) -> Callable[[A], C]: ...
@overload
def rbind(function: Callable[[A, B, C], D], fixed: C) -> Callable[[A, B], D]: ...
@overload
def rbind(
    function: Callable[[A, B, C, D], E],
    fixed: D,
) -> Callable[[A, B, C], E]: ...
@arc.primitive
def rbind(function: Any, fixed: Any) -> Any:
    """The function with its last argument fixed."""

    def last_of_two(x: Any, /) -> Any:
        return function(x, fixed)

    def last_of_three(x: Any, y: Any, /) -> Any:
        return function(x, y, fixed)

    def last_of_four(x: Any, y: Any, z: Any, /) -> Any:
        return function(x, y, z, fixed)

    match arity(function):
        case 2:
            return _callable(last_of_two, 1, function, fixed)
        case 3:
            return _callable(last_of_three, 2, function, fixed)
    return _callable(last_of_four, 3, function, fixed)


@overload
def lbind(function: Callable[[A, B], C], fixed: A) -> Callable[[B], C]: ...
@overload
def lbind(function: Callable[[A, B, C], D], fixed: A) -> Callable[[B, C], D]: ...
@overload
def lbind(
    function: Callable[[A, B, C, D], E],
    fixed: A,
) -> Callable[[B, C, D], E]: ...
@arc.primitive
def lbind(function: Any, fixed: Any) -> Any:
    """The function with its first argument fixed."""

    def first_of_two(x: Any, /) -> Any:
        return function(fixed, x)

    def first_of_three(x: Any, y: Any, /) -> Any:
        return function(fixed, x, y)

    def first_of_four(x: Any, y: Any, z: Any, /) -> Any:
        return function(fixed, x, y, z)

    match arity(function):
        case 2:
            return _callable(first_of_two, 1, function, fixed)
        case 3:
            return _callable(first_of_three, 2, function, fixed)
    return _callable(first_of_four, 3, function, fixed)


def _applications(function: Any, n: int) -> int:
    return n


@arc.primitive(work=_applications)
def power(function: Deferred[A, A], n: int) -> Annotated[Callable[[A], A], Accepts(Any)]:
    """The function applied ``n`` times over; itself for ``n`` = 1."""
    if n < 1:
        raise ValueError(f"a function can be applied 1 time or more, not {n} times")
    if n == 1:
        return function

    def repeated(x: A, /) -> A:
        for _ in range(n):
            x = function(x)
        return x

    return cast(Callable[[A], A], _callable(repeated, 1, function, n))


@arc.primitive
def fork(
    outer: Annotated[Callable[[B, C], D], Accepts(Any)], a: Deferred[A, B], b: Deferred[A, C]
) -> Callable[[A], D]:
    """``x`` to ``outer(a(x), b(x))``."""

    def forked(x: A, /) -> D:
        return outer(a(x), b(x))

    return cast(Callable[[A], D], _callable(forked, 1, outer, a, b))


@overload
def apply(function: Deferred[A, B], container: tuple[A, ...]) -> tuple[B, ...]: ...
@overload
def apply(function: Deferred[A, B], container: frozenset[A]) -> frozenset[B]: ...
@arc.primitive
def apply(function: Any, container: Any) -> Any:
    """What the function makes of each member, in the same kind of container."""
    return type(container)([plain(function(member)) for member in container])


@overload
def rapply(functions: tuple[Callable[[A], B], ...], value: A) -> tuple[B, ...]: ...
@overload
def rapply(functions: frozenset[Callable[[A], B]], value: A) -> frozenset[B]: ...
@arc.primitive
def rapply(functions: Any, value: Any) -> Any:
    """What each function makes of the value, in the kind of container the functions came in."""
    return type(functions)([plain(function(value)) for function in functions])


@overload
def mapply(function: Deferred[A, Container[B]], container: tuple[A, ...]) -> tuple[B, ...]: ...
@overload
def mapply(function: Deferred[A, Container[B]], container: frozenset[A]) -> frozenset[B]: ...
@arc.primitive
def mapply(function: Any, container: Any) -> Any:
    """The members of all that the function makes of each member."""
    if isinstance(container, frozenset):
        return frozenset().union(*[plain(function(member)) for member in container])
    return merge(apply(function, container))


@arc.primitive
def papply(
    function: Annotated[Callable[[A, B], C], Accepts(Any)], a: Sequential[A], b: Sequential[B]
) -> tuple[C, ...]:
    """What the function makes of the members at the same places, as far as the shorter goes."""
    return tuple([plain(function(x, y)) for x, y in zip(ascending(a), ascending(b), strict=False)])


@arc.primitive
def mpapply(
    function: Annotated[Callable[[A, B], Container[C]], Accepts(Any)],
    a: Sequential[A],
    b: Sequential[B],
) -> tuple[C, ...]:
    """The members of all that the function makes of the members at the same places."""
    return merge(papply(function, a, b))


def _number_of_pairs(function: Any, a: Container[Any], b: Container[Any]) -> int:
    return len(a) * len(b)


@arc.primitive(work=_number_of_pairs)
def prapply(
    function: Annotated[Callable[[A, B], C], Accepts(Any)], a: Container[A], b: Container[B]
) -> frozenset[C]:
    """What the function makes of all pairs of a member of ``a`` and a member of ``b``."""
    return frozenset([plain(function(x, y)) for x, y in product(a, b)])
