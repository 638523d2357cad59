"""Laws of the canonical order, the arithmetic and the logic of the ARC language."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc.dsl import arc
from examples.arc.dsl.arithmetic import (
    add,
    astuple,
    crement,
    decrement,
    divide,
    double,
    even,
    halve,
    increment,
    interval,
    invert,
    multiply,
    positive,
    sign,
    subtract,
    toivec,
    tojvec,
)
from examples.arc.dsl.containers import (
    first,
    last,
)
from examples.arc.dsl.functions import (
    compose,
    lbind,
    rbind,
)
from examples.arc.dsl.logic import (
    both,
    branch,
    contained,
    either,
    equality,
    flip,
    greater,
    identity,
)
from examples.arc.dsl.order import ascending, largest, smallest, sort_key
from tests.examples.arc.strategies import (
    indices,
    locations,
    object_sets,
    objects_,
    values,
)

numbers = st.integers(-20, 20)
number_tuples = st.lists(numbers, max_size=8).map(tuple)
number_sets = st.frozensets(numbers, max_size=8)
containers = number_tuples | number_sets
sets = number_sets | indices() | objects_() | object_sets() | st.frozensets(values(), max_size=6)


def square(n: int) -> int:
    return n * n


def plus_one(n: int) -> int:
    return n + 1


# The canonical order


@given(sets, st.randoms(use_true_random=False))
def test_the_order_of_a_set_does_not_depend_on_how_it_was_built(
    members: frozenset[Any], rng: random.Random
) -> None:
    shuffled = list(members)
    rng.shuffle(shuffled)
    assert ascending(frozenset(shuffled)) == ascending(members)
    assert frozenset(ascending(members)) == members
    assert len(ascending(members)) == len(members)


@given(st.lists(values(), min_size=3, max_size=3))
def test_the_order_is_total(triple: list[Any]) -> None:
    a, b, c = map(sort_key, triple)
    assert not (a < b and b < c) or a < c
    for x in triple:
        for y in triple:
            relations = (sort_key(x) < sort_key(y), x == y, sort_key(y) < sort_key(x))
            assert sorted(relations) == [False, False, True]


@given(sets)
def test_fast_paths_agree_with_the_key(members: frozenset[Any]) -> None:
    assert list(ascending(members)) == sorted(members, key=sort_key)


@given(sets.filter(bool))
def test_smallest_and_largest_are_the_ends_of_the_order(members: frozenset[Any]) -> None:
    assert smallest(members) == ascending(members)[0] == first(members)
    assert largest(members) == ascending(members)[-1] == last(members)


def test_kinds_ascend_from_none_to_callables() -> None:
    tuples = [(), (1, 2, 3), (1, 2), (9, (0, 0))]
    kinds: list[Any] = [None, 0, 1, 7, *tuples, frozenset(), add]
    assert ascending(frozenset(kinds)) == kinds


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({(2, 0), (0, 5), (0, 1)}, [(0, 1), (0, 5), (2, 0)]),
        ({3, -1, 10}, [-1, 3, 10]),
        ({(2, (0, 1)), (7, (0, 0))}, [(7, (0, 0)), (2, (0, 1))]),
        (
            {frozenset({(0, 4)}), frozenset({(5, 0), (5, 1)})},
            [frozenset({(5, 0), (5, 1)}), frozenset({(0, 4)})],
        ),
        (
            {frozenset({(0, 0), (0, 1)}), frozenset({(0, 0)})},
            [frozenset({(0, 0)}), frozenset({(0, 0), (0, 1)})],
        ),
        ({(1, 2, 3), (1, 2, 3, 0), (1, 2, 2, 9)}, [(1, 2, 2, 9), (1, 2, 3), (1, 2, 3, 0)]),
    ],
)
def test_the_order_of_known_sets(members: set[Any], expected: list[Any]) -> None:
    assert ascending(frozenset(members)) == expected


def test_callables_are_ordered_by_name_and_parts() -> None:
    built: list[Any] = [compose(flip, even), compose(flip, positive), rbind(add, 1), rbind(add, 2)]
    expected: list[Any] = [add, *built, subtract]
    assert ascending(frozenset(expected)) == expected


@pytest.mark.parametrize("end", [smallest, largest, first, last])
@pytest.mark.parametrize("empty", [(), frozenset(), 3, None])
def test_what_has_no_members_has_no_ends(end: Callable[[Any], Any], empty: Any) -> None:
    with pytest.raises((ValueError, IndexError, TypeError)):
        end(empty)


# Arithmetic


@given(locations(), locations(), numbers)
def test_vectors_are_treated_by_component(a: tuple[int, int], b: tuple[int, int], n: int) -> None:
    operations = [(add, operator.add), (subtract, operator.sub), (multiply, operator.mul)]
    for primitive, operation in operations:
        function: Any = primitive
        assert function(a, b) == (operation(a[0], b[0]), operation(a[1], b[1]))
        assert function(n, b) == function((n, n), b)
        assert function(a, n) == function(a, (n, n))
        assert function(a[0], n) == operation(a[0], n)


@given(numbers | locations())
def test_unary_arithmetic(x: Any) -> None:
    assert increment(decrement(x)) == x
    assert invert(invert(x)) == x
    assert double(x) == add(x, x)
    assert halve(double(x)) == x
    assert subtract(x, multiply(halve(x), 2)) in (0, 1, (0, 0), (0, 1), (1, 0), (1, 1))
    assert crement(x) == add(x, sign(x))
    assert multiply(sign(x), sign(x)) == sign(multiply(x, x))


@given(numbers)
def test_predicates_on_numbers(n: int) -> None:
    assert even(double(n))
    assert not even(increment(double(n)))
    assert positive(n) == (sign(n) == 1)
    assert add(toivec(n), tojvec(n)) == astuple(n, n)


def test_quotients_are_rounded_down() -> None:
    assert divide(-7, 2) == -4
    assert divide((7, -7), (2, 2)) == (3, -4)
    with pytest.raises(ZeroDivisionError):
        divide((1, 1), (1, 0))


def test_accidents_of_arithmetic() -> None:
    pairs: Any = ((1, 2), (3, 4))
    assert add(pairs, pairs) == ((1, 2, 1, 2), (3, 4, 3, 4))
    assert multiply(pairs, 2) == ((1, 2, 1, 2), (3, 4, 3, 4))
    third: Any = (1, 2, 3)
    assert increment(third) == (2, 3)
    assert invert(True) == -1
    assert crement(True) == 2


@pytest.mark.parametrize("bad", [None, frozenset({1}), add, (1,)])
def test_what_is_neither_number_nor_vector_has_no_arithmetic(bad: Any) -> None:
    for primitive in (increment, rbind(add, 1), lbind(multiply, 2)):
        function: Any = primitive
        with pytest.raises((TypeError, IndexError)):
            function(bad)


@given(numbers, numbers, st.integers(-5, 5).filter(bool))
def test_an_interval_goes_from_start_in_steps_and_stops_before_stop(
    start: int, stop: int, step: int
) -> None:
    found = interval(start, stop, step)
    assert found == tuple(start + k * step for k in range(len(found)))
    assert all((stop - n) * step > 0 for n in found)
    assert (stop - (start + len(found) * step)) * step <= 0


# Logic


@given(values(), values())
def test_conditions_are_read_by_truthiness(a: Any, b: Any) -> None:
    assert flip(a) is (not a)
    assert both(a, b) is (b if a else a)
    assert either(a, b) is (a if a else b)
    assert branch(a, 1, b) is (1 if a else b)
    assert identity(a) is a
    assert equality(a, a) is True
    assert equality(a, b) is (a == b)


def test_comparison() -> None:
    assert greater(2, 1)
    assert not greater(2, 2)
    longer: Any = (1, 2, 3)
    prefix: Any = (1, 2)
    assert greater(longer, prefix)
    some: Any = frozenset({1})
    more: Any = frozenset({1, 2})
    assert greater(more, some)
    assert not greater(some, more)
    with pytest.raises(TypeError):
        greater(more, 1)


@given(numbers, containers)
def test_membership(value: int, container: Any) -> None:
    assert contained(value, container) == any(member == value for member in container)


def test_there_are_28_constants() -> None:
    assert len(arc.constants) == 28
    assert arc.constants["UP_RIGHT"] == add(arc.constants["UP"], arc.constants["RIGHT"])
    assert arc.constants["T"] is True
