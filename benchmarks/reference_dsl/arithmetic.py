"""Numbers and vectors, logic and comparison."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


def _binary(operation: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return operation(a, b)
    if isinstance(a, int):
        return (operation(a, b[0]), operation(a, b[1]))
    if isinstance(b, int):
        return (operation(a[0], b), operation(a[1], b))
    return (operation(a[0], b[0]), operation(a[1], b[1]))


def _unary(operation: Callable[[Any], Any], n: Any) -> Any:
    return operation(n) if isinstance(n, int) else (operation(n[0]), operation(n[1]))


def add(a: Any, b: Any) -> Any:
    return _binary(operator.add, a, b)


def subtract(a: Any, b: Any) -> Any:
    return _binary(operator.sub, a, b)


def multiply(a: Any, b: Any) -> Any:
    return _binary(operator.mul, a, b)


def divide(a: Any, b: Any) -> Any:
    return _binary(operator.floordiv, a, b)


def invert(n: Any) -> Any:
    return _unary(lambda value: -value, n)


def even(n: Any) -> Any:
    return n % 2 == 0


def double(n: Any) -> Any:
    return _unary(lambda value: value * 2, n)


def halve(n: Any) -> Any:
    return _unary(lambda value: value // 2, n)


def increment(x: Any) -> Any:
    return _unary(lambda value: value + 1, x)


def decrement(x: Any) -> Any:
    return _unary(lambda value: value - 1, x)


def crement(x: Any) -> Any:
    return _unary(lambda value: value + _sign(value), x)


def sign(x: Any) -> Any:
    return _unary(_sign, x)


def _sign(value: Any) -> int:
    return 1 if value > 0 else -1 if value < 0 else 0


def positive(x: Any) -> Any:
    return x > 0


def toivec(i: Any) -> Any:
    return (i, 0)


def tojvec(j: Any) -> Any:
    return (0, j)


def astuple(a: Any, b: Any) -> Any:
    return (a, b)


def interval(start: Any, stop: Any, step: Any) -> Any:
    return tuple(range(start, stop, step))


def flip(b: Any) -> Any:
    return not b


def both(a: Any, b: Any) -> Any:
    return a and b


def either(a: Any, b: Any) -> Any:
    return a or b


def equality(a: Any, b: Any) -> Any:
    return a == b


def greater(a: Any, b: Any) -> Any:
    return a > b


def branch(condition: Any, a: Any, b: Any) -> Any:
    return a if condition else b


def contained(value: Any, container: Any) -> Any:
    return value in container


def identity(x: Any) -> Any:
    return x
