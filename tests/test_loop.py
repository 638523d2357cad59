from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl import checkpoint
from exit_dsl.execution import InlineExecutor, execute
from exit_dsl.loop import POLICY, SEED, ExpertIteration, LoopConfig
from exit_dsl.randomness import stream
from exit_dsl.relabeling import Hindsight, SolvedOnly
from exit_dsl.replay import PrioritizedReplayBuffer
from exit_dsl.types import Attempt, Budget, Candidate, Example, Experience, Iteration, Program, Task
from tests.fakes import ArithmeticInterpreter, LearningPolicy

Loop: TypeAlias = ExpertIteration[int, int]
Tasks: TypeAlias = Sequence[Task[int, int]]

TASKS = [
    Task("plus five", (Example(1, 6), Example(2, 7))),
    Task("times six", (Example(1, 6), Example(2, 12))),
    Task("seven", (Example(3, 7),)),
]
SEEDS = [
    Experience(Task(f"seed {text}", (Example(1, value),)), Program(text), f"seed {text}", (1.0,))
    for text, value in (("add 2", 3), ("add 3", 4), ("mul 2", 2), ("mul 3", 3))
]
CONFIG = LoopConfig(
    samples=6, draws={POLICY: 8, SEED: 4}, budget=Budget(max_steps=5, max_size=32), seed=1
)


class Fixed:
    """A source of the same programs for every task."""

    def __init__(self, *programs: str) -> None:
        self.programs = [Program(program) for program in programs]
        self.asked: list[tuple[list[str], int]] = []

    def sample(self, tasks: Tasks, n: int, rng: np.random.Generator) -> Iterator[Candidate]:
        self.asked.append(([task.id for task in tasks], n))
        return (Candidate(task.id, program) for task in tasks for program in self.programs)


def make(executor: Executor | InlineExecutor | None = None, seed: int = 1, **parts: Any) -> Loop:
    config = LoopConfig(CONFIG.samples, CONFIG.draws, CONFIG.budget, seed)
    return ExpertIteration(
        **{
            "policy": LearningPolicy(),
            "interpreter": ArithmeticInterpreter(),
            "relabeler": Hindsight(),
            "buffer": PrioritizedReplayBuffer(),
            "tasks": TASKS,
            "seeds": SEEDS,
            "config": config,
            "executor": executor,
            **parts,
        }
    )


def untimed(iterations: Iterable[Iteration[int, int]]) -> list[Iteration[int, int]]:
    """What iterations did; how long it took may differ."""
    return [
        Iteration(each.index, each.attempts, each.stored, each.sizes, each.train)
        for each in iterations
    ]


def parts_of(loop: Loop) -> dict[str, Any]:
    return {"loop": loop, "policy": loop.policy, "buffer": loop.buffer}


def states(loop: Loop) -> dict[str, Any]:
    """The states as plain values, which ``==`` compares."""
    return {name: _plain(part.state_dict()) for name, part in parts_of(loop).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def test_the_fakes_learn() -> None:
    """Otherwise what follows would compare runs in which nothing happens."""
    iterations = list(make().run(8))
    first, last = (
        sum(attempt.valid for attempt in iteration.attempts)
        for iteration in (iterations[0], iterations[-1])
    )
    assert first < last
    assert any(attempt.scores == (1.0, 1.0) for each in iterations for attempt in each.attempts)


def test_the_executor_does_not_change_results() -> None:
    expected, final = untimed((loop := make()).run(3)), states(loop)
    spawning = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2, spawning) as processes:
        for executor in (InlineExecutor(), threads, processes):
            loop = make(executor)
            assert untimed(loop.run(3)) == expected
            assert states(loop) == final


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 2**63 - 1))
def test_stopping_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, first: int, more: int, seed: int
) -> None:
    """Four and four iterations are eight, whatever is saved and loaded between."""
    unbroken = make(seed=seed)
    expected = untimed(unbroken.run(first + more))

    folder = tmp_path_factory.mktemp("checkpoint")
    stopped = make(seed=seed)
    done = untimed(stopped.run(first))
    checkpoint.save(folder, parts_of(stopped), generation=first, metadata={})
    resumed = make(seed=seed)
    checkpoint.load(folder, parts_of(resumed))

    assert done + untimed(resumed.run(first + more)) == expected
    assert states(resumed) == states(unbroken)


@given(st.lists(st.integers(0, 6), max_size=5))
def test_until_is_absolute(untils: list[int]) -> None:
    loop = make()
    indices = [iteration.index for until in untils for iteration in loop.run(until)]
    assert indices == list(range(max(untils, default=0)))
    assert loop.iteration == len(indices)


class Counting:
    """Runs calls when their results are asked for, and notes how many were waiting at most."""

    def __init__(self) -> None:
        self.waiting = self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Counting.Later:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        return Counting.Later(self, fn, args)

    @dataclass
    class Later:
        owner: Counting
        fn: Callable[..., Any]
        args: tuple[Any, ...]

        def result(self) -> Any:
            self.owner.waiting -= 1
            return self.fn(*self.args)


@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_as_many_chunks_are_in_flight_as_was_asked_for(in_flight: int) -> None:
    executor, here = Counting(), make()
    assert make(executor=executor, in_flight=in_flight).collect() == here.collect()  # type: ignore[arg-type]
    assert executor.most == in_flight


def test_other_seeds_give_other_runs() -> None:
    assert untimed(make(seed=1).run(2)) != untimed(make(seed=2).run(2))


def test_each_collection_draws_anew() -> None:
    loop = make()
    first, second = ([attempt.candidate for attempt in loop.collect()] for _ in range(2))
    assert first != second


def test_an_iteration_reports_what_it_did() -> None:
    loop = make()
    before = loop.buffer.sizes()
    for index, iteration in enumerate(loop.run(3)):
        assert iteration.index == index
        assert len(iteration.attempts) == CONFIG.samples * len(TASKS)
        assert {attempt.iteration for attempt in iteration.attempts} == {index}
        assert iteration.sizes == loop.buffer.sizes()
        assert iteration.stored == sum(iteration.sizes.values()) - sum(before.values())
        assert iteration.train["examples"] == min(before.get(POLICY, 0), 8) + 4
        assert set(iteration.seconds) == {"learn", "collect"}
        before = iteration.sizes


def test_a_stage_by_hand_is_the_stage_of_run() -> None:
    by_hand, run = make(), make()
    for iteration in run.run(3):
        assert by_hand.learn() == iteration.train
        collected = by_hand.collect()
        # Only the number of the iteration is not counted by hand.
        assert [(each.candidate, each.outcomes, each.scores) for each in collected] == [
            (each.candidate, each.outcomes, each.scores) for each in iteration.attempts
        ]


def test_seeds_land_in_their_partition() -> None:
    loop = make()
    assert dict(loop.buffer.sizes()) == {SEED: len(SEEDS)}
    assert set(loop.buffer.sample({SEED: 100}, stream(0))) == set(SEEDS)
    loop.collect()
    assert loop.buffer.sizes()[SEED] == len(SEEDS)
    assert loop.buffer.sizes()[POLICY] > 0


def test_collect_is_sample_execute_relabel_and_store() -> None:
    config = replace(CONFIG, draws={**CONFIG.draws, "other": 0})
    loop, source = make(seeds=(), config=config), Fixed("add 5", "nonsense", "mul 2")
    attempts = loop.collect(source, tasks=TASKS[:2], n=3, partition="other")
    assert source.asked == [(["plus five", "times six"], 3)]
    candidates = source.sample(TASKS[:2], 3, stream(0))
    expected = list(execute(candidates, TASKS, ArithmeticInterpreter(), budget=CONFIG.budget))
    assert list(attempts) == expected
    assert {name: size for name, size in loop.buffer.sizes().items() if size} == {"other": 4}
    stored = loop.buffer.sample({"other": 4}, stream(0))
    assert set(stored) == set(Hindsight[int, int]().relabel(expected))


def test_what_would_never_be_drawn_is_not_stored() -> None:
    misspelt = replace(CONFIG, draws={"polciy": 8, SEED: 4})
    loop = make(config=misspelt)
    message = (
        "nothing would be learned from partition 'policy', .* lists 'polciy', 'seed'. Add 'poli"
    )
    for store in (lambda: loop.run(1), loop.collect, loop.stream):
        with pytest.raises(ValueError, match=message):
            store()
    assert dict(loop.buffer.sizes()) == {SEED: len(SEEDS)}
    with pytest.raises(ValueError, match="partition 'mutants'"):
        make().collect(partition="mutants")
    without_seeds = replace(CONFIG, draws={POLICY: 8})
    with pytest.raises(ValueError, match="partition 'seed'"):
        make(config=without_seeds)
    assert make(config=without_seeds, seeds=()).collect()


def test_a_run_that_is_left_early_goes_on_as_if_it_had_not_been() -> None:
    """As when time is up: after an iteration, never within one."""
    unbroken, left = make(), make()
    expected = untimed(unbroken.run(6))
    done = []
    for iteration in left.run(6):
        done.append(iteration)
        if len(done) == 2:
            break
    assert untimed([*done, *left.run(6)]) == expected
    assert states(left) == states(unbroken)


def test_the_relabeler_decides_what_is_stored() -> None:
    loop = make(seeds=(), relabeler=SolvedOnly())
    loop.collect(Fixed("add 5", "mul 2"))
    (stored,) = loop.buffer.sample({POLICY: 9}, stream(0))
    assert (stored.source_id, stored.program) == ("plus five", "add 5")


def test_what_is_not_consumed_does_not_happen() -> None:
    loop, source = make(seeds=()), Fixed("add 5")
    attempts = loop.stream(source)
    assert (source.asked, loop.state_dict()) == ([], make().state_dict())
    next(attempts)
    assert loop.buffer.sizes()[POLICY] == 1


def test_the_judge_scores() -> None:
    def close(target: int, value: int) -> float:
        return 1 / (1 + abs(target - value))

    (attempt,) = make(judge=close).collect(Fixed("add 6"), tasks=TASKS[:1])
    assert attempt.scores == (0.5, 0.5)


def test_progress_sees_every_attempt() -> None:
    seen: list[Attempt[int, int]] = []
    announced: list[int] = []

    def watch(attempts: Iterator[Attempt[int, int]], expected: int) -> Iterator[Attempt[int, int]]:
        announced.append(expected)
        for attempt in attempts:
            seen.append(attempt)
            yield attempt

    loop = make(progress=watch)
    collected = [*loop.collect(), *loop.collect(Fixed("add 1"), n=1)]
    assert seen == collected
    assert announced == [CONFIG.samples * len(TASKS), len(TASKS)]


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one task"):
        make(tasks=[])
    with pytest.raises(ValueError, match="same id"):
        make(tasks=[TASKS[0], TASKS[0]])
    with pytest.raises(ValueError, match="in_flight must be at least 1, not 0"):
        make(in_flight=0)
    with pytest.raises(ValueError, match="samples"):
        LoopConfig(samples=0)
    with pytest.raises(ValueError, match="draws must not be negative: policy"):
        LoopConfig(draws={POLICY: -1})
