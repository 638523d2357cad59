from __future__ import annotations

import multiprocessing
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext
from itertools import chain, groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.execution import Judge, exact_match, execute
from exit_dsl.interfaces import Interpreter
from exit_dsl.relabeling import Hindsight
from exit_dsl.search import (
    CheapestFirst,
    Pool,
    Screened,
    Trials,
    every_demonstration,
    first_demonstration,
)
from exit_dsl.types import Attempt, Budget, Candidate, Example, Outcome, Program, Task
from tests.fakes import ArithmeticInterpreter, BrokenInterpreter

BUDGET = Budget(max_steps=3, max_size=16)
TASKS = [
    Task("a", (Example(1, 3), Example(2, 4))),
    Task("b", (Example(5, 10),)),
    Task("c", (Example(2, 4), Example(0, 0), Example(1, 6), Example(-1, 1))),
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


def closeness(target: int, value: int) -> float:
    """A judge that gives partial credit."""
    return 1.0 / (1 + abs(target - value))


TRIALS: list[Trials[int, int]] = [
    first_demonstration,
    every_demonstration,
    CheapestFirst[int](abs),
]
EXECUTORS: list[Callable[[], nullcontext[None] | Executor]] = [
    nullcontext,
    lambda: ThreadPoolExecutor(2),
]
trials = st.sampled_from(TRIALS)
judges = st.sampled_from([exact_match, closeness])


def in_full(candidates: Sequence[Candidate], judge: Judge[int]) -> list[Attempt[int, int]]:
    """The definition of what is to be recorded: everything is executed, nothing is screened."""
    return list(execute(candidates, TASKS, ArithmeticInterpreter(), budget=BUDGET, judge=judge))


def tried(attempt: Attempt[int, int], choose: Trials[int, int]) -> list[float]:
    """The scores of an attempt on the demonstrations that are to be tried."""
    by_example = dict(zip(attempt.task.examples, attempt.scores, strict=True))
    return [by_example[example] for example in choose(attempt.task)]


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


UNSOLVING = [Program("add 3"), Program("add 4")]  # near to some demonstrations, nearer to others
rows_of_one_task = st.builds(
    lambda task, drawn: [Candidate(task.id, program, logprob) for program, logprob in drawn],
    st.sampled_from(TASKS),
    st.lists(
        st.tuples(st.sampled_from([*PROGRAMS, *UNSOLVING]), st.floats(-9, 0)),
        min_size=1,
        max_size=9,
    ),
)
candidate_lists = st.lists(rows_of_one_task, max_size=5).map(
    lambda rows: list(chain.from_iterable(rows))
)


def screened(candidates: Sequence[Candidate], **options: Any) -> Screened[int, int]:
    options = {"interpreter": ArithmeticInterpreter(), "budget": BUDGET, **options}
    return Screened(Listed(candidates), **options)


def passed(candidates: Sequence[Candidate], **options: Any) -> list[Candidate]:
    return list(screened(candidates, **options).sample(TASKS, 1, generator(0)))


@given(candidate_lists, judges)
def test_with_every_demonstration_the_record_of_what_solves_any_is_as_without_screening(
    candidates: list[Candidate], judge: Judge[int]
) -> None:
    wanted = [attempt for attempt in in_full(candidates, judge) if 1.0 in attempt.scores]
    recorded = in_full(passed(candidates, judge=judge, trials=every_demonstration), judge)
    assert recorded == wanted
    hindsight = Hindsight[int, int]()
    assert list(hindsight.relabel(recorded)) == list(hindsight.relabel(wanted))


@given(candidate_lists, judges)
def test_with_the_first_demonstration_no_program_is_lost_that_solves_all(
    candidates: list[Candidate], judge: Judge[int]
) -> None:
    kept = passed(candidates, judge=judge, trials=first_demonstration)
    attempts = in_full(candidates, judge)
    assert kept == [each.candidate for each in attempts if each.scores[0] == 1.0]


@given(candidate_lists, judges, st.integers(0, 3), st.integers(1, 7))
def test_the_order_of_the_demonstrations_does_not_change_what_passes(
    candidates: list[Candidate], judge: Judge[int], nearest: int, window: int
) -> None:
    given_order, by_size, largest_first = (
        passed(candidates, judge=judge, trials=choose, nearest=nearest, window=window)
        for choose in (
            every_demonstration,
            CheapestFirst[int](abs),
            CheapestFirst[int](lambda x: -abs(x)),
        )
    )
    assert given_order == by_size == largest_first


@given(candidate_lists, trials, st.integers(0, 3), st.integers(1, 7))
def test_the_nearest_of_each_window_pass_as_well(
    candidates: list[Candidate], choose: Trials[int, int], nearest: int, window: int
) -> None:
    expected = []
    for _, group in groupby(in_full(candidates, closeness), key=lambda each: each.task.id):
        rows = [(max(tried(each, choose)), each.candidate) for each in group]
        for start in range(0, len(rows), window):
            part = rows[start : start + window]
            near = sorted((score for score, _ in part if 0 < score < 1), reverse=True)[:nearest]
            for score, candidate in part:
                if score == 1.0 or score in near:
                    expected.append(candidate)
                if score in near:
                    near.remove(score)  # of equals the first
    kept = passed(candidates, judge=closeness, trials=choose, nearest=nearest, window=window)
    assert kept == expected


@given(candidate_lists, trials, st.integers(0, 3), st.integers(1, 7), st.data())
def test_the_executor_and_what_travels_together_change_nothing(
    candidates: list[Candidate],
    choose: Trials[int, int],
    nearest: int,
    window: int,
    data: st.DataObject,
) -> None:
    counts: list[int] = []
    options = {"judge": closeness, "trials": choose, "nearest": nearest, "window": window}
    chunk_size = data.draw(st.integers(1, 5))
    with data.draw(st.sampled_from(EXECUTORS))() as executor:
        kept = passed(
            candidates,
            executor=executor,
            chunk_size=chunk_size,
            in_flight=data.draw(st.integers(1, 5)),
            tried=counts.append,
            **options,
        )
    assert kept == passed(candidates, **options)
    assert sum(counts) == len(candidates)
    assert all(0 < count <= chunk_size for count in counts)


def test_other_processes_give_the_same() -> None:
    candidates = [Candidate(task.id, program) for task in TASKS for program in PROGRAMS]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        for choose in TRIALS:
            options = {"trials": choose, "judge": closeness, "nearest": 1, "window": 3}
            assert passed(candidates, executor=executor, chunk_size=2, **options) == passed(
                candidates, **options
            )


class CountingInterpreter(Interpreter[int, int]):
    """Counts the runs of each program on each input."""

    def __init__(self) -> None:
        self.runs: Counter[tuple[Program, int]] = Counter()

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[int]]:
        self.runs.update((program, item) for item in inputs)
        return ArithmeticInterpreter().run(program, inputs, budget)


@given(candidate_lists, trials, judges, st.integers(1, 5))
def test_no_demonstration_is_tried_after_the_first_that_is_solved(
    candidates: list[Candidate], choose: Trials[int, int], judge: Judge[int], chunk_size: int
) -> None:
    interpreter = CountingInterpreter()
    passed(candidates, interpreter=interpreter, trials=choose, judge=judge, chunk_size=chunk_size)
    expected: Counter[tuple[Program, int]] = Counter()
    for attempt in in_full(candidates, judge):
        scores = tried(attempt, choose)
        runs = scores.index(1.0) + 1 if 1.0 in scores else len(scores)
        inputs = [example.input for example in choose(attempt.task)[:runs]]
        expected.update((attempt.candidate.program, item) for item in inputs)
    assert interpreter.runs == expected


@given(st.lists(st.integers(-9, 9), min_size=1))
def test_cheapest_first_tries_each_demonstration_in_order_of_size(inputs: list[int]) -> None:
    task = Task("t", tuple(Example(item, place) for place, item in enumerate(inputs)))
    chosen = CheapestFirst[int](abs)(task)
    keys = [(abs(example.input), example.output) for example in chosen]
    assert keys == sorted(keys)
    assert set(chosen) == set(task.examples)


@pytest.mark.parametrize("choose", TRIALS)
def test_what_chooses_the_demonstrations_can_be_pickled(choose: Trials[int, int]) -> None:
    assert pickle.loads(pickle.dumps(choose)) == choose


def test_screening_hands_tasks_number_and_randomness_on() -> None:
    pool = Pool[int, int](PROGRAMS)
    source = Screened(pool, ArithmeticInterpreter(), budget=BUDGET)
    attempts = in_full(list(pool.sample(TASKS, 4, generator(3))), exact_match)
    expected = [each.candidate for each in attempts if each.scores[0] == 1.0]
    assert expected
    assert list(source.sample(TASKS, 4, generator(3))) == expected


def test_the_judge_decides_what_passes() -> None:
    def even(target: int, value: int) -> float:
        return 1.0 if value % 2 == 0 else 0.5

    kept = passed([Candidate("a", program) for program in PROGRAMS], judge=even)
    # Of 1 they make 2 and 6; "mul 99999" exceeds the budget.
    assert {candidate.program for candidate in kept} == {"mul 2", "add 5"}


def test_screening_is_lazy() -> None:
    source = Listed([Candidate("a", Program("add 2")) for _ in range(100)])
    lazy = Screened(source, ArithmeticInterpreter(), budget=BUDGET, chunk_size=10, window=10)
    assert next(iter(lazy.sample(TASKS, 1, generator(0)))).program == "add 2"
    assert source.taken <= 20


def test_a_task_that_was_not_given_is_named() -> None:
    with pytest.raises(ValueError, match="'unknown', which was not given"):
        passed([Candidate("unknown", PROGRAMS[0])])


def test_a_bug_in_the_interpreter_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        passed([Candidate("a", PROGRAMS[0])], interpreter=BrokenInterpreter())


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"nearest": -1}, "nearest must be at least 0, not -1"),
        ({"window": 0}, "window must be at least 1, not 0"),
        ({"chunk_size": 0}, "chunk_size must be at least 1, not 0"),
        ({"in_flight": 0}, "in_flight must be at least 1, not 0"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(option: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        screened([], **option)
