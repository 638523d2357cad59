"""What an interpreter remembers between runs, of which inputs."""

from __future__ import annotations

from typing import Any

import pytest

from exit_dsl.language import Language, LanguageInterpreter
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program, Success
from tests.language.lists import extended, lists, make_language
from tests.language.strategies import BUDGET, run

Interpreter = LanguageInterpreter[Any, Any]


class Room:
    """Memory that is free again once all that was remembered is forgotten."""

    full = True

    def use(self, xs: tuple[int, ...]) -> tuple[int, ...]:
        if self.full:
            self.full = False
            raise MemoryError
        return xs


def test_a_program_gets_the_memory_that_others_have_filled() -> None:
    room = Room()

    def roomy(xs: tuple[int, ...]) -> tuple[int, ...]:
        return room.use(xs)

    interpreter: Interpreter = LanguageInterpreter(extended(roomy))
    interpreter.run(Program("O = reverse(I)"), [(3,)], BUDGET)
    program = Program("x1 = reverse(I)\nO = roomy(x1)")
    assert interpreter.run(program, [(1, 2), (3,)], BUDGET) == [Success((2, 1)), Success((3,))]
    room.full = True
    assert interpreter.run(program, [(1, 2)], BUDGET) == [Success((2, 1))]


def listed(xs: tuple[int, ...]) -> tuple[list[int], ...]:
    return tuple([x] for x in xs)


def test_inputs_that_cannot_be_hashed_can_be_run() -> None:
    language = Language("mutable", input=list[int], output=list[int])

    @language.primitive
    def backwards(xs: list[int]) -> list[int]:
        return xs[::-1]

    items = [[1, 2], [3], []]
    assert run("O = backwards(I)", items, language) == [Success(x[::-1]) for x in items]


def test_inputs_that_are_equal_but_of_other_types_are_told_apart() -> None:
    language = Language("any", input=Any, output=Any)

    @language.primitive
    def shown(value: Any) -> str:
        return repr(value)

    items = [1, True, 1.0, (1,), (True,), (1.0,), 0.0, -0.0, frozenset({1}), frozenset({True})]
    assert run("O = shown(I)", items * 2, language) == [Success(repr(x)) for x in items] * 2


def test_an_input_that_came_anew_is_compared_once() -> None:
    written: list[int] = []

    class Watched(tuple[int, ...]):
        def __repr__(self) -> str:
            written.append(len(self))
            return super().__repr__()

    interpreter: Interpreter = LanguageInterpreter(lists)
    for items in ([Watched((1, 2)), Watched((3,))] for _ in range(2)):
        for _ in range(5):
            interpreter.run(Program("O = reverse(I)"), items, BUDGET)
    assert sorted(written) == [1, 1, 2, 2]


def test_values_that_cannot_be_hashed_may_be_in_between() -> None:
    language = extended(listed)
    program = "x1 = listed(I)\nx2 = map_(head, x1)\nx3 = reverse(x1)\nO = map_(sum_, x3)"
    expected: list[Outcome[Any]] = [Success((2, 1))]
    assert run(program, [(1, 2)], language) == expected


def test_what_needs_no_input_is_evaluated_once_for_all_inputs() -> None:
    language = make_language()
    calls: list[int] = []

    @language.primitive
    def noted(n: int) -> int:
        calls.append(n)
        return n

    interpreter: Interpreter = LanguageInterpreter(language)
    program = Program("x1 = noted(TWO)\nx2 = noted(x1)\nO = take(x2, I)")
    items = [(number, 5, 6) for number in range(9)]
    expected: list[Outcome[Any]] = [Success(item[:2]) for item in items]
    assert interpreter.run(program, items, BUDGET) == expected
    assert calls == [2, 2]
    # Failures depend on the budget, and so does what is shared.
    (outcome,) = interpreter.run(program, items[:1], Budget(seconds=60.0, max_steps=3))
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.STEPS


@pytest.mark.parametrize("memory", [600, 1_000, 5_000])
def test_memory_stays_within_its_bounds(memory: int) -> None:
    interpreter: Interpreter = LanguageInterpreter(lists, memory=memory)
    for number in range(500):
        interpreter.run(Program("x1 = reverse(I)\nO = take(TWO, x1)"), [(number,) * 50], BUDGET)
    assert interpreter._weight == sum(each.weight for each in interpreter._memories.values())
    # Each input counts at least its 50 elements, the 50 of its reversal and the names.
    assert 0 < len(interpreter._memories) * 120 <= memory + 200


def test_what_is_inside_of_values_counts_as_memory() -> None:
    interpreter: Interpreter = LanguageInterpreter(lists)
    interpreter.run(Program("x1 = bind(pair, I)\nx2 = map_(x1, I)\nO = head(x2)"), [()], BUDGET)
    before = interpreter._weight
    interpreter.run(Program("x1 = bind(take, NINE)\nO = map_(range_, I)"), [(9,) * 100], BUDGET)
    assert interpreter._weight - before > 1_000


def test_what_inputs_share_counts_as_memory_of_each() -> None:
    interpreter: Interpreter = LanguageInterpreter(lists, memory=5_000)
    lines = [f"x{n} = add(x{n - 1}, ONE)" for n in range(2, 60)]
    program = Program("\n".join(["x1 = add(ONE, ONE)", *lines, "O = take(x59, I)"]))
    for number in range(500):
        interpreter.run(program, [(number,)], BUDGET)
    entries = sum(len(each.values) + len(each.steps) for each in interpreter._memories.values())
    assert 0 < entries <= 5_000 + 200
