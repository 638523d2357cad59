"""What can go wrong in a declaration is said in one clear sentence."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import gcd
from typing import Any, TypeVar, get_args, overload

import pytest

from exit_dsl.language import Language, LanguageInterpreter, Vocabulary
from exit_dsl.types import Example, Failure, FailureKind, Program, Success, Task
from tests.language.lists import lists, make_language
from tests.language.strategies import run

A = TypeVar("A")
Reversal = Callable[[tuple[A, ...]], tuple[A, ...]]


def no_hints(a, b):  # type: ignore[no-untyped-def]
    return a


def half_the_hints(a: int, b):  # type: ignore[no-untyped-def]
    return a


def no_result(a: int):  # type: ignore[no-untyped-def]
    return a


def unresolved(a: Missing) -> int:  # type: ignore[name-defined]  # noqa: F821
    return 0


def unresolved_attribute(a: pytest.Missing) -> int:  # type: ignore[name-defined]
    return 0


def no_type(a: 3) -> int:  # type: ignore[valid-type]
    return 0


def several(*values: int) -> int:
    return 0


def by_name(*, value: int) -> int:
    return value


def nothing() -> int:
    return 0


@dataclass
class Adder:
    """What can be called, but not hashed."""

    amount: int

    def __call__(self, xs: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(x + self.amount for x in xs)


@overload
def one_or_two(a: int) -> int: ...
@overload
def one_or_two(a: int, b: int) -> int: ...
def one_or_two(a: int, b: int = 0) -> int:
    return a + b


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_hints, "primitive 'no_hints': it has no type hint for a, b, return; annotate every"),
        (half_the_hints, "primitive 'half_the_hints': it has no type hint for b, return"),
        (no_result, "primitive 'no_result': it has no type hint for return"),
        (
            unresolved,
            "primitive 'unresolved': it has type hints that cannot be resolved: .*'Missing'",
        ),
        (
            unresolved_attribute,
            "'unresolved_attribute': it has type hints that cannot be .*'Missing'",
        ),
        (no_type, "primitive 'no_type'.*type"),
        (several, "primitive 'several': it must take one or more positional arguments and nothing"),
        (by_name, "primitive 'by_name': it must take one or more positional arguments"),
        (nothing, "primitive 'nothing': it must take one or more positional arguments"),
        (one_or_two, "'one_or_two': it has overloads of 1 and 2 arguments; declare one primitive"),
        (
            gcd,
            r"'gcd': it has no type hints, .* give its type, as in type=Callable\[\[int, int\]",
        ),
        (max, "primitive 'max': it has no type hints, .*, or wrap it in a function that has them"),
        (Adder(1), r"'Adder\(amount=1\)': it has no type hints, as it is no function written in P"),
        (lambda x: x, "primitive '<lambda>': it has no type hint for x, return"),
        (
            Language,
            "primitive 'Language': it has no type hints, as it is no function written in Python",
        ),
    ],
)
def test_a_function_that_cannot_be_a_primitive_is_refused(
    function: Callable[..., Any], message: str
) -> None:
    language = make_language()
    with pytest.raises(TypeError, match=message) as error:
        language.primitive(function)
    assert "\n" not in str(error.value)
    assert list(language.primitives) == list(lists.primitives)


@pytest.mark.parametrize("work", [lambda: 1, lambda xs, ys: 1])
def test_a_work_function_takes_the_arguments_of_its_primitive(work: Callable[..., int]) -> None:
    with pytest.raises(TypeError, match=r"'identity': its work function must take the 1 pos"):
        make_language().primitive(work=work)(identity)


def identity(xs: tuple[int, ...]) -> tuple[int, ...]:
    return xs


def test_primitives_may_have_other_names_than_their_functions() -> None:
    language = make_language()

    @language.primitive(name="same")
    def unlikely_name(xs: tuple[int, ...]) -> tuple[int, ...]:
        return xs

    assert language.primitive(identity, name="itself") is identity
    language.primitive(identity, name="unchanged")
    language.compact(identity)(lambda xs: xs)
    assert language.primitives["itself"].compact is language.primitives["unchanged"].compact
    assert {"identity", "unlikely_name"}.isdisjoint(language.primitives)
    for name in ("same", "itself", "unchanged"):
        assert run(f"O = {name}(I)", [(1, 2)], language) == [Success((1, 2))]
    for name, message in (("same", "two declarations"), ("1st", "not a name"), ("I", "is kept")):
        with pytest.raises(ValueError, match=message):
            make_and_declare(name, "same")


def make_and_declare(*names: str) -> None:
    language = make_language()
    for name in (*names, *names):
        language.primitive(identity, name=name)


@pytest.mark.parametrize(
    ("function", "type", "program"),
    [
        (len, Callable[[tuple[int, ...]], int], "x1 = given(I)\nO = take(x1, I)"),
        (lambda xs: xs[::-1], Reversal, "O = given(I)"),
        (partial(map, abs), Callable[[tuple[int, ...]], Any], "x1 = given(I)\nO = as_tuple(x1)"),
        (max, Callable[[int, int], int], "x1 = given(ONE, TWO)\nO = take(x1, I)"),
        (Adder(1), Reversal, "O = given(I)"),
    ],
)
def test_functions_without_hints_may_be_given_a_type(
    function: Callable[..., Any], type: Any, program: str
) -> None:
    language = make_language()
    language.primitive(tuple, name="as_tuple", type=Callable[[Any], tuple[int, ...]])
    language.primitive(function, name="given", type=type)
    assert language.check(Program(program)) is None
    (outcome,) = run(program, [(3, 2, 1)], language)
    assert isinstance(outcome, Success)
    failure = language.check(Program("O = given(reverse)"))
    assert failure is not None or Any in get_args(type)


@pytest.mark.parametrize(
    ("function", "type", "message"),
    [
        (
            len,
            int,
            "'given': it has the type <class 'int'>; give one with all arguments, as in Call",
        ),
        (len, Callable, "give one with all arguments"),
        (len, Callable[..., int], "give one with all arguments"),
        (len, Callable[[], int], "give one with all arguments"),
        (len, Callable[[3], int], "'given': 3 is not a type"),
        (len, Callable[[int, int], int], r"'given': it must take the 2 positional argument\(s\)"),
    ],
)
def test_a_type_has_to_be_that_of_the_function(
    function: Callable[..., Any], type: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=f"primitive {message}" if "'" in message[:1] else message):
        make_language().primitive(function, name="given", type=type)


def test_tasks_of_other_types_are_refused() -> None:
    fine = Task("fine", (Example((1, 2), ()),))
    lists.check_tasks([fine])
    for example, message in (
        (
            Example([1, 2], (2, 1)),
            r"the input of example 1 of task 'bad' is not of the type tuple\[i",
        ),
        (
            Example((1, 2), [2, 1]),
            r"the output of example 1 of task 'bad' is not a valid output of",
        ),
        (Example(("a",), (2, 1)), r"that lists takes: \('a',\)"),
    ):
        with pytest.raises(TypeError, match=message):
            lists.check_tasks([fine, Task("bad", (*fine.examples, example))])


@pytest.mark.parametrize("name", ["I", "O", "x1", "x99"])
def test_names_of_variables_cannot_be_declared(name: str) -> None:
    language = make_language()
    with pytest.raises(ValueError, match=f"lists: '{name}' is kept for program variables; rename"):
        language.constant(name, 1)


@pytest.mark.parametrize("name", ["", "two words", "1st", "é", "<lambda>"])
def test_names_are_plain_identifiers(name: str) -> None:
    with pytest.raises(ValueError, match="is not a name; use letters, digits and _"):
        make_language().constant(name, 1)


def test_two_declarations_of_one_name_clash() -> None:
    language = make_language()
    language.primitive(identity)
    message = "lists: there are two declarations of '{}'; rename one"
    with pytest.raises(ValueError, match=message.format("identity")):
        language.primitive(identity)
    with pytest.raises(ValueError, match=message.format("identity")):
        language.constant("identity", 1)
    with pytest.raises(ValueError, match=message.format("ONE")):
        language.constant("ONE", 1)


@pytest.mark.parametrize(
    "use",
    [
        lambda language: language.check(Program("O = reverse(I)")),
        lambda language: language.normalize(Program("")),
        Vocabulary,
        LanguageInterpreter,
    ],
)
def test_a_language_in_use_takes_no_more_declarations(use: Callable[[Language], object]) -> None:
    language = make_language()
    use(language)
    with pytest.raises(ValueError, match="lists is in use already; declare 'identity' before"):
        language.primitive(identity)
    with pytest.raises(ValueError, match="lists is in use already; declare 'SIX' before that"):
        language.constant("SIX", 6)


def test_input_and_output_have_to_be_types() -> None:
    with pytest.raises(TypeError, match="'int' is not a type that a language can use"):
        Language("broken", input="int", output=int)


def test_a_primitive_stays_the_function_it_was() -> None:
    language = make_language()
    assert language.primitive(identity) is identity
    assert language.primitives["identity"].function is identity
    assert language.primitives["identity"].arity == 1
    assert "17 primitives, 5 constants" in repr(language)


def test_the_type_of_a_constant_is_read_off_its_value_unless_given() -> None:
    language = make_language()
    language.constant("SEVERAL", (1, 2, 3))
    language.constant("NUMBER", 1, type=tuple[int, ...])
    assert language.check(Program("O = take(SEVERAL, I)")) is not None
    assert language.check(Program("O = take(NUMBER, I)")) is not None
    assert language.check(Program("O = reverse(SEVERAL)")) is None
    assert run("O = reverse(SEVERAL)", [()], language) == [Success((3, 2, 1))]


def test_validity_is_the_output_type_unless_given() -> None:
    assert lists.valid((1, 2))
    assert not lists.valid((1, "a"))
    short = Language("short", input=tuple[int, ...], output=tuple[int, ...], valid=_is_short)
    short.primitive(identity)
    program = Program("O = identity(I)")
    assert short.check(program) is None
    assert run(program, [(1,)], short) == [Success((1,))]
    (outcome,) = run(program, [(1, 2, 3)], short)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.INVALID


def _is_short(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) < 3


def test_a_language_can_be_pickled_before_and_after_use() -> None:
    language = make_language()
    for _ in range(2):
        twin = pickle.loads(pickle.dumps(language))
        assert list(twin.inference.atoms.items()) == list(make_language().inference.atoms.items())
        language.check(Program("O = reverse(I)"))
