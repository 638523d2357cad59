"""Functions of functions, as closures."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.containers import merge
from benchmarks.reference_dsl.values import members, require_container, same_kind


def compose(outer: Any, inner: Any) -> Any:
    return lambda x: outer(inner(x))


def chain(h: Any, g: Any, f: Any) -> Any:
    return lambda x: h(g(f(x)))


def matcher(function: Any, target: Any) -> Any:
    return lambda x: function(x) == target


def rbind(function: Any, fixed: Any) -> Any:
    arity = function.__code__.co_argcount
    if arity == 2:
        return lambda x: function(x, fixed)
    if arity == 3:
        return lambda x, y: function(x, y, fixed)
    return lambda x, y, z: function(x, y, z, fixed)


def lbind(function: Any, fixed: Any) -> Any:
    arity = function.__code__.co_argcount
    if arity == 2:
        return lambda x: function(fixed, x)
    if arity == 3:
        return lambda x, y: function(fixed, x, y)
    return lambda x, y, z: function(fixed, x, y, z)


def power(function: Any, n: Any) -> Any:
    if n < 1:
        raise ValueError("a power is 1 or more")
    return function if n == 1 else compose(function, power(function, n - 1))


def fork(outer: Any, a: Any, b: Any) -> Any:
    return lambda x: outer(a(x), b(x))


def apply(function: Any, container: Any) -> Any:
    return same_kind(container, [function(member) for member in container])


def rapply(functions: Any, value: Any) -> Any:
    return same_kind(functions, [function(value) for function in functions])


def mapply(function: Any, container: Any) -> Any:
    return merge(apply(function, container))


def papply(function: Any, a: Any, b: Any) -> Any:
    return tuple(function(x, y) for x, y in zip(members(a), members(b), strict=False))


def mpapply(function: Any, a: Any, b: Any) -> Any:
    return merge(papply(function, a, b))


def prapply(function: Any, a: Any, b: Any) -> Any:
    require_container(a)
    require_container(b)
    return frozenset(function(x, y) for x in a for y in b)
