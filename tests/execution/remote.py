"""What the tests on clusters share; in a module of its own, as workers import it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from hypothesis import strategies as st

from exit_dsl.execution import InlineExecutor, execute
from exit_dsl.interfaces import Executor, Interpreter
from exit_dsl.search import Screened
from exit_dsl.types import Attempt, Budget, Candidate, Example, Outcome, Program, Success, Task
from tests.fakes import ArithmeticInterpreter

BUDGET = Budget(max_steps=3, max_size=16)
TASKS = [
    Task("a", (Example(1, 3), Example(2, 4))),
    Task("b", (Example(5, 10),)),
    Task("c", (Example(0, 0), Example(1, 2), Example(2, 4))),
]
PROGRAMS = [Program(f"{verb} {number}") for verb in ("add", "mul", "sub") for number in range(12)]
CANDIDATES = [Candidate(task.id, program) for task in TASKS for program in PROGRAMS]
FATAL = PROGRAMS[17]

candidate_lists = st.lists(st.sampled_from(CANDIDATES), max_size=40)


def run(
    candidates: Iterable[Candidate],
    executor: Executor,
    interpreter: Interpreter[int, int] | None = None,
) -> list[Attempt[int, int]]:
    """Execute ``candidates`` in many small chunks, with arithmetic unless told otherwise."""
    attempts = execute(
        candidates,
        TASKS,
        interpreter or ArithmeticInterpreter(),
        budget=BUDGET,
        executor=executor,
        chunk_size=4,
        in_flight=8,
    )
    return list(attempts)


def expected(candidates: Iterable[Candidate]) -> list[Attempt[int, int]]:
    """What :func:`run` has to return on any executor."""
    return run(candidates, InlineExecutor())


class LoadCounting(Interpreter[int, Any]):
    """Gives the process that ran the program, and how often the interpreter was loaded there."""

    loads: ClassVar = 0

    def __setstate__(self, state: object) -> None:
        type(self).loads += 1

    def __getstate__(self) -> str:
        return "so that there is something to set"

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[Any]]:
        return [Success((os.getpid(), self.loads))] * len(inputs)


@dataclass(frozen=True)
class Mortal(Interpreter[int, int]):
    """Arithmetic; the first run of the fatal program kills the process, with signal 9."""

    killed: Path

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[int]]:
        if program == FATAL and not self.killed.exists():
            self.killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return ArithmeticInterpreter().run(program, inputs, budget)


@dataclass(frozen=True)
class Stranded(Interpreter[int, int]):
    """Arithmetic that never comes back on one Ray node; others wait until that has begun."""

    node: str
    begun: Path

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[int]]:
        import ray

        if ray.get_runtime_context().get_node_id() == self.node:
            self.begun.touch()
            time.sleep(3600)
        wait_for(self.begun)
        return ArithmeticInterpreter().run(program, inputs, budget)


def assert_that_interpreters_stay(executor: Executor) -> None:
    """Fail unless few processes, none of them this one, load an interpreter once each."""
    attempts = execute(
        CANDIDATES, TASKS, LoadCounting(),
        budget=BUDGET, judge=lambda *_: 0.0, executor=executor, chunk_size=1,
    )  # fmt: skip
    outcomes = [outcome for attempt in attempts for outcome in attempt.outcomes]
    loads = [outcome.value for outcome in outcomes if isinstance(outcome, Success)]
    assert len(loads) == len(outcomes)
    processes = {process for process, _ in loads}
    assert os.getpid() not in processes
    assert len(processes) <= len(CANDIDATES) / 10
    assert {count for _, count in loads} == {1}


def assert_bounded_in_flight(executor: Executor) -> None:
    """Fail unless a source is asked for as many candidates as fit into the chunks in flight."""
    pulled = []

    def source() -> Iterator[Candidate]:
        for candidate in CANDIDATES:
            pulled.append(candidate)
            yield candidate

    attempts = execute(
        source(), TASKS, ArithmeticInterpreter(),
        budget=BUDGET, executor=executor, chunk_size=5, in_flight=3,
    )  # fmt: skip
    next(attempts)
    assert len(pulled) == 15


class _Listed:
    """A source that proposes the candidates above."""

    def sample(
        self, tasks: Sequence[Task[int, int]], n: int, rng: np.random.Generator
    ) -> list[Candidate]:
        return CANDIDATES


def screened(executor: Executor | None) -> list[Candidate]:
    """Return what passes a screening on ``executor``."""
    sampler = Screened(
        _Listed(), ArithmeticInterpreter(),
        budget=BUDGET, executor=executor, nearest=2, chunk_size=5,
    )  # fmt: skip
    return list(sampler.sample(TASKS, 1, np.random.default_rng(0)))


def wait_for(file: Path) -> None:
    """Return when ``file`` is there."""
    for _ in range(600):
        if file.exists():
            return
        time.sleep(0.1)
    raise TimeoutError(f"{file} did not appear within a minute")
