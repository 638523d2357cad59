"""Types from annotations, and what a value's type is."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NewType, Optional, TypeVar, overload

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language import Accepts
from exit_dsl.language.signatures import Slot, from_annotation, signatures_of, slot_from
from exit_dsl.language.terms import (
    ANY,
    Arrow,
    Named,
    Product,
    Type,
    Union,
    Variable,
    parts,
    show,
    substitute,
    union_of,
)
from exit_dsl.language.values import conforms, size_of, type_of_value

A = TypeVar("A")
Number = TypeVar("Number", int, str)
Bounded = TypeVar("Bounded", bound=int)
Anything = TypeVar("Anything", bound=Any)
Length = NewType("Length", int)
Params = typing.ParamSpec("Params")
INT, STR, NONE = Named(int), Named(str), Named(type(None))


class Person(typing.TypedDict):
    name: str


class Labelled(typing.NamedTuple, typing.Generic[A]):
    label: str
    value: A


class Entry(typing.TypedDict, typing.Generic[A]):
    value: A


@pytest.mark.parametrize(
    ("annotation", "term"),
    [
        (int, INT),
        (Any, ANY),
        (object, ANY),
        (None, NONE),
        (Length, Named(Length)),
        (A, Variable("A")),
        (Bounded, Variable("Bounded", INT)),
        (Anything, Variable("Anything")),
        (list[int], Named(list, (INT,))),
        (typing.List[int], Named(list, (INT,))),  # noqa: UP006 (users still write it)
        (tuple[int, ...], Named(tuple, (INT,))),
        (tuple[int, str], Product((INT, STR))),
        (tuple[()], Product(())),
        (tuple, Named(tuple)),
        (typing.Tuple, Named(tuple)),  # noqa: UP006
        (Person, Named(dict, (STR, ANY))),
        (list[Person], Named(list, (Named(dict, (STR, ANY)),))),
        (Entry[int], Named(dict, (STR, ANY))),
        (int | str, Union((INT, STR))),
        (Optional[int], Union((INT, NONE))),  # noqa: UP045 (the same)
        (int | Any, ANY),
        (Annotated[int, "cells"], INT),
        (Callable[[A], int], Arrow((Variable("A"),), INT)),
        (Callable[..., int], Arrow(None, INT)),
        (Callable, Arrow(None, ANY)),
        (typing.Callable, Arrow(None, ANY)),
        (Mapping[str, int], Named(Mapping, (STR, INT))),
    ],
)
def test_a_type_is_read_from_its_annotation(annotation: Any, term: Type) -> None:
    assert from_annotation(annotation) == term


@pytest.mark.parametrize(
    "annotation",
    [
        "int",
        3,
        ...,
        typing.Literal["a"],
        typing.Literal[None],
        typing.TypeGuard[int],
        typing.ClassVar[int],
        list[typing.Literal[None]],
    ],
)
def test_what_is_no_type_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match="is not a type that a language can use; use classes"):
        from_annotation(annotation)


def test_functions_say_what_they_take() -> None:
    for params in (Params, typing.Concatenate[int, Params]):
        with pytest.raises(TypeError, match=r"Params.* does not say what a function takes; list"):
            from_annotation(Callable[params, int])


def test_marks_say_what_else_is_accepted() -> None:
    assert slot_from(int) == Slot(INT)
    assert slot_from(Annotated[int, Accepts(str)]) == Slot(INT, STR)
    assert slot_from(Annotated[int, Accepts(str), Accepts(None)]) == Slot(INT, Union((STR, NONE)))
    union = Annotated[int, Accepts(str)] | None
    assert slot_from(union) == Slot(Union((INT, NONE)), STR)


def test_overloads_and_constrained_variables_give_several_signatures() -> None:
    @overload
    def either(a: int) -> str: ...
    @overload
    def either(a: str) -> int: ...
    def either(a: Any) -> Any:
        return a

    def twice(a: Number, b: list[Number]) -> Number:
        return a * 2

    arrows = [signature.arrow for signature in signatures_of(either)]
    assert arrows == [Arrow((INT,), STR), Arrow((STR,), INT)]
    arrows = [signature.arrow for signature in signatures_of(twice)]
    assert arrows == [Arrow((t, Named(list, (t,))), t) for t in (INT, STR)]


terms: st.SearchStrategy[Type] = st.recursive(
    st.sampled_from((INT, STR, NONE, ANY, Variable("A"), Variable("B"), Variable("C", INT))),
    lambda inner: st.one_of(
        st.builds(lambda arg: Named(list, (arg,)), inner),
        st.lists(inner, max_size=3).map(lambda items: Product(tuple(items))),
        st.lists(inner, min_size=1, max_size=3).map(union_of),
        st.builds(lambda param, result: Arrow((param,), result), inner, inner),
    ),
    max_leaves=6,
)


@given(terms)
def test_substitution_of_variables_by_themselves_changes_nothing(term: Type) -> None:
    assert substitute(term, lambda variable: variable) == term
    assert Variable("A") not in parts(substitute(term, lambda variable: INT))


@given(terms)
def test_a_term_knows_its_variables(term: Type) -> None:
    assert term.variables == {part for part in parts(term) if isinstance(part, Variable)}


@given(terms, terms)
def test_equal_terms_have_equal_hashes_wherever_they_come_from(term: Type, other: Type) -> None:
    again = pickle.loads(pickle.dumps(term))
    rebuilt = substitute(term, lambda variable: Variable(variable.name, variable.bound))
    assert term == again == rebuilt
    assert hash(term) == hash(again) == hash(rebuilt)
    assert (term == other) == (show(term) == show(other))


def test_hashes_are_not_carried_to_other_processes() -> None:
    term = Named(list, (Arrow((INT,), Variable("A")),))
    code = (
        "import pickle, sys; from exit_dsl.language.terms import Arrow, Named, Variable;"
        "sys.stdout.buffer.write(pickle.dumps("
        "Named(list, (Arrow((Named(int),), Variable('A')),))))"
    )
    command = [sys.executable, "-c", code]
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        sent = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
        received = pickle.loads(sent)
        assert received == term
        assert hash(received) == hash(term)


@given(terms)
def test_every_type_can_be_shown(term: Type) -> None:
    assert show(term)


def test_types_are_shown_as_they_are_written() -> None:
    shown = "(tuple[int, ...], tuple[int, str]) -> list[A] | NoneType"
    params = (Named(tuple, (INT,)), Product((INT, STR)))
    assert show(Arrow(params, Union((Named(list, (Variable("A"),)), NONE)))) == shown


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers(), inner, max_size=2)
        | st.frozensets(st.integers(), max_size=3)
    ),
    max_leaves=8,
)


def test_types_of_sets_do_not_depend_on_the_order_of_their_members() -> None:
    one, other = frozenset([0, 8.0]), frozenset([8.0, 0])
    assert list(one) != list(other)  # as of two processes
    assert type_of_value(one) == type_of_value(other)


def test_empty_containers_hold_variables_of_their_own() -> None:
    empty, other = Named(list, (Variable(0),)), Named(list, (Variable(1),))
    assert type_of_value([]) == type_of_value([[]]).args[0] == empty  # type: ignore[union-attr]
    assert type_of_value(([], [])) == Product((empty, other))
    assert type_of_value([[], []]) == Named(list, (empty,))
    assert type_of_value({}) == Named(dict, (Variable(0), Variable(1)))


@given(values)
def test_every_value_is_of_its_own_type(value: Any) -> None:
    assert conforms(value, type_of_value(value))


@pytest.mark.parametrize(
    ("value", "annotation", "answer"),
    [
        (True, int, True),
        (1, bool, False),
        (1, float, True),
        ((1, "a"), tuple[int, ...], False),
        ((1, "a"), tuple[int, str], True),
        ((1,), tuple[int, str], False),
        ([1, 2], list[Any], True),
        ({"a": 1}, dict[str, int], True),
        ({"a": "b"}, Mapping[str, int], False),
        (frozenset({1}), frozenset[str], False),
        (None, int | None, True),
        (len, Callable[[Any], int], True),
        (3, Length, True),
        ("3", Length, False),
        (3, Bounded, True),
        ("3", Bounded, False),
        ("3", A, True),
        (int, Callable[..., Any], True),
        (Labelled("a", 1), Labelled[int], True),
        (Labelled("a", 1), tuple[int, ...], False),
    ],
)
def test_conformance_goes_all_the_way_down(value: Any, annotation: Any, answer: bool) -> None:
    assert conforms(value, from_annotation(annotation)) is answer


def test_a_new_type_conforms_as_what_it_stands_for() -> None:
    ints = NewType("ints", list[int])
    assert conforms([1], from_annotation(ints))
    assert not conforms(["a"], from_annotation(ints))


@given(st.integers(-(2**200), 2**200))
def test_large_integers_have_a_size(number: int) -> None:
    assert size_of(number) == max(1, abs(number).bit_length() // 64)


def test_sizes_are_those_of_the_outer_level() -> None:
    assert size_of((1, (2, 3, 4))) == 2
    assert size_of("abc") == 3
    assert size_of(None) == size_of(0.5) == size_of(len) == 1
