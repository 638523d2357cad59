"""What can go wrong in a declaration is said in one clear sentence."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from math import gcd
from typing import Any

import pytest

from exit_dsl.language import Language, LanguageInterpreter, Vocabulary
from exit_dsl.types import Failure, FailureKind, Program, Success
from tests.language.lists import lists, make_language
from tests.language.strategies import run


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


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_hints, "primitive 'no_hints' has no type hint for a, b, return; annotate every"),
        (half_the_hints, "primitive 'half_the_hints' has no type hint for b, return"),
        (no_result, "primitive 'no_result' has no type hint for return"),
        (unresolved, "primitive 'unresolved': its type hints cannot be resolved: .*'Missing'"),
        (unresolved_attribute, "'unresolved_attribute': its type hints cannot be .*'Missing'"),
        (no_type, "primitive 'no_type'.*type"),
        (several, "primitive 'several' must take one or more positional arguments and nothing"),
        (by_name, "primitive 'by_name' must take one or more positional arguments"),
        (nothing, "primitive 'nothing' must take one or more positional arguments"),
        (gcd, "primitive 'gcd' must be a function that is written in Python; wrap it in one"),
        (Language, "primitive 'Language' must be a function"),
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
    with pytest.raises(TypeError, match="'identity': its work function must take the same 1 pos"):
        make_language().primitive(work=work)(identity)


def identity(xs: tuple[int, ...]) -> tuple[int, ...]:
    return xs


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
