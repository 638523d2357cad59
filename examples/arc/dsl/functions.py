"""Functions of functions.

Callables that are built take a fixed number of arguments, and are equal only to themselves. Most
parts are not checked when a callable is built, but only when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar, overload

from examples.arc.dsl.containers import merge
from examples.arc.dsl.language import arc
from examples.arc.dsl.order import ascending
from examples.arc.dsl.types import A, B, C, Container, D, Deferred
from exit_dsl.language.annotations import Accepts

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


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """One function after another, the last one first."""

    arity: ClassVar[int] = 1
    parts: tuple[Callable[..., Any], ...]

    def __call__(self, value: Any, /) -> Any:
        """Apply each function to what the one after it gives."""
        for function in reversed(self.parts):
            value = function(value)
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Power:
    """A function applied again and again to its own result."""

    arity: ClassVar[int] = 1
    parts: tuple[Callable[[Any], Any], int]

    def __call__(self, value: Any, /) -> Any:
        """Apply the function as many times as it says."""
        function, times = self.parts
        for _ in range(times):
            value = function(value)
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """A function of what two others make of the argument."""

    arity: ClassVar[int] = 1
    parts: tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]

    def __call__(self, value: Any, /) -> Any:
        """Apply the outer function to what both inner ones give."""
        outer, a, b = self.parts
        return outer(a(value), b(value))


@dataclass(frozen=True, slots=True, eq=False)
class Matcher:
    """Whether a function gives the target."""

    arity: ClassVar[int] = 1
    parts: tuple[Callable[..., Any], Any]

    def __call__(self, value: Any, /) -> bool:
        """Compare what the function gives with the target."""
        function, target = self.parts
        return bool(function(value) == target)


@dataclass(frozen=True, slots=True, eq=False)
class BoundLast:
    """A function whose last argument is fixed."""

    parts: tuple[Callable[..., Any], Any]
    arity: int

    def __call__(self, argument: Any, /, *rest: Any) -> Any:
        """Call the function with the fixed argument after the given ones."""
        function, fixed = self.parts
        return function(argument, *rest, fixed)


@dataclass(frozen=True, slots=True, eq=False)
class BoundFirst:
    """A function whose first argument is fixed."""

    parts: tuple[Callable[..., Any], Any]
    arity: int

    def __call__(self, argument: Any, /, *rest: Any) -> Any:
        """Call the function with the fixed argument before the given ones."""
        function, fixed = self.parts
        return function(fixed, argument, *rest)


def _bound_arity(function: Any) -> int:
    """Two arguments leave one, three leave two; whatever else is taken for four, which leave three.

    A bound function of one argument can thus be built, but fails at each call.
    """
    return {2: 1, 3: 2}.get(arity(function), 3)


@arc.primitive
def compose(outer: Deferred[B, C], inner: Deferred[A, B]) -> Callable[[A], C]:
    """``x`` to ``outer(inner(x))``."""
    return Chain((outer, inner))


@arc.primitive
def chain(h: Deferred[C, D], g: Deferred[B, C], f: Deferred[A, B]) -> Callable[[A], D]:
    """``x`` to ``h(g(f(x)))``."""
    return Chain((h, g, f))


@arc.primitive
def matcher(function: Deferred[A, B], target: B) -> Callable[[A], bool]:
    """``x`` to whether ``function(x)`` equals the target."""
    return Matcher((function, target))


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
    return BoundLast((function, fixed), _bound_arity(function))


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
    return BoundFirst((function, fixed), _bound_arity(function))


def _applications(function: Any, n: int) -> int:
    return n


@arc.primitive(work=_applications)
def power(function: Deferred[A, A], n: int) -> Annotated[Callable[[A], A], Accepts(Any)]:
    """The function applied ``n`` times over; itself for ``n`` = 1."""
    if n < 1:
        raise ValueError(f"a function can be applied 1 time or more, not {n} times")
    return function if n == 1 else Power((function, n))


@arc.primitive
def fork(
    outer: Annotated[Callable[[B, C], D], Accepts(Any)], a: Deferred[A, B], b: Deferred[A, C]
) -> Callable[[A], D]:
    """``x`` to ``outer(a(x), b(x))``."""
    return Fork((outer, a, b))


@overload
def apply(function: Deferred[A, B], container: tuple[A, ...]) -> tuple[B, ...]: ...
@overload
def apply(function: Deferred[A, B], container: frozenset[A]) -> frozenset[B]: ...
@arc.primitive
def apply(function: Any, container: Any) -> Any:
    """What the function makes of each member, in the same kind of container."""
    return type(container)([function(member) for member in container])


@overload
def rapply(functions: tuple[Callable[[A], B], ...], value: A) -> tuple[B, ...]: ...
@overload
def rapply(functions: frozenset[Callable[[A], B]], value: A) -> frozenset[B]: ...
@arc.primitive
def rapply(functions: Any, value: Any) -> Any:
    """What each function makes of the value, in the kind of container the functions came in."""
    return type(functions)([function(value) for function in functions])


@overload
def mapply(function: Deferred[A, Container[B]], container: tuple[A, ...]) -> tuple[B, ...]: ...
@overload
def mapply(function: Deferred[A, Container[B]], container: frozenset[A]) -> frozenset[B]: ...
@arc.primitive
def mapply(function: Any, container: Any) -> Any:
    """The members of all that the function makes of each member."""
    return merge(apply(function, container))


@arc.primitive
def papply(
    function: Annotated[Callable[[A, B], C], Accepts(Any)], a: Sequential[A], b: Sequential[B]
) -> tuple[C, ...]:
    """What the function makes of the members at the same places, as far as the shorter goes."""
    return tuple([function(x, y) for x, y in zip(ascending(a), ascending(b), strict=False)])


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
    return frozenset([function(x, y) for x, y in product(a, b)])
