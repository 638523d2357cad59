"""The budget holds whatever programs compute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language import Language, LanguageInterpreter
from exit_dsl.types import Budget, Failure, FailureKind, Program, Success
from tests.language.lists import A, Ints, extended
from tests.language.strategies import kinds, run

Interpreter = LanguageInterpreter[Any, Any]


@given(st.integers(1, 30), st.integers(1, 60))
def test_each_line_takes_a_step_and_its_call_another(lines: int, steps: int) -> None:
    chain = [f"x{n} = reverse({f'x{n - 1}' if n > 1 else 'I'})" for n in range(1, lines)]
    program = "\n".join([*chain, f"O = reverse({f'x{lines - 1}' if lines > 1 else 'I'})"])
    expected = FailureKind.STEPS if 2 * lines > steps else None
    assert kinds(program, [(1, 2)], Budget(seconds=60.0, max_steps=steps)) == [expected]


def test_loops_that_go_on_for_long_end_in_steps() -> None:
    lines = ["x1 = bind(add, ONE)", "x2 = compose(x1, x1)"]
    lines += [f"x{n} = compose(x{n - 1}, x{n - 1})" for n in range(3, 60)]
    program = "\n".join([*lines, "O = map_(x59, I)"])
    start = time.perf_counter()
    assert kinds(program, [(1,), ()], Budget(seconds=60.0)) == [FailureKind.STEPS, None]
    assert time.perf_counter() - start < 5.0


def test_size_bombs_are_not_built() -> None:
    program = "\n".join([*_doublings(99), "O = range_(x99)"])
    assert kinds(program, [()]) == [FailureKind.SIZE]


def test_integers_may_not_grow_without_bound() -> None:
    program = "\n".join([*_doublings(300), "O = take(x300, I)"])
    assert kinds(program, [()], Budget(max_size=8)) == [None]
    assert kinds(program, [()], Budget(max_size=2)) == [FailureKind.SIZE]


def tripling(times: int) -> Callable[[Ints], Ints]:
    return lambda xs: xs * 3 * times


def doubling(times: int) -> Callable[[A], tuple[A, A]]:
    return lambda x: (x, x)


def _unmetered() -> Language:
    """A language whose functions, made or given, do all their work without its primitives."""
    language = extended(tripling, doubling)
    language.constant("TRIPLE", lambda xs: xs * 3, type=Callable[[Ints], Ints])
    return language


def _chain(function: str, lines: int) -> str:
    return "\n".join([f"x{n} = {function}(x{n - 1})" for n in range(2, lines + 1)])


@pytest.mark.parametrize(
    ("begin", "function"), [("f = tripling(ONE)", "f"), ("f = reverse(I)", "TRIPLE")]
)
def test_what_functions_that_are_no_primitives_return_is_limited(begin: str, function: str) -> None:
    program = f"{begin}\nx1 = {function}(I)\n{_chain(function, 6)}\nO = {function}(x6)"
    outcomes = run(program, [(1,), (), (1, 2)], _unmetered(), Budget(max_size=3**7))
    too_large = Failure(FailureKind.SIZE, f"a function: more than {3**7} elements")
    assert outcomes == [Success((1,) * 3**7), Success(()), too_large]


def test_what_a_function_in_the_place_of_the_input_returns_is_limited() -> None:
    language = Language("functions", input=Callable[[int], Ints], output=Ints)
    language.primitive(lambda n: -n, name="negate", type=Callable[[int], int])
    language.constant("NINE", 9)
    small, large = (lambda n: (n,) * n), (lambda n: (n,) * n**3)
    (success, failure) = run("O = I(NINE)", [small, large], language)
    assert success == Success((9,) * 9)
    assert failure == Failure(FailureKind.SIZE, "a function: more than 500 elements")


def test_what_functions_that_are_no_primitives_return_is_measured_over_all_levels() -> None:
    program = f"f = doubling(ONE)\nx1 = f(I)\n{_chain('f', 60)}\nO = map_(positive, x60)"
    detail = "a function: more than 50000 elements over all levels"
    assert run(program, [(1,)], _unmetered()) == [Failure(FailureKind.SIZE, detail)]


@pytest.mark.parametrize(
    ("program", "steps"),
    [
        ("O = TRIPLE(I)", 2 + 48 // 16),  # as much as of a primitive
        ("x1 = bind(drop, ZERO)\nO = x1(I)", 2 + 2 + 16 // 16),  # as much as of that inside
        ("x1 = compose(reverse, reverse)\nO = x1(I)", 2 + 3 + 2 * (16 // 16)),  # or of the two
    ],
)
def test_a_call_of_a_function_costs_what_is_in_it_or_what_it_returns(
    program: str, steps: int
) -> None:
    for limit, kind in ((steps, None), (steps - 1, FailureKind.STEPS)):
        budget = Budget(seconds=60.0, max_steps=limit)
        (outcome,) = run(program, [tuple(range(16))], _unmetered(), budget)
        assert (outcome.kind if isinstance(outcome, Failure) else None) is kind


def _doublings(count: int) -> list[str]:
    doublings = [f"x{n} = add(x{n - 1}, x{n - 1})" for n in range(2, count + 1)]
    return ["x1 = add(NINE, NINE)", *doublings]


def nap(xs: tuple[int, ...]) -> tuple[int, ...]:
    time.sleep(0.02)
    return xs[1:]


NAPS = "\n".join([f"x{n} = nap({f'x{n - 1}' if n > 1 else 'I'})" for n in range(1, 10)])


def test_slow_lines_end_in_a_timeout_that_is_not_remembered() -> None:
    interpreter: Interpreter = LanguageInterpreter(extended(nap))
    program = Program(NAPS + "\nO = nap(x9)")
    budget = Budget(seconds=0.05)
    (outcome,) = interpreter.run(program, [(1,)], budget)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.TIMEOUT
    tries = 0
    while not isinstance(interpreter.run(program, [(1,)], budget)[0], Success):
        tries += 1
        assert tries < 20


class Unsized:
    def __len__(self) -> int:
        raise ValueError("nobody knows")


def longest(n: int) -> range:
    return range(10**20)


def unsized(n: int) -> Unsized:
    return Unsized()


def test_values_whose_length_python_cannot_tell_are_too_large_or_fail() -> None:
    language = Language("ranges", input=range, output=int)
    language.constant("LONGEST", longest, type=Callable[[int], range])
    language.constant("UNSIZED", unsized, type=Callable[[int], Unsized])
    language.constant("ONE", 1)
    language.primitive(longest)
    language.primitive(lambda value: 1, name="one", type=Callable[[Any], int])
    item = range(10**20)
    assert run("O = one(I)", [item, range(3)], language) == [Success(1), Success(1)]
    for name, kind in (
        ("longest", FailureKind.SIZE),
        ("LONGEST", FailureKind.SIZE),
        ("UNSIZED", FailureKind.ERROR),
    ):
        (outcome,) = run(f"x1 = {name}(ONE)\nO = one(x1)", [item], language)
        assert isinstance(outcome, Failure)
        assert outcome.kind is kind
