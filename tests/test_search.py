from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.search import Pool, Screened
from exit_dsl.types import Budget, Candidate, Example, Program, Success, Task
from tests.fakes import ArithmeticInterpreter, BrokenInterpreter

BUDGET = Budget(max_steps=3, max_size=16)
TASKS = [
    Task("a", (Example(1, 3), Example(2, 4))),
    Task("b", (Example(5, 10),)),
    Task("c", (Example(0, 0), Example(1, 2))),
]
PROGRAMS = [
    Program(text) for text in ("add 2", "mul 2", "mul 3", "add 5", "nonsense", "mul 99999", "add 0")
]

seeds = st.integers(0, 2**32 - 1)
task_lists = st.permutations(TASKS)


class Listed:
    """A sampler of given candidates, which counts how many were taken."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = candidates
        self.taken = 0

    def sample(
        self, tasks: Sequence[Task[int, int]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        for candidate in self.candidates:
            self.taken += 1
            yield candidate


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def by_task(candidates: Iterator[Candidate]) -> dict[str, list[Program]]:
    chosen: dict[str, list[Program]] = {}
    for candidate in candidates:
        chosen.setdefault(candidate.task_id, []).append(candidate.program)
    return chosen


def passes(candidate: Candidate) -> bool:
    """The definition of what is screened: the first demonstration alone decides."""
    task = next(task for task in TASKS if task.id == candidate.task_id)
    first = task.examples[0]
    return ArithmeticInterpreter().run(candidate.program, [first.input], BUDGET) == [
        Success(first.output)
    ]


@given(task_lists, st.integers(1, len(PROGRAMS) + 2), seeds)
def test_pool_gives_each_task_distinct_programs(
    tasks: list[Task[int, int]], n: int, seed: int
) -> None:
    candidates = list(Pool[int, int](PROGRAMS).sample(tasks, n, generator(seed)))
    assert list(dict.fromkeys(each.task_id for each in candidates)) == [each.id for each in tasks]
    for programs in by_task(iter(candidates)).values():
        assert len(set(programs)) == len(programs) == min(n, len(PROGRAMS))
        assert set(programs) <= set(PROGRAMS)


@given(task_lists, st.integers(0, len(TASKS)), st.integers(1, len(PROGRAMS)), seeds)
def test_what_the_pool_gives_a_task_does_not_depend_on_the_other_tasks(
    tasks: list[Task[int, int]], count: int, n: int, seed: int
) -> None:
    pool = Pool[int, int](PROGRAMS)
    all_of_them = by_task(pool.sample(TASKS, n, generator(seed)))
    some = by_task(pool.sample(tasks[:count], n, generator(seed)))
    assert some == {task.id: all_of_them[task.id] for task in tasks[:count]}


def test_pool_selections_differ_from_task_to_task_and_from_seed_to_seed() -> None:
    pool = Pool[int, int]([Program(f"add {number}") for number in range(1000)])
    selections = {
        tuple(programs)
        for seed in range(3)
        for programs in by_task(pool.sample(TASKS, 5, generator(seed))).values()
    }
    assert len(selections) == 3 * len(TASKS)


def test_pool_draws_every_program_equally_often() -> None:
    pool = Pool[int, int](PROGRAMS)
    counts = dict.fromkeys(PROGRAMS, 0)
    for seed in range(700):
        for candidate in pool.sample(TASKS[:1], 2, generator(seed)):
            counts[candidate.program] += 1
    assert sum(counts.values()) == 1400
    assert all(150 < count < 250 for count in counts.values())  # 200 each, 12.6 the deviation


def test_an_exhausted_pool_keeps_the_order_of_its_programs() -> None:
    candidates = Pool[int, int](PROGRAMS).sample(TASKS, len(PROGRAMS), generator(0))
    assert by_task(candidates) == {task.id: PROGRAMS for task in TASKS}


def test_a_pool_needs_programs() -> None:
    with pytest.raises(ValueError, match="at least one program"):
        Pool[int, int]([])


candidate_lists = st.lists(
    st.builds(
        Candidate,
        st.sampled_from([task.id for task in TASKS]),
        st.sampled_from(PROGRAMS),
        st.floats(-9, 0),
    ),
    max_size=40,
)


@pytest.mark.parametrize("executor", [nullcontext, lambda: ThreadPoolExecutor(2)])
@given(candidate_lists, st.integers(1, 5), st.integers(1, 5))
def test_screening_is_a_filter_by_the_first_demonstration(
    executor: Callable[[], nullcontext[None] | Executor],
    candidates: list[Candidate],
    chunk_size: int,
    in_flight: int,
) -> None:
    tried: list[int] = []
    with executor() as opened:
        screened = Screened(
            Listed(candidates),
            ArithmeticInterpreter(),
            budget=BUDGET,
            executor=opened,
            chunk_size=chunk_size,
            in_flight=in_flight,
            tried=tried.append,
        )
        passed = list(screened.sample(TASKS, 1, generator(0)))
    assert passed == [candidate for candidate in candidates if passes(candidate)]
    assert sum(tried) == len(candidates)
    assert all(0 < count <= chunk_size for count in tried)


def test_screening_hands_tasks_number_and_randomness_on() -> None:
    pool = Pool[int, int](PROGRAMS)
    screened = Screened(pool, ArithmeticInterpreter(), budget=BUDGET)
    expected = [each for each in pool.sample(TASKS, 4, generator(3)) if passes(each)]
    assert expected
    assert list(screened.sample(TASKS, 4, generator(3))) == expected


def test_the_judge_decides_what_passes() -> None:
    candidates = [Candidate("a", program) for program in PROGRAMS]

    def even(target: int, value: int) -> float:
        return 1.0 if value % 2 == 0 else 0.5

    screened = Screened(Listed(candidates), ArithmeticInterpreter(), budget=BUDGET, judge=even)
    passed = {candidate.program for candidate in screened.sample(TASKS, 1, generator(0))}
    assert passed == {"mul 2", "add 5"}  # of 1 they make 2 and 6; "mul 99999" exceeds the budget


def test_screening_is_lazy() -> None:
    source = Listed([Candidate("a", Program("add 2")) for _ in range(100)])
    screened = Screened(source, ArithmeticInterpreter(), budget=BUDGET, chunk_size=10)
    assert next(iter(screened.sample(TASKS, 1, generator(0)))).program == "add 2"
    assert source.taken <= 20


def test_a_bug_in_the_interpreter_comes_through() -> None:
    screened = Screened(Listed([Candidate("a", PROGRAMS[0])]), BrokenInterpreter(), budget=BUDGET)
    with pytest.raises(ZeroDivisionError):
        list(screened.sample(TASKS, 1, generator(0)))
