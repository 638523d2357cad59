from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.evaluation import Performance
from exit_dsl.types import Attempt, Budget, Candidate, Example, Program, Success, Task
from tests.fakes import ArithmeticInterpreter
from tests.scoreboards import TESTS, Record, board, brute_force, records


def answers_of(history: Sequence[Record], task_id: str) -> list[tuple[int, ...]]:
    """The different answers to a task, best first, from the definition."""
    ranked, _ = brute_force(history, 100, None, None).get(task_id, ([], False))
    scores = {
        one.candidate.program: one.scores.count(1.0) / len(one.scores)
        for _, one in history
        if one.task.id == task_id
    }
    givers: dict[tuple[int, ...], list[Program]] = {}
    for program in ranked:
        outcomes = ArithmeticInterpreter().run(program, [p.input for p in TESTS[task_id]], Budget())
        if all(isinstance(outcome, Success) for outcome in outcomes):
            answer = tuple(o.value for o in outcomes if isinstance(o, Success))
            givers.setdefault(answer, []).append(program)

    def rank(answer: tuple[int, ...]) -> tuple[float, int, int]:
        programs = givers[answer]
        return -max(map(scores.__getitem__, programs)), -len(programs), ranked.index(programs[0])

    return sorted(givers, key=rank)


@given(records, st.integers(1, 3))
def test_predictions_are_the_different_answers_in_order(history: list[Record], k: int) -> None:
    scoreboard = board(history, keep=64)
    expected = {task_id: answers_of(history, task_id)[:k] for task_id in TESTS}
    predictions = scoreboard.predictions(k)
    assert {task_id: list(predictions.get(task_id, ())) for task_id in TESTS} == expected
    right = {
        task_id
        for task_id, answers in expected.items()
        if tuple(pair.output for pair in TESTS[task_id]) in answers
    }
    assert scoreboard.predicted(k) == Performance(tuple(sorted(right)), 3)


@given(records)
def test_enough_predictions_hold_what_any_program_gives(history: list[Record]) -> None:
    scoreboard = board(history, keep=64)
    assert scoreboard.predicted(64) == scoreboard.performance(64)


def test_the_answer_of_more_programs_comes_first() -> None:
    # Of what solves one demonstration, "add 7" is the shortest and stands alone.
    task = Task("c", (Example(1, 9), Example(2, 9)))
    scoreboard = board(keep=64)
    for text in ("add 8", "add 7", "add 4\nadd 4", "add 10\nadd -2"):
        outcomes = tuple(ArithmeticInterpreter().run(Program(text), task.inputs, Budget()))
        scores = tuple(float(outcome == Success(9)) for outcome in outcomes)
        scoreboard.record(
            [Attempt(task, Candidate("c", Program(text)), outcomes, scores)], "policy"
        )
    assert [one.program for one in scoreboard.solutions(1)["c"]] == ["add 7"]
    assert scoreboard.predictions(2) == {"c": ((9, 10), (8, 9))}


def test_answers_to_unknown_tasks_are_refused() -> None:
    assert board().grade({"a": [(6,), (7,)], "b": [(10, 15)]}) == Performance(("a",), 3)
    with pytest.raises(ValueError, match="no test pairs of task 'z'"):
        board().grade({"z": [(1,)]})


def test_no_more_predictions_than_programs_are_kept() -> None:
    with pytest.raises(ValueError, match="k must be from 1 to keep=3, not 4"):
        board().predictions(4)
