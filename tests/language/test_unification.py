from __future__ import annotations

import time
from collections import namedtuple
from collections.abc import Callable, Hashable, Sequence, Sized
from dataclasses import dataclass
from enum import Enum, IntEnum
from numbers import Number
from typing import Any, Generic, NamedTuple, NewType, Protocol, SupportsIndex, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language.signatures import from_annotation
from exit_dsl.language.terms import Arrow, Named, Type, Variable
from exit_dsl.language.unification import (
    MAX_SOLUTIONS,
    Search,
    may_be,
    outer,
    renamed,
    resolve,
    solutions,
)
from exit_dsl.language.values import conforms, type_of_value
from tests.language.test_terms import terms, values

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
Whole = TypeVar("Whole", bound=int)
Real = TypeVar("Real", bound=float)
Long = TypeVar("Long", bound=Sized)
Length = NewType("Length", int)
Longer = NewType("Longer", Length)
Flag = NewType("Flag", bool)
Sizes = NewType("Sizes", tuple[int, ...])
Doubling = NewType("Doubling", Callable[[int], int])  # type: ignore[valid-newtype]
ListOf = list[A]
Twins = tuple[A, A]
Pair = tuple[A, B]
FromInt = Callable[[int], A]
FromTwo = Callable[[int, int], A]
FromEither = Callable[[int | str], A]
Identity = Callable[[A], A]
OtherIdentity = Callable[[B], B]
WholeTwins = tuple[Whole, Whole]
WholeIdentity = Callable[[Whole], Whole]
ListOfWhole = list[Whole]
ListOfLong = list[Long]
Mapped = tuple[list[A], Callable[[A], B]]
MappedIdentity = tuple[list[int], Callable[[C], C]]


class Point(NamedTuple):
    x: int
    y: int


class Corner(Point):
    """A class of its own, with the members of a point."""


class Labelled(NamedTuple, Generic[A]):
    label: str
    value: A


class Unresolved(NamedTuple):
    x: Missing  # type: ignore[name-defined]  # noqa: F821
    y: int


class HasLength(Protocol):
    def __len__(self) -> int: ...


class HasX(Protocol):
    x: int


@dataclass(frozen=True)
class Placed:
    x: int


@dataclass(frozen=True)
class Farther(Placed):
    y: int


class Color(Enum):
    RED = 1


class Digit(IntEnum):
    ONE = 1


Plain = namedtuple("Plain", ("x", "y"))


def bindings(wanted: Any, given: Any) -> list[dict[object, Type]]:
    """The distinct ways to fit two annotations, whose variables are kept apart by case."""
    apart = renamed(from_annotation(given), lambda name: str(name).lower())
    found = list(Search().fits(from_annotation(wanted), apart, {}))
    return [dict(each) for each in dict.fromkeys(tuple(each.items()) for each in found)]


@pytest.mark.parametrize(
    ("wanted", "given", "fit"),
    [
        (int, int, True),
        (int, str, False),
        (int, Any, True),
        (Any, int, True),
        (float, int, True),
        (int, float, False),
        (int, bool, False),  # it would run, but is not what is meant
        (bool, int, False),
        (int | str, str, True),
        (str, int | str, True),
        (list[int], list[str], False),
        (Sequence[int], list[int], True),
        (list[int], Sequence[int], False),
        (tuple[int, ...], tuple[int, int], True),
        (tuple[int, ...], tuple[int, str], False),
        (tuple[int, int], tuple[int, ...], False),
        (tuple[int, int], tuple[int, int, int], False),
        (Length, int, False),
        (Length, Length, True),
        (int, Length, True),  # what a NewType names is of its supertype, and not the other way
        (float, Length, True),
        (str, Length, False),
        (int | str, Length, True),
        (Length, Longer, True),
        (int, Longer, True),
        (Longer, Length, False),
        (int, Flag, False),  # as for bool itself
        (tuple[int, ...], tuple[Length, ...], True),
        (tuple[int, ...], Sizes, True),
        (Callable[[int], int], Doubling, True),
        (Callable[[int], str], Doubling, False),
        (FromInt, Callable[[Length], str], False),
        (Callable[[Length], str], Callable[[int], str], True),
        (ListOf, list[int], True),
        (Twins, tuple[int, str], False),
        (Twins, tuple[int, int], True),
        (Pair, tuple[int, str], True),
        (FromInt, Callable[[int], str], True),
        (FromInt, Callable[[str], str], False),
        (FromInt, Callable[[int | str], str], True),
        (FromEither, Callable[[Any], str], True),
        (FromTwo, Callable[[int], str], False),
        (Callable[[int], int], Callable[..., int], True),
        (Callable[[int], int], Callable[..., str], False),
        (Identity, OtherIdentity, True),
        (Identity, int, False),
        (int, Identity, False),
        (A, ListOf, True),  # two variables that only share a name
        (Whole, int, True),
        (Whole, Length, True),
        (Whole, str, False),
        (Whole, Any, True),
        (WholeTwins, tuple[int, int], True),
        (WholeTwins, tuple[int, str], False),
        (WholeTwins, tuple[str, str], False),
        (ListOfWhole, ListOf, True),
        (ListOf, ListOfWhole, True),
        (ListOfLong, list[list[int]], True),
        (ListOfLong, list[int], False),
        (Whole, Real, True),  # both are whole numbers then
        (Real, Whole, True),
        (Whole, Long, False),
        (Callable[[int], int], WholeIdentity, True),
        (Callable[[str], str], WholeIdentity, False),
        (WholeIdentity, Callable[[int], int], True),
        (HasLength, list[int], True),
        (HasLength, tuple[int, int], True),
        (HasLength, int, False),
        (HasLength, Color, False),  # the class has a length, and its members have none
        (HasX, Placed, True),
        (HasX, Farther, True),
        (HasX, Point, True),
        (HasX, Color, False),
        (Hashable, bool, True),
        (SupportsIndex, bool, True),
        (bool | None, bool, True),
        (float, bool, False),
        (complex, bool, False),
        (Number, bool, False),
        (Number, int, True),
        (complex, int, True),
        (complex, float, True),
        (float, complex, False),
        (float, Digit, True),
        (int, Digit, True),
        (Point, Point, True),
        (Point, Corner, True),
        (Point, tuple[int, int], False),
        (tuple[int, int], Point, True),  # a named tuple is a tuple, and not the other way
        (tuple[int, int], Corner, True),
        (tuple[int, str], Point, False),
        (tuple[int, int, int], Point, False),
        (tuple[int, ...], Point, True),
        (tuple[str, ...], Point, False),
        (Sequence[int], Point, True),
        (Sequence[str], Point, False),
        (Sequence, Point, True),
        (Labelled[int], Labelled[int], True),
        (Labelled[int], Labelled[str], False),
        (tuple[str, int], Labelled[int], True),
        (tuple[str, int], Labelled[str], False),
        (tuple[str, int], Labelled, True),
        (tuple[int, int], Unresolved, True),
        (tuple[int, int], Plain, True),
        (tuple[int], Plain, False),
    ],
)
def test_what_is_meant_fits(wanted: Any, given: Any, fit: bool) -> None:
    assert bool(bindings(wanted, given)) is fit


@pytest.mark.parametrize(
    ("value", "annotation", "fit"),
    [
        (Point(1, 2), Point, True),
        (Point(1, 2), tuple[int, int], True),
        ((1, 2), Point, False),
        ({}, dict[str, int], True),
        ([], tuple[list[int], ...], False),
        (([], []), tuple[list[int], list[str]], True),
        (([], []), Twins, True),
        (({}, {}), tuple[dict[str, int], dict[int, str]], True),
        ([[], []], list[list[int]], True),
        ([[], [1]], list[list[int]], True),
        ([{}, {"a": 1}], list[dict[str, int]], True),
    ],
)
def test_constants_are_meant_where_their_types_are(value: Any, annotation: Any, fit: bool) -> None:
    pairs = [(from_annotation(annotation), type_of_value(value))]
    assert any(True for _ in solutions(pairs)) is fit


def test_variables_take_the_types_of_arguments() -> None:
    (bound,) = bindings(Mapped, MappedIdentity)
    assert resolve(Variable("A"), bound) == Named(int)
    assert resolve(Variable("B"), bound) == Named(int)


def test_a_variable_is_never_part_of_its_own_value() -> None:
    assert not list(Search().fits(Variable("A"), Named(list, (Variable("A"),)), {}))


def test_each_member_of_a_union_is_a_way_to_fit() -> None:
    found = bindings(ListOf, list[int] | list[str] | str)
    assert [bound["A"] for bound in found] == [Named(int), Named(str)]


def test_a_variable_stands_for_those_members_of_a_union_that_are_within_its_bound() -> None:
    (bound,) = bindings(Long, list[int] | int | tuple[str, ...])
    assert bound["Long"] == from_annotation(list[int] | tuple[str, ...])


@pytest.mark.parametrize(
    ("wanted", "given"), [(Whole, Real), (Real, Whole), (A, Whole), (Whole, A)]
)
def test_of_two_bounds_the_narrower_one_stays(wanted: Any, given: Any) -> None:
    """Whatever the other variable could be alone, a text is no longer meant."""
    first, second = from_annotation(wanted), renamed(from_annotation(given), lambda _: "other")
    assert any(True for _ in solutions([(first, second), (second, Named(int))]))
    assert not any(True for _ in solutions([(first, second), (second, Named(str))]))


def test_what_a_bound_says_of_the_variables_inside_is_kept() -> None:
    """A list of anything, if it is to be one of integers, is no list of texts elsewhere."""
    ints = Variable("T", from_annotation(list[int]))
    anything = Named(list, (Variable("a"),))
    pairs = [(ints, anything), (Variable("a"), Named(str))]
    assert any(True for _ in solutions(pairs[:1]))
    assert not any(True for _ in solutions(pairs))


def test_the_number_of_solutions_is_bounded() -> None:
    many = from_annotation(list[int] | list[str] | list[bytes] | list[bool])
    pairs = [(Named(list, (Variable(name),)), many) for name in "ABCDEF"]
    assert len(list(solutions(pairs))) == MAX_SOLUTIONS


def test_a_search_ends_where_unions_leave_too_many_ways() -> None:
    several, also = from_annotation(int | str | None), from_annotation(int | None)
    search = Search()
    start = time.process_time()
    pairs = [*[(several, also)] * 22, (Named(bool), Named(str))]
    assert not list(solutions(pairs, search))
    assert time.process_time() - start < 5.0
    assert search.is_cut
    assert len(list(solutions(pairs[:1], search := Search()))) == 2
    assert not search.is_cut


def test_tuples_of_thousands_of_members_fit() -> None:
    many = type_of_value(tuple(range(5000)))
    assert len(list(solutions([(from_annotation(tuple[int, ...]), many)]))) == 1
    assert len(list(solutions([(Variable("A"), many), (Variable("A"), many)]))) == 1


def test_fitting_does_not_change_what_was_bound() -> None:
    bound: dict[object, Type] = {"B": Named(int)}
    list(Search().fits(Variable("A"), Named(str), bound))
    assert bound == {"B": Named(int)}


@given(terms)
def test_every_type_fits_itself(term: Type) -> None:
    assert any(True for _ in solutions([(term, term)]))
    assert may_be(term, term)


@given(terms, terms)
def test_what_fits_may_be(wanted: Type, given: Type) -> None:
    if any(True for _ in solutions([(wanted, renamed(given, lambda name: (name, 1)))])):
        assert may_be(wanted, given)


@given(values, terms)
def test_a_value_of_a_type_may_be_of_that_type(value: object, term: Type) -> None:
    if conforms(value, term):
        assert may_be(term, type_of_value(value))
        assert may_be(outer(term), type_of_value(value))


@given(st.lists(terms, min_size=1, max_size=3))
def test_only_the_outer_kind_counts_for_what_may_be(items: list[Type]) -> None:
    assert may_be(Named(list, (items[0],)), Named(list, (items[-1],)))
    assert not may_be(Named(list, (items[0],)), Named(set, (items[-1],)))
    assert may_be(Arrow((items[0],), items[-1]), Arrow(None, items[0]))
