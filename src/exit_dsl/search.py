"""Sources of candidates that try many given programs: the blind half of the search."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from typing import Generic

import numpy as np

from exit_dsl.execution import InlineExecutor, Judge, Shipped, exact_match
from exit_dsl.interfaces import Executor, Interpreter, Pending, Sampler
from exit_dsl.randomness import split, stream
from exit_dsl.types import Budget, Candidate, Example, I, O, Program, Success, Task


class Pool(Generic[I, O]):
    """A sampler of given programs.

    Each task gets its own random selection; where ``n`` is at least the number of programs, it
    gets all of them in their order.

    Args:
        programs: distinct programs.

    Raises:
        ValueError: there are none.
    """

    def __init__(self, programs: Sequence[Program]) -> None:
        if not programs:
            raise ValueError("a pool needs at least one program")
        self._programs = tuple(programs)

    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose ``n`` programs (or all, if there are fewer) for each task."""
        seed = split(rng)
        return (
            Candidate(task.id, self._programs[index])
            for task in tasks
            for index in self._selection(n, stream(seed, task.id))
        )

    def _selection(self, n: int, rng: np.random.Generator) -> Sequence[int]:
        total = len(self._programs)
        if n >= total:
            return range(total)
        return [int(index) for index in rng.choice(total, size=n, replace=False)]


class Screened(Generic[I, O]):
    """A sampler that tries another's candidates and proposes those that pass on one demonstration.

    Most programs of a blind search fail on the first demonstration they meet. This source runs
    every candidate on its task's first demonstration alone, and passes on those that solve it:
    they are then executed in full like any others. Programs that would solve only other
    demonstrations are not found, which is the price. With a judge that gives partial credit, some
    that come near may pass as well.

    Args:
        source: proposes the candidates to try; all of a task have to come in a row.
        interpreter: runs them.
        budget: of one run.
        executor: where they run; in this process unless given.
        judge: scores an output; 1 is a pass.
        nearest: how many candidates of each chunk pass besides, those with the highest scores
            above 0 (of equals the first).
        chunk_size: candidates of one task that travel to a worker together.
        in_flight: chunks that are on their way at once.
        tried: told the number of candidates of each chunk that has been run.
    """

    def __init__(
        self,
        source: Sampler[I, O],
        interpreter: Interpreter[I, O],
        *,
        budget: Budget,
        executor: Executor | None = None,
        judge: Judge[O] = exact_match,
        nearest: int = 0,
        chunk_size: int = 1024,
        in_flight: int = 8,
        tried: Callable[[int], object] = lambda count: None,
    ) -> None:
        self._source = source
        self._interpreter = interpreter if executor is None else Shipped(interpreter)
        self._budget = budget
        self._executor: Executor = InlineExecutor() if executor is None else executor
        self._judge = judge
        self._nearest = nearest
        self._chunk_size = chunk_size
        self._in_flight = 1 if executor is None else in_flight
        self._tried = tried

    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose those of the source's ``n`` candidates for each task that pass."""
        by_id = {task.id: task for task in tasks}
        waiting: deque[tuple[tuple[Candidate, ...], Pending[list[int]]]] = deque()
        candidates = self._source.sample(tasks, n, rng)
        for task_id, group in groupby(candidates, key=lambda candidate: candidate.task_id):
            while chunk := tuple(islice(group, self._chunk_size)):
                waiting.append((chunk, self._submit(by_id[task_id], chunk)))
                if len(waiting) >= self._in_flight:
                    yield from self._passed(*waiting.popleft())
        while waiting:
            yield from self._passed(*waiting.popleft())

    def _passed(
        self, chunk: tuple[Candidate, ...], pending: Pending[list[int]]
    ) -> Iterator[Candidate]:
        indices = pending.result()
        self._tried(len(chunk))
        return (chunk[index] for index in indices)

    def _submit(self, task: Task[I, O], chunk: tuple[Candidate, ...]) -> Pending[list[int]]:
        programs = [candidate.program for candidate in chunk]
        return self._executor.submit(
            screen_chunk,
            self._interpreter,
            programs,
            task.examples[0],
            self._budget,
            self._judge,
            self._nearest,
        )


def screen_chunk(
    interpreter: Interpreter[I, O],
    programs: Sequence[Program],
    example: Example[I, O],
    budget: Budget,
    judge: Judge[O],
    nearest: int,
) -> list[int]:
    """Return, in order, the indices of the programs that pass; this runs in workers."""
    scores = []
    for program in programs:
        (outcome,) = interpreter.run(program, (example.input,), budget)
        if isinstance(outcome, Success):
            scores.append(judge(example.output, outcome.value))
        else:
            scores.append(0.0)
    near = [index for index, score in enumerate(scores) if 0.0 < score < 1.0]
    near.sort(key=lambda index: -scores[index])
    exact = [index for index, score in enumerate(scores) if score == 1.0]
    return sorted(exact + near[:nearest])
