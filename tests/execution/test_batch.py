from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.execution import BatchInterpreter, InlineExecutor, exact_match, execute, run_chunk
from exit_dsl.interfaces import Executor, Interpreter
from exit_dsl.types import (
    Attempt,
    Budget,
    Candidate,
    Example,
    Failure,
    FailureKind,
    Outcome,
    Program,
    Success,
    Task,
)
from tests.fakes import ArithmeticInterpreter, BrokenInterpreter

BUDGET = Budget(max_steps=3, max_size=16)
TASKS = [
    Task("a", (Example(1, 3), Example(2, 4))),
    Task("b", (Example(5, 10),)),
    Task("c", (Example(0, 0), Example(1, 2), Example(2, 4))),
]
PROGRAMS = ["add 2", "mul 2", "mul 2\nadd 0", "nonsense", "", "mul 99999", "\n".join(["add 1"] * 4)]

candidate_lists = st.lists(
    st.builds(
        Candidate,
        st.sampled_from([task.id for task in TASKS]),
        st.sampled_from(PROGRAMS).map(Program),
        st.floats(-9, 0),
    ),
    max_size=40,
)


class ShortInterpreter(Interpreter[int, int]):
    """Breaks the contract: it forgets the last input."""

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[int]]:
        return [Success(value) for value in inputs[1:]]


class ShortBatchInterpreter(BatchInterpreter[int, int]):
    """Breaks the contract: it forgets the last program."""

    def run_many(
        self, programs: Sequence[Program], inputs: Sequence[int], budget: Budget
    ) -> Sequence[Sequence[Outcome[int]]]:
        return [[Success(value) for value in inputs] for _ in programs[1:]]


def definition(candidates: Sequence[Candidate]) -> list[Attempt[int, int]]:
    """Each candidate on its own, with nothing shared."""
    by_id = {task.id: task for task in TASKS}
    attempts = []
    for candidate in candidates:
        task = by_id[candidate.task_id]
        outcomes = tuple(ArithmeticInterpreter().run(candidate.program, task.inputs, BUDGET))
        scores = tuple(
            1.0 if outcome == Success(target) else 0.0
            for outcome, target in zip(outcomes, task.outputs, strict=True)
        )
        attempts.append(Attempt(task, candidate, outcomes, scores, 4))
    return attempts


def run(candidates: Sequence[Candidate], executor: Executor | None) -> list[Attempt[int, int]]:
    return list(
        execute(
            candidates,
            TASKS,
            ArithmeticInterpreter(),
            budget=BUDGET,
            executor=executor,
            iteration=4,
            chunk_size=3,
            in_flight=2,
        )
    )


@given(candidate_lists, st.integers(1, 9), st.integers(1, 5))
def test_results_follow_the_definition_whatever_the_chunks(
    candidates: list[Candidate], chunk_size: int, in_flight: int
) -> None:
    for executor in (None, InlineExecutor()):
        attempts = execute(
            candidates,
            {task.id: task for task in TASKS},
            ArithmeticInterpreter(),
            budget=BUDGET,
            executor=executor,
            iteration=4,
            chunk_size=chunk_size,
            in_flight=in_flight,
        )
        assert list(attempts) == definition(candidates)


@given(candidate_lists)
def test_threads_do_not_change_the_results(candidates: list[Candidate]) -> None:
    with ThreadPoolExecutor(3) as executor:
        assert run(candidates, executor) == definition(candidates)


def test_processes_do_not_change_the_results() -> None:
    candidates = [
        Candidate(task.id, Program(program)) for task in TASKS for program in PROGRAMS * 2
    ]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        assert [
            (attempt.task, attempt.outcomes, attempt.scores)
            for attempt in run(candidates, executor)
        ] == [
            (attempt.task, attempt.outcomes, attempt.scores) for attempt in definition(candidates)
        ]


@given(candidate_lists, st.integers(1, 9))
def test_each_distinct_program_of_a_task_runs_once(
    candidates: list[Candidate], chunk_size: int
) -> None:
    candidates = sorted(candidates, key=lambda candidate: candidate.task_id)
    interpreter = ArithmeticInterpreter()
    attempts = list(execute(candidates, TASKS, interpreter, budget=BUDGET, chunk_size=chunk_size))
    assert [attempt.candidate for attempt in attempts] == candidates
    distinct = {(candidate.task_id, candidate.program) for candidate in candidates}
    assert interpreter.runs.total() == len(distinct)


def test_candidates_are_pulled_only_as_needed() -> None:
    pulled = []

    def source() -> Iterator[Candidate]:
        for number in range(100):
            pulled.append(number)
            yield Candidate("a", Program(f"add {number}"))

    interpreter = ArithmeticInterpreter()
    attempts = execute(source(), TASKS, interpreter, budget=BUDGET, chunk_size=5)
    assert pulled == []
    next(attempts)
    assert len(pulled) == 5
    pulled.clear()
    attempts = execute(
        source(),
        TASKS,
        interpreter,
        budget=BUDGET,
        executor=InlineExecutor(),
        chunk_size=5,
        in_flight=3,
    )
    next(attempts)
    assert len(pulled) == 15


def test_a_worker_keeps_its_interpreter_from_chunk_to_chunk() -> None:
    loaded.clear()
    candidates = [Candidate(task.id, Program("add 1")) for task in TASKS]
    attempts = execute(
        candidates, TASKS, LoadCounting(), budget=BUDGET, executor=InlineExecutor(), chunk_size=1
    )
    assert len(list(attempts)) == len(TASKS)
    assert loaded == [True]


loaded: list[bool] = []


class LoadCounting(ArithmeticInterpreter):
    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        loaded.append(True)


def test_a_failure_scores_nothing_and_a_judge_may_be_partial() -> None:
    candidates = [Candidate("b", Program("add 1")), Candidate("b", Program("nonsense"))]
    near, bad = execute(
        candidates,
        TASKS,
        ArithmeticInterpreter(),
        budget=BUDGET,
        judge=lambda target, value: value / target,
    )
    assert near.scores == (0.6,)
    assert bad.scores == (0.0,)
    assert isinstance(bad.outcomes[0], Failure)
    assert bad.outcomes[0].kind is FailureKind.SYNTAX


@pytest.mark.parametrize("executor", [None, InlineExecutor()])
def test_a_bug_in_the_interpreter_comes_through(executor: Executor | None) -> None:
    attempts = execute(
        [Candidate("a", Program("add 1"))],
        TASKS,
        BrokenInterpreter(),
        budget=BUDGET,
        executor=executor,
    )
    with pytest.raises(ZeroDivisionError, match="a bug"):
        list(attempts)


def test_an_interpreter_that_loses_outcomes_is_refused() -> None:
    with pytest.raises(ValueError, match="returned 1 outcomes for 2 inputs"):
        run_chunk(ShortInterpreter(), [Program("add 1")], [1, 2], BUDGET)


@pytest.mark.parametrize("executor", [None, InlineExecutor()])
def test_an_interpreter_that_loses_programs_is_named(executor: Executor | None) -> None:
    interpreter = ShortBatchInterpreter()
    candidates = [Candidate("a", Program("add 1")), Candidate("a", Program("add 2"))]
    message = r"ShortBatchInterpreter\.run_many returned 1 rows of outcomes for 2 programs"
    with pytest.raises(ValueError, match=message):
        list(execute(candidates, TASKS, interpreter, budget=BUDGET, executor=executor))
    with pytest.raises(ValueError, match="returned 0 rows of outcomes for 1 programs"):
        interpreter.run(Program("add 1"), [1], BUDGET)


def test_bad_arguments_are_refused_with_a_sentence() -> None:
    interpreter = ArithmeticInterpreter()
    candidate = Candidate("unknown", Program("add 1"))
    with pytest.raises(ValueError, match="'unknown', which was not given"):
        list(execute([candidate], TASKS, interpreter, budget=BUDGET))
    with pytest.raises(ValueError, match="two tasks have the id 'a'"):
        execute([], [TASKS[0], Task("a", (Example(1, 1),))], interpreter, budget=BUDGET)
    with pytest.raises(ValueError, match="chunk_size must be at least 1"):
        execute([], TASKS, interpreter, budget=BUDGET, chunk_size=0)
    with pytest.raises(ValueError, match="in_flight must be at least 1"):
        execute([], TASKS, interpreter, budget=BUDGET, in_flight=0)
    known = Candidate("a", Program("add 1"))
    with pytest.raises(ValueError, match="the judge gave nan"):
        list(execute([known], TASKS, interpreter, budget=BUDGET, judge=lambda *_: float("nan")))


def test_exact_match_is_equality() -> None:
    assert exact_match((1, 2), (1, 2)) == 1.0
    assert exact_match((1, 2), (2, 1)) == 0.0


def test_the_fake_interpreter_keeps_the_contract() -> None:
    interpreter = pickle.loads(pickle.dumps(ArithmeticInterpreter()))
    kinds = [
        outcome.kind if isinstance(outcome, Failure) else outcome.value
        for program in PROGRAMS
        for outcome in interpreter.run(program, [5], BUDGET)
    ]
    assert kinds == [
        7,
        10,
        10,
        FailureKind.SYNTAX,
        FailureKind.SYNTAX,
        FailureKind.SIZE,
        FailureKind.STEPS,
    ]
    with pytest.raises(TypeError, match="inputs must be integers"):
        interpreter.run("add 1", ["5"], BUDGET)
