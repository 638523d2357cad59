from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.interfaces import Relabeler
from exit_dsl.relabeling import Hindsight, KeepGoal, SolvedOnly
from exit_dsl.types import Attempt, Candidate, Example, Failure, FailureKind, Program, Success, Task
from tests import strategies
from tests.strategies import Experience

ATTEMPTS = st.lists(strategies.attempts(of=st.integers()), max_size=4)
RELABELERS: list[Relabeler[object, object]] = [Hindsight(), SolvedOnly(), KeepGoal()]


def attempt(program: str, *, wanted: tuple[int, ...], given: tuple[int, ...]) -> Attempt[int, int]:
    task = Task("t", tuple(Example(index, output) for index, output in enumerate(wanted)))
    scores = tuple(float(a == b) for a, b in zip(wanted, given, strict=True))
    candidate = Candidate("t", Program(program))
    return Attempt(task, candidate, tuple(map(Success, given)), scores, iteration=7)


@pytest.mark.parametrize("relabeler", RELABELERS, ids=lambda each: type(each).__name__)
@given(attempts=ATTEMPTS)
def test_what_is_not_the_task_is_taken_over_from_the_attempt(
    relabeler: Relabeler[object, object], attempts: list[Attempt[object, object]]
) -> None:
    for each in attempts:
        for experience in relabeler.relabel([each]):
            assert each.valid
            assert experience.source_id == each.task.id
            assert experience.program == each.candidate.program
            assert experience.scores == each.scores
            assert experience.iteration == each.iteration


@pytest.mark.parametrize("relabeler", RELABELERS, ids=lambda each: type(each).__name__)
@given(attempts=ATTEMPTS)
def test_each_attempt_is_relabeled_on_its_own_and_in_order(
    relabeler: Relabeler[object, object], attempts: list[Attempt[object, object]]
) -> None:
    one_by_one: list[Experience] = []
    for each in attempts:
        one_by_one += relabeler.relabel([each])
    assert list(relabeler.relabel(attempts)) == one_by_one


@given(attempts=ATTEMPTS)
def test_hindsight_keeps_every_valid_attempt_with_its_realized_outputs(
    attempts: list[Attempt[object, object]],
) -> None:
    valid = [each for each in attempts if each.valid]
    experiences = list(Hindsight[object, object]().relabel(attempts))
    assert len(experiences) == len(valid)
    for each, experience in zip(valid, experiences, strict=True):
        assert experience.task.inputs == each.task.inputs
        assert tuple(map(Success, experience.task.outputs)) == each.outcomes


def test_hindsight_names_tasks_by_source_and_program() -> None:
    first = attempt("f", wanted=(1, 2), given=(1, 5))
    other = attempt("g", wanted=(1, 2), given=(1, 5))
    ids = [each.task.id for each in Hindsight[int, int]().relabel([first, other, first])]
    assert ids[0] == ids[2] != ids[1]
    assert all(each.startswith("t#") for each in ids)


def test_an_attempt_without_an_outcome_for_each_demonstration_is_a_bug_and_not_skipped() -> None:
    broken = replace(attempt("f", wanted=(1, 2), given=(1, 5)), outcomes=(Success(1),))
    with pytest.raises(ValueError, match="shorter"):
        list(Hindsight[int, int]().relabel([broken]))


def test_solved_only_keeps_the_task_of_attempts_that_solve_all() -> None:
    solved = attempt("f", wanted=(1, 2), given=(1, 2))
    half = attempt("g", wanted=(1, 2), given=(1, 5))
    (experience,) = SolvedOnly[int, int]().relabel([half, solved])
    assert experience.program == "f"
    assert experience.task is solved.task


def test_keep_goal_keeps_the_targets_of_the_solved_demonstrations() -> None:
    none = attempt("f", wanted=(1, 2, 3), given=(0, 0, 0))
    some = attempt("g", wanted=(1, 2, 3), given=(1, 0, 3))
    all_ = attempt("h", wanted=(1, 2, 3), given=(1, 2, 3))
    cut, whole = KeepGoal[int, int]().relabel([none, some, all_])
    assert cut.task.examples == (Example(0, 1), Example(2, 3))
    assert cut.task.id != "t"
    assert cut.scores == (1, 0, 1)
    assert whole.task is all_.task


def test_keep_goal_considers_only_the_attempts_of_hindsight() -> None:
    solved = attempt("f", wanted=(1, 2), given=(1, 5))
    failed = replace(solved, outcomes=(Success(1), Failure(FailureKind.ERROR)))
    assert not list(Hindsight[int, int]().relabel([failed]))
    assert not list(KeepGoal[int, int]().relabel([failed]))


@given(attempts=ATTEMPTS)
def test_keep_goal_teaches_only_outputs_that_the_task_asks_for(
    attempts: list[Attempt[object, object]],
) -> None:
    for each in attempts:
        for experience in KeepGoal[object, object]().relabel([each]):
            assert set(map(id, experience.task.examples)) <= set(map(id, each.task.examples))
            assert len(experience.task.examples) == each.scores.count(1)
