"""Sources of candidates that try many given programs: the blind half of the search."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Generic

import numpy as np

from exit_dsl.execution import InlineExecutor, Judge, Shipped, exact_match, run_chunk
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
        """Propose ``n`` programs (or all, if there are fewer) for each task.

        Args:
            tasks: of which the ids are looked at.
            n: candidates of each task.
            rng: decides which; those of a task do not depend on the other tasks.
        """
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


Trials = Callable[[Task[I, O]], Sequence[Example[I, O]]]
"""Chooses the demonstrations of a task that a candidate is tried on, in this order."""


def first_demonstration(task: Task[I, O]) -> Sequence[Example[I, O]]:
    """Try the first demonstration alone: one run a candidate.

    Programs that solve only other demonstrations are lost; those that solve all are not.
    """
    return task.examples[:1]


def every_demonstration(task: Task[I, O]) -> Sequence[Example[I, O]]:
    """Try one demonstration after the other: no program is lost that solves any of them."""
    return task.examples


@dataclass(frozen=True)  # With slots, CheapestFirst[Grid](cells) would fail in Python 3.11.
class CheapestFirst(Generic[I]):
    """Try one demonstration after the other, from the smallest input to the largest.

    The same candidates pass as with :func:`every_demonstration`; of those that solve several
    demonstrations, fewer are run on the large ones.

    Args:
        size: of an input, in any unit, such as its number of cells.
    """

    size: Callable[[I], float]

    def __call__(self, task: Task[I, Any]) -> Sequence[Example[I, Any]]:
        """Return the demonstrations; those of equal size keep their order."""
        return sorted(task.examples, key=lambda example: self.size(example.input))


def untold(count: int) -> None:
    """Take no notice of a count."""


class Screened(Generic[I, O]):
    """A sampler that tries another's candidates and proposes those that solve a demonstration.

    Most programs of a blind search solve nothing. This source runs every candidate on one
    demonstration of its task after the other, as ``trials`` says, and stops at the first that it
    solves: the candidate passes, and is then executed in full like any other, so that what is
    recorded of it is what is recorded without screening. With a judge that gives partial credit,
    some that come near may pass as well.

    What passes does not depend on the executor, ``chunk_size`` or ``in_flight``.

    Args:
        source: proposes the candidates to try; all of a task have to come in a row.
        interpreter: runs them.
        budget: of one run on one input.
        executor: where they run; in this process unless given.
        judge: scores an output; 1 is a pass. It is called where the candidates run.
        trials: the demonstrations to try: :func:`first_demonstration`,
            :func:`every_demonstration`, :class:`CheapestFirst` or a function of your own.
        nearest: how many candidates of each window pass besides, those with the highest scores
            above 0 (of equals the first). The best score over the demonstrations tried counts.
        window: candidates of one task, in a row, of which the nearest pass.
        chunk_size: candidates of one task that travel to a worker together.
        in_flight: chunks that are on their way at once.
        tried: told the number of candidates of each chunk that has been run.

    Raises:
        ValueError: a number is too small.
    """

    def __init__(
        self,
        source: Sampler[I, O],
        interpreter: Interpreter[I, O],
        *,
        budget: Budget,
        executor: Executor | None = None,
        judge: Judge[O] = exact_match,
        trials: Trials[I, O] = first_demonstration,
        nearest: int = 0,
        window: int = 1024,
        chunk_size: int = 1024,
        in_flight: int = 8,
        tried: Callable[[int], object] = untold,
    ) -> None:
        for name, number, least in (
            ("nearest", nearest, 0),
            ("window", window, 1),
            ("chunk_size", chunk_size, 1),
            ("in_flight", in_flight, 1),
        ):
            if number < least:
                raise ValueError(f"{name} must be at least {least}, not {number}")
        self._source = source
        self._interpreter = interpreter if executor is None else Shipped(interpreter)
        self._budget = budget
        self._executor: Executor = InlineExecutor() if executor is None else executor
        self._judge = judge
        self._trials = trials
        self._nearest = nearest
        self._window = window
        self._chunk_size = chunk_size
        self._in_flight = 1 if executor is None else in_flight
        self._tried = tried

    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose those of the source's ``n`` candidates for each task that pass.

        Args:
            tasks: with the demonstrations that programs are tried on.
            n: candidates of the source for each task; those proposed are fewer.
            rng: for the source.

        Raises:
            ValueError: the source names a task that is not among ``tasks``.
        """
        scored = self._scored(tasks, n, rng)
        for _, group in groupby(scored, key=lambda pair: pair[0].task_id):
            while window := tuple(islice(group, self._window)):
                yield from _passing(window, self._nearest)

    def _scored(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[tuple[Candidate, float]]:
        by_id = {task.id: task for task in tasks}
        waiting: deque[tuple[tuple[Candidate, ...], Pending[list[float]]]] = deque()
        candidates = self._source.sample(tasks, n, rng)
        for task_id, group in groupby(candidates, key=lambda candidate: candidate.task_id):
            if task_id not in by_id:
                raise ValueError(f"a candidate names task {task_id!r}, which was not given")
            while chunk := tuple(islice(group, self._chunk_size)):
                waiting.append((chunk, self._submit(by_id[task_id], chunk)))
                if len(waiting) >= self._in_flight:
                    yield from self._collect(*waiting.popleft())
        while waiting:
            yield from self._collect(*waiting.popleft())

    def _submit(self, task: Task[I, O], chunk: tuple[Candidate, ...]) -> Pending[list[float]]:
        programs = [candidate.program for candidate in chunk]
        return self._executor.submit(
            screen_chunk,
            self._interpreter,
            programs,
            self._trials(task),
            self._budget,
            self._judge,
        )

    def _collect(
        self, chunk: tuple[Candidate, ...], pending: Pending[list[float]]
    ) -> Iterator[tuple[Candidate, float]]:
        scores = pending.result()
        self._tried(len(chunk))
        return zip(chunk, scores, strict=True)


def screen_chunk(
    interpreter: Interpreter[I, O],
    programs: Sequence[Program],
    examples: Sequence[Example[I, O]],
    budget: Budget,
    judge: Judge[O],
) -> list[float]:
    """Return each program's best score on ``examples``; this runs in workers.

    A program is not run any more once it has solved one.

    Args:
        interpreter: runs the programs.
        programs: of any number.
        examples: what to try each on, in this order.
        budget: of one run.
        judge: scores an output against the one that is wanted, from 0 to 1.

    Raises:
        ValueError: the interpreter does not return one outcome for each input.
    """
    scores = [0.0] * len(programs)
    # All programs on one input before the next: that is what interpreters share work by.
    for example in examples:
        unsolved = [index for index, score in enumerate(scores) if score < 1.0]
        rows = run_chunk(
            interpreter, [programs[index] for index in unsolved], (example.input,), budget
        )
        for index, (outcome,) in zip(unsolved, rows, strict=True):
            if isinstance(outcome, Success):
                scores[index] = max(scores[index], judge(example.output, outcome.value))
    return scores


def _passing(window: Sequence[tuple[Candidate, float]], nearest: int) -> Iterator[Candidate]:
    """Yield, in order, what solves a demonstration and the ``nearest`` of the rest."""
    near = [index for index, (_, score) in enumerate(window) if 0.0 < score < 1.0]
    near.sort(key=lambda index: -window[index][1])
    chosen = set(near[:nearest])
    return (
        candidate
        for index, (candidate, score) in enumerate(window)
        if score >= 1.0 or index in chosen
    )
