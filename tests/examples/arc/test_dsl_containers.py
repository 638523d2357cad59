"""Laws of the containers and the functions of the ARC language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc.dsl.arithmetic import (
    add,
    astuple,
    double,
    even,
    increment,
    interval,
    positive,
    subtract,
)
from examples.arc.dsl.containers import (
    argmax,
    argmin,
    combine,
    dedupe,
    difference,
    extract,
    first,
    initset,
    insert,
    intersection,
    last,
    leastcommon,
    maximum,
    merge,
    mfilter,
    minimum,
    mostcommon,
    order,
    other,
    pair,
    product,
    remove,
    repeat,
    sfilter,
    size,
    sizefilter,
    totuple,
    valmax,
    valmin,
)
from examples.arc.dsl.functions import (
    apply,
    arity,
    chain,
    compose,
    fork,
    lbind,
    mapply,
    matcher,
    mpapply,
    papply,
    power,
    prapply,
    rapply,
    rbind,
)
from examples.arc.dsl.logic import (
    flip,
    identity,
)
from tests.examples.arc.strategies import (
    cells,
    grids,
    indices,
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


# Containers


@given(containers, containers)
def test_combining_keeps_the_kind_of_the_first(a: Any, b: Any) -> None:
    combined = combine(a, b)
    assert type(combined) is type(a)
    assert set(combined) == set(a) | set(b)
    if isinstance(a, tuple):
        assert combined == a + totuple(b)


@given(containers, containers)
def test_difference_and_intersection_divide_a_set(a: Any, b: Any) -> None:
    rest = difference(a, b)
    assert type(rest) is type(a)
    assert rest == type(a)(member for member in a if member not in b)
    assert combine(difference(frozenset(a), b), intersection(frozenset(a), frozenset(b))) == (
        frozenset(a)
    )


def test_the_intersection_of_numbers_is_bitwise() -> None:
    six: Any = 6
    three: Any = 3
    common: Any = intersection(six, three)
    assert common == 2
    with pytest.raises(TypeError):
        intersection(six, frozenset({3}))


@given(number_tuples)
def test_dedupe_keeps_first_occurrences(container: tuple[int, ...]) -> None:
    kept = dedupe(container)
    assert frozenset(kept) == frozenset(container)
    assert len(kept) == len(frozenset(kept))
    assert list(kept) == sorted(kept, key=container.index)
    empty: Any = frozenset()
    assert dedupe(empty) == ()
    with pytest.raises(TypeError):
        dedupe(empty | {1})


@given(containers)
def test_ordering_is_a_stable_sort(container: Any) -> None:
    ordered = order(container, square)
    assert sorted(ordered) == sorted(container)
    assert [n * n for n in ordered] == sorted(n * n for n in container)
    assert order(ordered, lambda _: 0) == ordered


@given(numbers, st.integers(-3, 6))
def test_repetition(item: int, num: int) -> None:
    assert repeat(item, num) == tuple(item for _ in range(num))
    assert size(repeat(item, num)) == max(num, 0)


@given(st.lists(containers, max_size=4).map(tuple) | st.frozensets(containers, max_size=4))
def test_merging_flattens_one_level_into_the_outer_kind(nested: Any) -> None:
    merged = merge(nested)
    assert type(merged) is type(nested)
    assert frozenset(merged) == frozenset(member for inner in nested for member in inner)
    if isinstance(nested, tuple):
        assert size(merged) == sum(map(len, nested))
    assert mfilter(nested, lambda inner: size(inner) > 0) == merged
    assert mfilter(nested, lambda _: False) == type(nested)()


@given(containers)
def test_extremes_of_numbers(container: Any) -> None:
    assert maximum(container) == max(container, default=0)
    assert minimum(container) == min(container, default=0)
    assert valmax(container, square) == max(map(square, container), default=0)
    assert valmin(container, square) == min(map(square, container), default=0)


@given(containers.filter(bool) | object_sets(min_size=1))
def test_arguments_of_extremes_are_the_first_of_those_tied(container: Any) -> None:
    key: Any = square if isinstance(first(container), int) else size
    for argument, value in ((argmax, valmax), (argmin, valmin)):
        is_best = matcher(key, value(container, key))
        assert argument(container, key) == extract(container, is_best)


def test_extremes_of_nothing_and_of_other_keys() -> None:
    assert valmax((), plus_one) == 1
    for argument in (argmax, argmin):
        with pytest.raises(ValueError, match="empty"):
            argument(frozenset(), size)
    patches = frozenset({frozenset({(0, 0)}), frozenset({(1, 1)}), frozenset({(0, 0), (3, 3)})})
    as_set: Any = identity
    assert argmax(patches, as_set) == frozenset({(0, 0), (3, 3)})
    assert argmax(patches, first) == frozenset({(1, 1)})
    incomparable: Any = add
    with pytest.raises(TypeError):
        argmax(frozenset({1, 2}), lambda _: incomparable)


@given(number_tuples.filter(bool))
def test_frequencies(container: tuple[int, ...]) -> None:
    counts = {value: container.count(value) for value in container}
    most = [value for value, count in counts.items() if count == max(counts.values())]
    least = [value for value, count in counts.items() if count == min(counts.values())]
    assert mostcommon(container) == min(most)
    assert leastcommon(container) == min(least)


@pytest.mark.parametrize("primitive", [mostcommon, leastcommon])
@pytest.mark.parametrize("bad", [(), frozenset(), frozenset({1})])
def test_frequencies_are_those_of_a_tuple_with_members(
    primitive: Callable[[Any], Any], bad: Any
) -> None:
    with pytest.raises((ValueError, TypeError)):
        primitive(bad)


@given(containers)
def test_filters_divide_a_container(container: Any) -> None:
    kept = sfilter(container, even)
    assert type(kept) is type(container)
    assert sorted(combine(kept, sfilter(container, compose(flip, even)))) == sorted(container)


@given(numbers, containers)
def test_inserting_and_removing(value: int, container: Any) -> None:
    members = frozenset(container)
    assert initset(value) == frozenset({value})
    assert insert(value, members) == members | {value}
    assert remove(value, container) == sfilter(container, lambda member: member != value)
    rest = remove(value, container)
    if rest:
        assert other(container, value) == first(rest)
    else:
        with pytest.raises((ValueError, IndexError)):
            other(container, value)


def test_what_is_no_set_takes_no_member() -> None:
    row: Any = (1, 2)
    with pytest.raises(TypeError):
        insert(3, row)


@given(containers, containers)
def test_products_and_pairs(a: Any, b: Any) -> None:
    assert product(a, b) == frozenset((x, y) for x in a for y in b)
    paired = pair(a, b)
    assert size(paired) == min(size(a), size(b))
    assert tuple(x for x, _ in paired) == totuple(a)[: size(paired)]
    assert prapply(add, a, b) == frozenset(x + y for x in a for y in b)
    assert papply(add, a, b) == apply(lambda xy: add(*xy), paired)
    assert mpapply(astuple, a, b) == merge(paired)


@given(object_sets(), st.integers(0, 4))
def test_sizefilter_gives_a_set(objects: Any, n: int) -> None:
    found = sizefilter(totuple(objects), n)
    assert found == frozenset(member for member in objects if len(member) == n)


def test_no_search_ends_an_iteration_around_it() -> None:
    search = rbind(extract, positive)
    with pytest.raises(LookupError):
        apply(search, ((1,), (-1,), (2,)))


@given(cells(), grids())
def test_first_and_last_take_apart_cells_and_grids(cell: Any, grid: Any) -> None:
    assert astuple(first(cell), last(cell)) == cell
    assert first(grid) == grid[0]
    assert last(grid) == grid[-1]


# Functions


@given(numbers)
def test_combinators(x: int) -> None:
    assert compose(square, plus_one)(x) == (x + 1) ** 2
    assert chain(square, plus_one, square)(x) == (x * x + 1) ** 2
    assert fork(subtract, double, increment)(x) == double(x) - increment(x)
    assert matcher(double, 4)(x) is (x == 2)
    assert rbind(subtract, 3)(x) == x - 3
    assert lbind(subtract, 3)(x) == 3 - x
    assert power(double, 3)(x) == 8 * x
    assert power(double, 1) is double


def test_arities() -> None:
    assert arity(add) == 2
    assert arity(interval) == 3
    assert arity(rbind(interval, 1)) == 2
    assert arity(lbind(rbind(interval, 1), 0)) == 1
    assert arity(power(double, 2)) == 1
    ternary: Any = interval
    assert arity(power(ternary, 1)) == 3
    function: Any = rbind(interval, 2)
    assert function(0, 6) == (0, 2, 4)
    with pytest.raises(TypeError):
        function(0)
    unary: Any = increment
    bound: Any = lbind(unary, 1)
    for arguments in ((1,), (1, 2), (1, 2, 3)):
        with pytest.raises(TypeError):
            bound(*arguments)


def test_what_is_built_is_equal_only_to_itself() -> None:
    built = compose(double, double)
    assert built == identity(built)
    assert built != compose(double, double)
    assert size(frozenset({built, compose(double, double)})) == 2


@pytest.mark.parametrize("bad", [None, 3, (1, 2), frozenset()])
def test_only_binding_looks_at_the_function_at_once(bad: Any) -> None:
    for bind in (lbind, rbind):
        with pytest.raises(TypeError):
            bind(bad, 1)
    for built in (compose(bad, bad), chain(bad, bad, bad), fork(bad, bad, bad), matcher(bad, 1)):
        with pytest.raises(TypeError):
            built(1)


@pytest.mark.parametrize("n", [0, -1, None, (1, 2), frozenset()])
def test_powers_are_positive(n: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        power(double, n)


@given(containers)
def test_laws_of_apply(container: Any) -> None:
    assert apply(identity, container) == container
    assert apply(compose(double, square), container) == apply(double, apply(square, container))
    assert type(apply(square, container)) is type(container)
    assert mapply(initset, container) == container
    functions: tuple[Callable[[int], int], ...] = (double, square)
    assert rapply(functions, size(container)) == apply(lambda f: f(size(container)), functions)


@pytest.mark.parametrize("bad", [None, 3, add])
def test_only_containers_have_members(bad: Any) -> None:
    even_size: Any = compose(even, size)
    for primitive in (
        rbind(sfilter, even_size),
        rbind(mfilter, even_size),
        rbind(order, even_size),
        lbind(apply, even_size),
        lbind(mapply, initset),
        merge,
        size,
        totuple,
    ):
        function: Any = primitive
        with pytest.raises(TypeError):
            function(bad)
