"""What is large inside: how it is measured, and that it is refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language import Accepts, Primitive
from exit_dsl.language.metering import DEEP
from exit_dsl.language.nesting import NEVER, smallest_nested
from exit_dsl.language.signatures import signatures_of
from exit_dsl.language.values import CONTAINERS, DEEPEST, ENDLESS, likely_size, size_of, tree_size
from exit_dsl.types import Budget, Failure, FailureKind
from tests.language.strategies import run

A = TypeVar("A")
B = TypeVar("B")
JOINED = 16
scalars = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=2) | st.just(len) | st.floats()
)
nested = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.integers(), inner, max_size=3)
        | st.frozensets(st.tuples(scalars, st.integers(0, 9)), max_size=4)
    ),
    max_leaves=30,
)


def counted(value: Any) -> int:
    """The members over all levels, by definition."""
    if not isinstance(value, CONTAINERS):
        return 0
    members = [*value, *value.values()] if isinstance(value, dict) else [*value]
    return len(members) + sum(map(counted, members))


@given(nested, st.integers(0, 250))
def test_all_levels_are_counted(value: Any, copies: int) -> None:
    assert tree_size((value,), 10**9) == 1 + counted(value)
    many = (value, lambda: value) * copies  # Functions have no members, but refer to things.
    assert tree_size(many, 10**9) == counted(many)


@given(nested, st.integers(0, 100))
def test_counting_ends_at_the_limit(value: Any, limit: int) -> None:
    size = tree_size([value], limit)
    assert (size > limit) == (1 + counted(value) > limit)
    assert size == 1 + counted(value) or size > limit


@given(st.integers(0, 10**4), st.integers(0, 10))
def test_a_first_look_is_exact_where_all_members_are_alike(copies: int, length: int) -> None:
    value = ((0,) * length,) * copies
    assert likely_size(value) == counted(value)
    assert likely_size(frozenset(range(copies))) == copies


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_of_a_few_members_the_largest_counts(lengths: list[int]) -> None:
    value = tuple((0,) * length for length in lengths)
    assert likely_size(value) == len(lengths) * (1 + max(lengths))


def test_what_goes_deep_is_endless() -> None:
    value: tuple[Any, ...] = ()
    for _ in range(DEEPEST + 2):
        value = (value,)
    assert likely_size(value) >= ENDLESS


@given(st.integers(-(2**200), 2**200) | st.text())
def test_what_is_no_container_has_one_level(value: Any) -> None:
    assert tree_size(value, 10**9) == size_of(value)


@pytest.mark.parametrize("width", [1, 2, 300, 20_000])
def test_what_is_shared_is_not_visited_for_ever(width: int) -> None:
    value: tuple[Any, ...] = (1, 2)
    for _ in range(100_000 // width + 5):
        value = (value,) * width
    start = time.process_time()
    assert tree_size(value, 50_000) > 50_000
    assert time.process_time() - start < 2.0


def paired(a: A, b: B) -> tuple[A, B]:
    return (a, b)


def mapped(function: Callable[[A], B], xs: tuple[A, ...]) -> tuple[B, ...]:
    return tuple(map(function, xs))


def called(functions: tuple[Callable[[A], B], ...], value: A) -> tuple[B, ...]:
    return tuple([function(value) for function in functions])


def painted(color: Annotated[int, Accepts(Any)], size: int) -> tuple[int, ...]:
    return (color,) * size


def joined(a: tuple[A, ...], b: tuple[A, ...]) -> tuple[A, ...]:
    return a + b


def flat_mapped(function: Callable[[A], tuple[B, ...]], xs: tuple[A, ...]) -> tuple[B, ...]:
    return tuple([y for x in xs for y in function(x)])


def reversed_(xs: tuple[A, ...]) -> tuple[A, ...]:
    return xs[::-1]


def flattened(xs: tuple[tuple[A, ...], ...]) -> tuple[A, ...]:
    return tuple([x for inner in xs for x in inner])


def composed(f: Callable[[A], B], g: Callable[[int], A]) -> Callable[[int], B]:
    return lambda x: f(g(x))


def flagged(flag: Annotated[bool, Accepts(Any)], xs: tuple[int, ...]) -> tuple[int, ...]:
    return xs if flag else ()


def unknown(a: Any) -> Any:
    return a


@pytest.mark.parametrize(
    ("function", "smallest"),
    [
        *[(function, 1) for function in (paired, mapped, called, painted, unknown)],
        *[(function, JOINED) for function in (joined, flat_mapped)],
        *[(function, NEVER) for function in (reversed_, flattened, composed, flagged)],
    ],
)
def test_types_tell_what_nests(function: Callable[..., Any], smallest: int) -> None:
    primitive = Primitive(function.__name__, function, signatures_of(function))
    assert smallest_nested(primitive, JOINED) == smallest


PAIRS = "\n".join([f"x{n} = pair(x{n - 1}, x{n - 1})" for n in range(2, 61)])
BOMBS = {
    "lines": f"x1 = pair(I, I)\n{PAIRS}\nO = map_(positive, x60)",
    "calls": "x1 = bind(map_, reverse)\n" + PAIRS.replace("x2 = pair(x1, x1)", "x2 = pair(I, I)")
    + "\nO = head(x60)",
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_sharing_bombs_are_refused(bomb: str) -> None:
    budget = Budget(seconds=60.0)
    start = time.process_time()
    (outcome,) = run(BOMBS[bomb], [(1, 2)], budget=budget)
    assert time.process_time() - start < 5.0
    detail = f"pair: more than {DEEP * budget.max_size} elements over all levels"
    assert outcome == Failure(FailureKind.SIZE, detail)
