from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language import Language, LanguageInterpreter
from exit_dsl.language.programs import Code, normalize
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program, Success
from tests.language.lists import A, Ints, lists, make_language
from tests.language.strategies import BUDGET, codes, ints, run, texts

inputs = st.lists(ints, min_size=1, max_size=3)
budgets = st.builds(
    Budget, seconds=st.just(60.0), max_steps=st.integers(1, 60), max_size=st.integers(1, 60)
)
many_codes = st.lists(codes(), min_size=1, max_size=6)

Interpreter = LanguageInterpreter[Any, Any]


def kinds(program: str, items: list[Any], budget: Budget = BUDGET) -> list[FailureKind | None]:
    outcomes = run(program, items, budget=budget)
    return [each.kind if isinstance(each, Failure) else None for each in outcomes]


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


@given(st.integers(1, 30), st.integers(1, 60))
def test_each_line_takes_a_step_and_its_call_another(lines: int, steps: int) -> None:
    chain = [f"x{n} = reverse({f'x{n - 1}' if n > 1 else 'I'})" for n in range(1, lines)]
    program = "\n".join([*chain, f"O = reverse({f'x{lines - 1}' if lines > 1 else 'I'})"])
    expected = FailureKind.STEPS if 2 * lines > steps else None
    assert kinds(program, [(1, 2)], Budget(seconds=60.0, max_steps=steps)) == [expected]


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
    language = _extended(tripling, doubling)
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


def _extended(*functions: Callable[..., Any]) -> Language:
    language = make_language()
    for function in functions:
        language.primitive(function)
    return language


def nap(xs: tuple[int, ...]) -> tuple[int, ...]:
    time.sleep(0.02)
    return xs[1:]


def exhaust(xs: tuple[int, ...]) -> tuple[int, ...]:
    raise MemoryError


def fail_strangely(xs: tuple[int, ...]) -> tuple[int, ...]:
    raise KeyError(10**10_000)


def recurse(xs: tuple[int, ...]) -> tuple[int, ...]:
    return recurse(xs)


def listed(xs: tuple[int, ...]) -> tuple[list[int], ...]:
    return tuple([x] for x in xs)


NAPS = "\n".join([f"x{n} = nap({f'x{n - 1}' if n > 1 else 'I'})" for n in range(1, 10)])


def test_slow_lines_end_in_a_timeout_that_is_not_remembered() -> None:
    interpreter: Interpreter = LanguageInterpreter(_extended(nap))
    program = Program(NAPS + "\nO = nap(x9)")
    budget = Budget(seconds=0.05)
    (outcome,) = interpreter.run(program, [(1,)], budget)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.TIMEOUT
    tries = 0
    while not isinstance(interpreter.run(program, [(1,)], budget)[0], Success):
        tries += 1
        assert tries < 20


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
    language = _extended(function)
    (outcome,) = run(f"O = {function.__name__}(I)", [(1,)], language)
    assert outcome == Failure(kind, detail)


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

    interpreter: Interpreter = LanguageInterpreter(_extended(roomy))
    interpreter.run(Program("O = reverse(I)"), [(3,)], BUDGET)
    program = Program("x1 = reverse(I)\nO = roomy(x1)")
    assert interpreter.run(program, [(1, 2), (3,)], BUDGET) == [Success((2, 1)), Success((3,))]
    room.full = True
    assert interpreter.run(program, [(1, 2)], BUDGET) == [Success((2, 1))]


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


def test_details_are_short() -> None:
    def refuse(xs: tuple[int, ...]) -> tuple[int, ...]:
        raise ValueError("no" * 10_000)

    (outcome,) = run("O = refuse(I)", [(1,)], _extended(refuse))
    assert isinstance(outcome, Failure)
    assert len(outcome.detail) <= 200


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


def test_inputs_that_cannot_be_written_can_be_run() -> None:
    interpreter = _interpreter_with(lambda value: True)
    for _ in range(2):  # Each with an integer of its own, which is equal to the other.
        (outcome,) = interpreter.run(Program("O = double(I)"), [10**5000], BUDGET)
        assert outcome == Success(2 * 10**5000)


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
    language = _extended(listed)
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
