"""Arithmetic on numbers and vectors.

A vector is any tuple; only its first two components are read. Operators act on the components as
they are, so that components which are tuples themselves are joined or repeated.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, overload

from examples.arc.dsl.language import arc
from examples.arc.dsl.types import A, B, Location, Numerical
from exit_dsl.language.annotations import Accepts

Coordinate: TypeAlias = Annotated[int, Accepts(Any)]
"""A coordinate that is only stored."""


def _broadcast(operation: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """Apply a binary operation to numbers, or to each component where one or both are vectors."""
    if isinstance(a, int):
        if isinstance(b, int):
            return operation(a, b)
        return (operation(a, b[0]), operation(a, b[1]))
    if isinstance(b, int):
        return (operation(a[0], b), operation(a[1], b))
    return (operation(a[0], b[0]), operation(a[1], b[1]))


def _repeated_length(a: Any, b: Any) -> int:
    """How long a tuple gets that is multiplied with a number; 1 for numbers."""
    if isinstance(a, tuple):
        return max(len(a) * int(b), 0)
    return max(int(a) * len(b), 0) if isinstance(b, tuple) else 1


def _product_length(a: Any, b: Any) -> int:
    lengths = _broadcast(_repeated_length, a, b)
    return sum(lengths) if isinstance(lengths, tuple) else 1


@overload
def add(a: int, b: int) -> int: ...
@overload
def add(a: Location, b: Location) -> Location: ...
@overload
def add(a: int, b: Location) -> Location: ...
@overload
def add(a: Location, b: int) -> Location: ...
@arc.primitive
def add(a: Any, b: Any) -> Any:
    """Sum, by component."""
    return _broadcast(operator.add, a, b)


@overload
def subtract(a: int, b: int) -> int: ...
@overload
def subtract(a: Location, b: Location) -> Location: ...
@overload
def subtract(a: int, b: Location) -> Location: ...
@overload
def subtract(a: Location, b: int) -> Location: ...
@arc.primitive
def subtract(a: Any, b: Any) -> Any:
    """Difference, by component."""
    return _broadcast(operator.sub, a, b)


@overload
def multiply(a: int, b: int) -> int: ...
@overload
def multiply(a: Location, b: Location) -> Location: ...
@overload
def multiply(a: int, b: Location) -> Location: ...
@overload
def multiply(a: Location, b: int) -> Location: ...
@arc.primitive(work=_product_length)
def multiply(a: Any, b: Any) -> Any:
    """Product, by component."""
    return _broadcast(operator.mul, a, b)


@overload
def divide(a: int, b: int) -> int: ...
@overload
def divide(a: Location, b: Location) -> Location: ...
@overload
def divide(a: int, b: Location) -> Location: ...
@overload
def divide(a: Location, b: int) -> Location: ...
@arc.primitive
def divide(a: Any, b: Any) -> Any:
    """Quotient rounded down, by component."""
    return _broadcast(operator.floordiv, a, b)


@arc.primitive
def invert(n: Numerical) -> Numerical:
    """Additive inverse, by component."""
    return -n if isinstance(n, int) else (-n[0], -n[1])


@arc.primitive
def even(n: int) -> bool:
    """Whether two divides the number."""
    return n % 2 == 0


@arc.primitive
def double(n: Numerical) -> Numerical:
    """Twice the number, by component."""
    return n * 2 if isinstance(n, int) else (n[0] * 2, n[1] * 2)


@arc.primitive
def halve(n: Numerical) -> Numerical:
    """Half the number rounded down, by component."""
    return n // 2 if isinstance(n, int) else (n[0] // 2, n[1] // 2)


@arc.primitive
def increment(x: Numerical) -> Numerical:
    """The number plus one, by component."""
    return x + 1 if isinstance(x, int) else (x[0] + 1, x[1] + 1)


@arc.primitive
def decrement(x: Numerical) -> Numerical:
    """The number minus one, by component."""
    return x - 1 if isinstance(x, int) else (x[0] - 1, x[1] - 1)


def _away_from_zero(n: int) -> int:
    return 0 if n == 0 else n + 1 if n > 0 else n - 1


@arc.primitive
def crement(x: Numerical) -> Numerical:
    """One step away from zero, by component; zero stays."""
    if isinstance(x, int):
        return _away_from_zero(x)
    return (_away_from_zero(x[0]), _away_from_zero(x[1]))


def _sign(n: int) -> int:
    return 0 if n == 0 else 1 if n > 0 else -1


@arc.primitive
def sign(x: Numerical) -> Numerical:
    """-1, 0 or 1, by component."""
    return _sign(x) if isinstance(x, int) else (_sign(x[0]), _sign(x[1]))


@arc.primitive
def positive(x: int) -> bool:
    """Whether the number is above zero."""
    return x > 0


@arc.primitive
def toivec(i: Coordinate) -> Location:
    """The vector that points ``i`` rows down."""
    return (i, 0)


@arc.primitive
def tojvec(j: Coordinate) -> Location:
    """The vector that points ``j`` columns to the right."""
    return (0, j)


@arc.primitive
def astuple(a: A, b: B) -> tuple[A, B]:
    """The pair of any two values."""
    return (a, b)


def _interval_length(start: int, stop: int, step: int) -> int:
    return len(range(start, stop, step))


@arc.primitive(work=_interval_length)
def interval(start: int, stop: int, step: int) -> tuple[int, ...]:
    """The numbers from ``start`` on, ``step`` apart, that come before ``stop``."""
    return tuple(range(start, stop, step))
