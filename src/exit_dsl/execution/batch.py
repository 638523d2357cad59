"""Execution of candidates: each distinct program once, bounded in flight, results in order."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Generic, final

from typing_extensions import override

from exit_dsl.execution.executors import InlineExecutor
from exit_dsl.execution.parcels import Parcel
from exit_dsl.interfaces import Executor, Interpreter, Pending
from exit_dsl.types import Attempt, Budget, Candidate, I, O, Outcome, Program, Success, Task

Judge = Callable[[O, O], float]
"""Scores an output: ``judge(target, value)`` in [0, 1], where 1 is exact."""


def exact_match(target: object, value: object) -> float:
    """Score 1 if ``target == value`` and 0 otherwise.

    Values whose ``==`` gives no plain truth value, such as NumPy arrays, need a judge of their
    own.
    """
    return float(bool(target == value))


class BatchInterpreter(Interpreter[I, O]):
    """An interpreter that runs many programs in one call, where calls are dear.

    Implement :meth:`run_many`; its outcomes must be those of running the programs one by one.
    """

    @abstractmethod
    def run_many(
        self, programs: Sequence[Program], inputs: Sequence[I], budget: Budget
    ) -> Sequence[Sequence[Outcome[O]]]:
        """Run each program on all inputs; ``budget`` holds for each run on one input."""

    @override
    def run(self, program: Program, inputs: Sequence[I], budget: Budget) -> Sequence[Outcome[O]]:
        (outcomes,) = _rows(self, [program], inputs, budget)
        return outcomes


def execute(
    candidates: Iterable[Candidate],
    tasks: Iterable[Task[I, O]] | Mapping[str, Task[I, O]],
    interpreter: Interpreter[I, O],
    *,
    budget: Budget,
    judge: Judge[O] = exact_match,
    executor: Executor | None = None,
    iteration: int = 0,
    chunk_size: int = 256,
    in_flight: int = 32,
) -> Iterator[Attempt[I, O]]:
    """Run each candidate on the demonstration inputs of its task.

    Every distinct program text of a task runs once; its duplicates share the outcomes, and each
    candidate keeps its own attempt. Neighbouring candidates of one task travel in one chunk to
    one worker, where they share whatever the interpreter caches. Attempts come in the order of
    the candidates and do not depend on the executor, ``chunk_size`` or ``in_flight``.

    Candidates are pulled only as they are needed, so a source may go on sampling meanwhile:
    without an executor one chunk ahead, with one ``in_flight`` chunks ahead. Outcomes are
    remembered for as long as candidates of the same task follow each other.

    Args:
        candidates: the programs to run, best in the order of their tasks, as samplers give them.
        tasks: the tasks that candidates may name, or a mapping from id to task.
        interpreter: gives the programs their meaning. With an executor each worker thread uses
            a copy of its own, which it keeps from chunk to chunk.
        budget: what one run of a program on one input may use.
        judge: ``judge(target, value)`` scores an output in [0, 1], where 1 is exact. It is
            called here, not in the workers. Failures score 0.
        executor: where the chunks run; the calling thread if None.
        iteration: the meta-iteration that is written into the attempts.
        chunk_size: the most candidates in one chunk.
        in_flight: the most chunks submitted and not yet collected; twice the number of workers
            keeps them all busy.

    Raises:
        ValueError: if two tasks share an id, a number is not positive, a candidate names an
            unknown task, the judge leaves [0, 1], or the interpreter breaks its contract. What
            a worker raises comes through unchanged.
    """
    for name, number in (("chunk_size", chunk_size), ("in_flight", in_flight)):
        if number < 1:
            raise ValueError(f"{name} must be at least 1, not {number}")
    if executor is None:
        run = _Run(_by_id(tasks), interpreter, budget, judge, InlineExecutor(), iteration)
        return run.attempts(candidates, chunk_size, 1)
    run = _Run(_by_id(tasks), Shipped(interpreter), budget, judge, executor, iteration)
    return run.attempts(candidates, chunk_size, in_flight)


def run_chunk(
    interpreter: Interpreter[I, O],
    programs: Sequence[Program],
    inputs: Sequence[I],
    budget: Budget,
) -> list[tuple[Outcome[O], ...]]:
    """Run each program on all ``inputs``; this is the call that is sent to workers.

    Args:
        interpreter: runs the programs.
        programs: of any number.
        inputs: of one task.
        budget: of one run of a program on one input.

    Raises:
        ValueError: if the interpreter does not return one outcome for each program and input.
    """
    results = []
    for row in _rows(interpreter, programs, inputs, budget):
        outcomes = tuple(row)
        if len(outcomes) != len(inputs):
            raise ValueError(
                f"the interpreter returned {len(outcomes)} outcomes for {len(inputs)} inputs; "
                "it must return one for each"
            )
        results.append(outcomes)
    return results


def _rows(
    interpreter: Interpreter[I, O],
    programs: Sequence[Program],
    inputs: Sequence[I],
    budget: Budget,
) -> Sequence[Sequence[Outcome[O]]]:
    if isinstance(interpreter, BatchInterpreter):
        rows: Sequence[Sequence[Outcome[O]]] = interpreter.run_many(programs, inputs, budget)
        if len(rows) != len(programs):
            raise ValueError(
                f"{type(interpreter).__name__}.run_many returned {len(rows)} rows of outcomes for "
                f"{len(programs)} programs; it must return one for each"
            )
        return rows
    return [interpreter.run(program, inputs, budget) for program in programs]


def _by_id(tasks: Iterable[Task[I, O]] | Mapping[str, Task[I, O]]) -> Mapping[str, Task[I, O]]:
    if isinstance(tasks, Mapping):
        return tasks
    by_id: dict[str, Task[I, O]] = {}
    for task in tasks:
        if by_id.setdefault(task.id, task) is not task:
            raise ValueError(f"two tasks have the id {task.id!r}; ids must be distinct")
    return by_id


_Results = dict[Program, tuple[tuple[Outcome[O], ...], tuple[float, ...]]]
"""Outcomes and scores by program."""


@dataclass(frozen=True, slots=True)
class _Chunk(Generic[I, O]):
    """Neighbouring candidates of one task; ``fresh`` are the programs that run for them.

    ``known`` is shared by the chunks of one group of neighbours, and goes when they are done.
    """

    task: Task[I, O]
    candidates: tuple[Candidate, ...]
    fresh: tuple[Program, ...]
    pending: Pending[list[tuple[Outcome[O], ...]]]
    known: _Results[O]


class _Run(Generic[I, O]):
    """One call of :func:`execute`."""

    def __init__(
        self,
        tasks: Mapping[str, Task[I, O]],
        interpreter: Interpreter[I, O],
        budget: Budget,
        judge: Judge[O],
        executor: Executor,
        iteration: int,
    ) -> None:
        self._tasks = tasks
        self._interpreter = interpreter
        self._budget = budget
        self._judge = judge
        self._executor = executor
        self._iteration = iteration

    def attempts(
        self, candidates: Iterable[Candidate], chunk_size: int, in_flight: int
    ) -> Iterator[Attempt[I, O]]:
        waiting: deque[_Chunk[I, O]] = deque()
        for task_id, group in groupby(candidates, key=lambda candidate: candidate.task_id):
            if task_id not in self._tasks:
                raise ValueError(f"a candidate names task {task_id!r}, which was not given")
            submitted: set[Program] = set()
            known: _Results[O] = {}
            while chunk := tuple(islice(group, chunk_size)):
                waiting.append(self._submit(self._tasks[task_id], chunk, submitted, known))
                if len(waiting) == in_flight:
                    yield from self._collect(waiting.popleft())
        while waiting:
            yield from self._collect(waiting.popleft())

    def _submit(
        self,
        task: Task[I, O],
        candidates: tuple[Candidate, ...],
        submitted: set[Program],
        known: _Results[O],
    ) -> _Chunk[I, O]:
        distinct = dict.fromkeys(candidate.program for candidate in candidates)
        fresh = tuple(program for program in distinct if program not in submitted)
        submitted.update(fresh)
        # A chunk of duplicates alone has nothing to send to a worker.
        executor = self._executor if fresh else InlineExecutor()
        pending = executor.submit(run_chunk, self._interpreter, fresh, task.inputs, self._budget)
        return _Chunk(task, candidates, fresh, pending, known)

    def _collect(self, chunk: _Chunk[I, O]) -> Iterator[Attempt[I, O]]:
        task = chunk.task
        for program, outcomes in zip(chunk.fresh, chunk.pending.result(), strict=True):
            scores = tuple(map(self._score, task.outputs, outcomes))
            chunk.known[program] = outcomes, scores
        for candidate in chunk.candidates:
            # Chunks are collected in order, so the first of several duplicates is here already.
            outcomes, scores = chunk.known[candidate.program]
            yield Attempt(task, candidate, outcomes, scores, self._iteration)

    def _score(self, target: O, outcome: Outcome[O]) -> float:
        if not isinstance(outcome, Success):
            return 0.0
        score = self._judge(target, outcome.value)
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"the judge gave {score}; scores must be in [0, 1]")
        return float(score)


@final
class Shipped(BatchInterpreter[I, O]):
    """An interpreter on its way to workers.

    It travels as bytes, and each worker thread unpickles it once: its caches live on from chunk to
    chunk, and no two threads share one.
    """

    def __init__(self, interpreter: Interpreter[I, O]) -> None:
        self._parcel = Parcel(interpreter)

    @override
    def run_many(
        self, programs: Sequence[Program], inputs: Sequence[I], budget: Budget
    ) -> Sequence[Sequence[Outcome[O]]]:
        return _rows(self._parcel.unpacked(), programs, inputs, budget)
