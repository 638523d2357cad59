"""The language: first-order and higher-order functions over lists of integers.

Source: the DSL of Balog et al. 2017, *DeepCoder: Learning to Write Programs* (appendix F), with
Python's integers (division rounds down) and four small numbers, as there are no inputs but one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import accumulate
from operator import add, gt, itemgetter, lt, methodcaller, mul, neg, sub
from typing import Any

from exit_dsl import Language

Ints = tuple[int, ...]
Function = Callable[[int], int]
Predicate = Callable[[int], bool]
Operator = Callable[[int, int], int]

lists = Language("lists", input=Ints, output=Ints | int)


for name, function, result in (
    ("head", itemgetter(0), int),
    ("last", itemgetter(-1), int),
    ("minimum", min, int),
    ("maximum", max, int),
    ("sum", sum, int),
    ("reverse", itemgetter(slice(None, None, -1)), Ints),
):
    lists.primitive(function, name=name, type=Callable[[Ints], result])


@lists.primitive
def access(n: int, xs: Ints) -> int:
    """Return the element with ``n`` before it; there has to be one."""
    return xs[n if n >= 0 else len(xs)]


@lists.primitive
def count(condition: Predicate, xs: Ints) -> int:
    """Return how many meet the condition."""
    return len([x for x in xs if condition(x)])


@lists.primitive
def take(n: int, xs: Ints) -> Ints:
    """Return the first ``n``."""
    return xs[: max(n, 0)]


@lists.primitive
def drop(n: int, xs: Ints) -> Ints:
    """Return all but the first ``n``."""
    return xs[max(n, 0) :]


@lists.primitive
def sort(xs: Ints) -> Ints:
    """Return them from the smallest to the largest."""
    return tuple(sorted(xs))


@lists.primitive
def map(function: Function, xs: Ints) -> Ints:
    """Apply a function to each."""
    return tuple([function(x) for x in xs])


@lists.primitive
def filter(condition: Predicate, xs: Ints) -> Ints:
    """Return those that meet the condition."""
    return tuple([x for x in xs if condition(x)])


@lists.primitive
def zipwith(operator: Operator, xs: Ints, ys: Ints) -> Ints:
    """Combine two lists element by element, as far as the shorter goes."""
    return tuple([operator(x, y) for x, y in zip(xs, ys, strict=False)])


@lists.primitive
def scanl1(operator: Operator, xs: Ints) -> Ints:
    """Combine each with the result for the one before."""
    return tuple(accumulate(xs, operator))


def even(x: int) -> bool:
    """Whether it is even."""
    return x % 2 == 0


def odd(x: int) -> bool:
    """Whether it is odd."""
    return x % 2 == 1


# Neither lambdas nor inner functions, which could not be sent to other processes.
CONSTANTS: dict[str, tuple[Any, Any]] = {
    **{name: (int, n) for n, name in enumerate(("ONE", "TWO", "THREE", "FOUR"), 1)},
    **{f"TIMES{n}": (Function, partial(mul, n)) for n in (2, 3, 4)},
    **{f"OVER{n}": (Function, methodcaller("__floordiv__", n)) for n in (2, 3, 4)},
    "PLUS1": (Function, partial(add, 1)),
    "MINUS1": (Function, partial(add, -1)),
    "NEGATED": (Function, neg),
    "SQUARED": (Function, partial(pow, exp=2)),
    "POSITIVE": (Predicate, partial(lt, 0)),
    "NEGATIVE": (Predicate, partial(gt, 0)),
    "EVEN": (Predicate, even),
    "ODD": (Predicate, odd),
    **{f.__name__.upper(): (Operator, f) for f in (add, sub, mul, min, max)},
}
for name, (kind, value) in CONSTANTS.items():
    lists.constant(name, value, type=kind)
