from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.policies import Allotted, UnsolvedFirst
from exit_dsl.testing.fakes import LearningPolicy
from exit_dsl.types import Candidate, Example, Experience, Program, Task

TASKS = [Task(str(number), (Example(number, number + 1),)) for number in range(7)]
IDS = [task.id for task in TASKS]


@given(st.sets(st.sampled_from(IDS)), st.integers(0, 40), st.integers(0, 10))
def test_unsolved_tasks_get_what_solved_ones_leave(solved: set[str], n: int, kept: int) -> None:
    counts = dict(zip(IDS, UnsolvedFirst(lambda: solved, kept=kept)(IDS, n), strict=True))
    assert sum(counts.values()) == n * len(IDS)
    unsolved = [count for name, count in counts.items() if name not in solved]
    if unsolved:
        assert all(counts[name] == min(kept, n) for name in solved)
        assert max(unsolved) - min(unsolved) <= 1
        assert min(unsolved) >= n
    else:
        assert set(counts.values()) == {n}


def test_solved_tasks_are_asked_for_each_time() -> None:
    solved: list[str] = []
    allotment = UnsolvedFirst(lambda: solved, kept=1)
    assert allotment(["a", "b"], 4) == [4, 4]
    solved.append("a")
    assert allotment(["a", "b"], 4) == [1, 7]


def sample(policy: Allotted[int, int], n: int = 6) -> list[Candidate]:
    return list(policy.sample(TASKS, n, np.random.default_rng(0)))


def test_candidates_come_in_the_order_of_the_tasks() -> None:
    counts = [2, 0, 9, 2, 2, 0, 9]
    policy = Allotted(LearningPolicy(), lambda task_ids, n: counts)
    expected = [task.id for task, count in zip(TASKS, counts, strict=True) for _ in range(count)]
    assert [candidate.task_id for candidate in sample(policy)] == expected
    assert sample(policy) == sample(policy)


def test_numbers_that_are_given_go_before_the_allotment() -> None:
    policy = Allotted(LearningPolicy(), UnsolvedFirst(lambda: {"0"}, kept=1))
    counts = [4, 2, 4, 0, 1, 2, 4]
    candidates = list(policy.sample_each(TASKS, counts, np.random.default_rng(0)))
    expected = [task.id for task, count in zip(TASKS, counts, strict=True) for _ in range(count)]
    assert [candidate.task_id for candidate in candidates] == expected


def test_state_and_learning_are_the_policys() -> None:
    policy = Allotted(LearningPolicy(), UnsolvedFirst(lambda: ()))
    before = sample(policy)
    experiences = [Experience(TASKS[0], Program("add 1"), "0", (1.0,))] * 3
    for _ in range(5):
        policy.update(experiences, np.random.default_rng(0))
    assert sample(policy) != before
    resumed = Allotted(LearningPolicy(), UnsolvedFirst(lambda: ()))
    resumed.load_state_dict(policy.state_dict())
    assert sample(resumed) == sample(policy)


@pytest.mark.parametrize("counts", [[1] * 6, [-1] * 7, [7] * 7])
def test_an_allotment_that_does_not_fit_is_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="for 7 tasks of 6 samples"):
        sample(Allotted(LearningPolicy(), lambda task_ids, n: counts))


def test_a_negative_number_for_solved_tasks_is_refused() -> None:
    with pytest.raises(ValueError, match="kept must not be negative"):
        UnsolvedFirst(lambda: (), kept=-1)
