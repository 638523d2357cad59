"""What programs give, and what of them fails."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language import Language, LanguageInterpreter
from exit_dsl.language.programs import Code, normalize
from exit_dsl.types import Budget, Failure, FailureKind, Program, Success
from tests.language.lists import A, extended, lists
from tests.language.strategies import BUDGET, codes, ints, kinds, run, texts

inputs = st.lists(ints, min_size=1, max_size=3)
budgets = st.builds(
    Budget, seconds=st.just(60.0), max_steps=st.integers(1, 60), max_size=st.integers(1, 60)
)
many_codes = st.lists(codes(), min_size=1, max_size=6)

Interpreter = LanguageInterpreter[Any, Any]


@given(texts(), inputs)
def test_any_text_gives_an_outcome_for_each_input(text: Program, items: list[Any]) -> None:
    outcomes = run(text, items)
    assert len(outcomes) == len(items)
    for outcome in outcomes:
        assert isinstance(outcome, Failure) or lists.valid(outcome.value)


@given(many_codes, inputs, budgets, st.randoms(), st.sampled_from((100, 5_000, 20_000_000)))
def test_outcomes_do_not_depend_on_what_ran_before(
    batch: list[Code], items: list[Any], budget: Budget, random: Any, memory: int
) -> None:
    shared: Interpreter = LanguageInterpreter(lists, memory=memory)
    jobs = [(lists.format(code), each) for code in batch for each in (budget, BUDGET)] * 2
    random.shuffle(jobs)
    for program, each in jobs:
        assert shared.run(program, items, each) == run(program, items, budget=each)


@given(many_codes, inputs)
def test_a_pickled_interpreter_gives_the_same_outcomes(batch: list[Code], items: list[Any]) -> None:
    interpreter: Interpreter = LanguageInterpreter(lists, memory=1_000)
    programs = [lists.format(code) for code in batch]
    before = [interpreter.run(program, items, BUDGET) for program in programs]
    twin = pickle.loads(pickle.dumps(interpreter))
    assert [twin.run(program, items, BUDGET) for program in programs] == before


@given(many_codes, inputs, budgets, st.sampled_from((100, 20_000_000)))
def test_code_gives_what_its_text_gives_up_to_the_first_failure(
    batch: list[Code], items: list[Any], budget: Budget, memory: int
) -> None:
    interpreter: Interpreter = LanguageInterpreter(lists, memory=memory)
    for code in map(normalize, batch):
        outcomes = LanguageInterpreter(lists).run(lists.format(code), items, budget)
        failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
        values = tuple(outcome.value for outcome in outcomes if isinstance(outcome, Success))
        assert interpreter.outputs(code, items, budget) == (failures[0] if failures else values)


@given(codes(), inputs)
def test_more_steps_and_room_only_help(code: Code, items: list[Any]) -> None:
    program = lists.format(code)
    generous = run(program, items)
    for steps in (1, 3, 10, 50):
        tight = run(program, items, budget=Budget(seconds=60.0, max_steps=steps, max_size=500))
        for a, b in zip(tight, generous, strict=True):
            assert a == b or isinstance(a, Failure)
            if a != b and isinstance(a, Failure):
                assert a.kind is FailureKind.STEPS


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("no program", FailureKind.SYNTAX),
        ("O = take(I, I)", FailureKind.TYPE),
        ("O = pair(I, I)", FailureKind.INVALID),
        ("x1 = head(NONE)\nO = range_(x1)", FailureKind.ERROR),
        ("x1 = bind(iterate, reverse)\nx2 = bind(x1, NINE)\nO = x2(I)", FailureKind.ERROR),
        ("x1 = map_(range_, I)\nO = map_(sum_, x1)", None),
    ],
)
def test_each_failure_has_its_kind(program: str, kind: FailureKind | None) -> None:
    assert kinds(program, [(1, 2)]) == [kind]


def exhaust(xs: tuple[int, ...]) -> tuple[int, ...]:
    raise MemoryError


def fail_strangely(xs: tuple[int, ...]) -> tuple[int, ...]:
    raise KeyError(10**10_000)


def recurse(xs: tuple[int, ...]) -> tuple[int, ...]:
    return recurse(xs)


@pytest.mark.parametrize(
    ("function", "kind", "detail"),
    [
        (exhaust, FailureKind.MEMORY, "the memory ran out"),
        (fail_strangely, FailureKind.ERROR, "KeyError"),
        (recurse, FailureKind.ERROR, "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_what_a_primitive_raises_is_a_failure(
    function: Callable[..., Any], kind: FailureKind, detail: str
) -> None:
    language = extended(function)
    (outcome,) = run(f"O = {function.__name__}(I)", [(1,)], language)
    assert outcome == Failure(kind, detail)


def _interpreter_with(valid: Callable[[Any], bool]) -> Interpreter:
    language = Language("checked", input=int, output=int, valid=valid)

    @language.primitive
    def double(n: int) -> int:
        return 2 * n

    return LanguageInterpreter(language)


def test_a_validity_check_that_raises_fails_the_run_alone() -> None:
    interpreter = _interpreter_with(lambda value: 1 // value > -1)
    assert interpreter.run(Program("O = double(I)"), [0, 1], BUDGET) == [
        Failure(FailureKind.ERROR, "ZeroDivisionError: integer division or modulo by zero"),
        Success(2),
    ]


@pytest.mark.parametrize(("steps", "kind"), [(50, None), (49, FailureKind.STEPS)])
def test_a_validity_check_that_calls_a_function_has_the_steps_of_a_line(
    steps: int, kind: FailureKind | None
) -> None:
    language = Language(
        "functions",
        input=int,
        output=Callable[[int], int],
        valid=lambda function: all(function(n) == -n for n in range(50)),
    )
    language.primitive(lambda n: -n, name="negate", type=Callable[[int], int])
    language.primitive(lambda n, f: f, name="second", type=Callable[[int, A], A])
    (outcome,) = run("O = second(I, negate)", [1], language, Budget(seconds=60.0, max_steps=steps))
    assert (outcome.kind if isinstance(outcome, Failure) else None) is kind


def test_a_validity_check_may_run_out_of_memory() -> None:
    def exhausted(value: Any) -> bool:
        raise MemoryError

    (outcome,) = _interpreter_with(exhausted).run(Program("O = double(I)"), [1], BUDGET)
    assert outcome == Failure(FailureKind.MEMORY, "the memory ran out")


def test_inputs_that_cannot_be_written_can_be_run() -> None:
    interpreter = _interpreter_with(lambda value: True)
    for _ in range(2):  # Each with an integer of its own, which is equal to the other.
        (outcome,) = interpreter.run(Program("O = double(I)"), [10**5000], BUDGET)
        assert outcome == Success(2 * 10**5000)


def test_details_are_short() -> None:
    def refuse(xs: tuple[int, ...]) -> tuple[int, ...]:
        raise ValueError("no" * 10_000)

    (outcome,) = run("O = refuse(I)", [(1,)], extended(refuse))
    assert isinstance(outcome, Failure)
    assert len(outcome.detail) <= 200
