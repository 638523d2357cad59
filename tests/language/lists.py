"""A small list language, declared as a user would declare one.

It is honest: whatever runs is either meant or accepted, so that the type check has no excuse.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Annotated, Any, TypeVar

from exit_dsl.language import Accepts, Language

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
Ints = tuple[int, ...]
Function = Annotated[Callable[[A], B], Accepts(Any)]
"""A function that may never be called; until it is, anything will do."""
Function2 = Annotated[Callable[[A, B], C], Accepts(Any)]


def make_language() -> Language:
    """Return a fresh copy of the language, to which more can be added."""
    language = Language("lists", input=Ints, output=Ints)
    functions: list[Callable[..., Any]] = [take, drop, map_, filter_, zip_with, compose, bind]
    functions += [sum_, head, reverse, pair, swap, positive, add]
    for function in functions:
        language.primitive(function)
    language.primitive(work=_length)(range_)
    language.primitive(work=_repetitions)(iterate)
    for name, value in (("ZERO", 0), ("ONE", 1), ("TWO", 2), ("NINE", 9)):
        language.constant(name, value)
    language.constant("NONE", (), type=Ints)
    return language


def take(n: int, xs: tuple[A, ...]) -> tuple[A, ...]:
    return xs[:n]


def drop(n: int, xs: tuple[A, ...]) -> tuple[A, ...]:
    return xs[n:]


def map_(function: Function[A, B], xs: tuple[A, ...]) -> tuple[B, ...]:
    return tuple([function(x) for x in xs])


def filter_(condition: Function[A, bool], xs: tuple[A, ...]) -> tuple[A, ...]:
    return tuple([x for x in xs if condition(x)])


def zip_with(function: Function2[A, B, C], xs: tuple[A, ...], ys: tuple[B, ...]) -> tuple[C, ...]:
    return tuple([function(x, y) for x, y in zip(xs, ys, strict=False)])


def compose(outer: Function[B, C], inner: Function[A, B]) -> Callable[[A], C]:
    return lambda value: outer(inner(value))


def bind(function: Function2[A, B, C], fixed: A) -> Callable[[B], C]:
    return lambda value: function(fixed, value)


def sum_(xs: tuple[int, ...]) -> int:
    return sum(xs)


def head(xs: tuple[A, ...]) -> A:
    return xs[0]


def reverse(xs: tuple[A, ...]) -> tuple[A, ...]:
    return xs[::-1]


def pair(a: A, b: B) -> tuple[A, B]:
    return (a, b)


def swap(both: tuple[A, B]) -> tuple[B, A]:
    return (both[1], both[0])


def positive(n: int) -> bool:
    return n > 0


def add(a: int, b: int) -> int:
    return index(a) + index(b)  # so that nothing but numbers is added


def range_(n: int) -> Ints:
    return tuple(range(n))


def iterate(function: Function[A, A], times: int, start: A) -> A:
    for _ in range(times):
        start = function(start)
    return start


def _length(n: int) -> int:
    return n


def _repetitions(function: Any, times: int, start: Any) -> int:
    return times


def extended(*functions: Callable[..., Any]) -> Language:
    """Return the language with further primitives."""
    language = make_language()
    for function in functions:
        language.primitive(function)
    return language


lists = make_language()
