"""What one coordinator has to do for each program that workers run, and so how many it can feed.

Run from the repository root as ``python -m benchmarks.coordinator``. Mutants of the ARC seeds are
executed on evaluation tasks twice: once for real, as a worker would, with what comes back kept as
bytes; and once by an executor that pickles what it is sent, as a process pool does, and answers
with these bytes. The second pass is all that the coordinator does: nothing but running is left out.
The same is done for mutants that workers make and screen themselves, so that few travel.
"""

from __future__ import annotations

import argparse
import gc
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from time import process_time
from typing import Any, Generic, TypeVar

import numpy as np

from benchmarks.workload import BUDGET
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.seeds import PROGRAMS, load_seeds
from examples.arc.tasks import load_dataset
from exit_dsl.execution import Shipped, execute
from exit_dsl.language import LanguageInterpreter, Mutation
from exit_dsl.relabeling import Hindsight
from exit_dsl.replay import PrioritizedReplayBuffer
from exit_dsl.search import Screened
from exit_dsl.spread import Spread
from exit_dsl.types import Attempt, Candidate, Task

R = TypeVar("R")
CHUNK = 256
_SEED = 0


@dataclass(frozen=True, slots=True)
class _Done(Generic[R]):
    payload: bytes

    def result(self) -> R:
        value: R = pickle.loads(self.payload)  # our own bytes, pickled below
        return value


class Recording:
    """An executor that runs calls here, and keeps the bytes that would have travelled."""

    def __init__(self) -> None:
        self.requests: list[int] = []
        self.answers: list[bytes] = []

    def submit(self, fn: Callable[..., R], /, *args: Any) -> _Done[R]:
        """Run the call."""
        self.requests.append(len(pickle.dumps((fn, args))))
        self.answers.append(pickle.dumps(fn(*args)))
        return _Done(self.answers[-1])


class Replaying:
    """An executor that gives the answers of another, which ran the same calls."""

    def __init__(self, recording: Recording) -> None:
        self._answers = iter(recording.answers)

    def submit(self, fn: Callable[..., R], /, *args: Any) -> _Done[R]:
        """Pickle the call as though it were sent, and answer from memory."""
        pickle.dumps((fn, args))
        return _Done(next(self._answers))


@dataclass(frozen=True, slots=True)
class Costs:
    """What a program costs, in bytes and in seconds of the processor.

    ``worker`` is the workers' time, ``execution`` the coordinator's for sending, receiving and
    scoring, ``learning`` that for relabeling and storing. ``kept`` is the share of the programs
    that the coordinator gets to see.
    """

    programs: int
    kept: float
    sent: float
    received: float
    worker: float
    execution: float
    learning: float

    @property
    def workers(self) -> float:
        """How many workers one coordinator can feed."""
        return self.worker / (self.execution + self.learning)


Tasks = Sequence[Task[Grid, Grid]]
Run = Callable[[Recording | Replaying], Iterator[Attempt[Grid, Grid]]]
"""Executes programs by an executor."""


def executed(tasks: Tasks, each: int) -> Run:
    """Return a run of mutants that the coordinator has at hand."""
    candidates = list(_mutation().sample(tasks, each, np.random.default_rng(_SEED)))
    return lambda executor: _execute(candidates, tasks, executor)


def screened(tasks: Tasks, each: int) -> Run:
    """Return a run of mutants that are made and screened by workers."""
    source = Screened(_mutation(), Shipped(_INTERPRETER), budget=BUDGET)

    def run(executor: Recording | Replaying) -> Iterator[Attempt[Grid, Grid]]:
        spread = Spread(source, executor, tasks=4, in_flight=1)
        candidates = spread.sample(tasks, each, np.random.default_rng(_SEED))
        return _execute(candidates, tasks, executor)

    return run


def measure(run: Run, programs: int) -> Costs:
    """Measure what each of so many programs costs."""
    recording = Recording()
    attempts, worker = _timed(lambda: list(run(recording)))
    again, execution = _timed(lambda: list(run(Replaying(recording))))
    if _outcomes(attempts) != _outcomes(again):
        raise RuntimeError("the second pass did not do what the first did")
    buffer = PrioritizedReplayBuffer[Grid, Grid](key=arc.normalize)
    relabeler = Hindsight[Grid, Grid]()
    _, learning = _timed(lambda: buffer.add(relabeler.relabel(attempts), "policy"))
    return Costs(
        programs=programs,
        kept=len(attempts) / programs,
        sent=sum(recording.requests) / programs,
        received=sum(map(len, recording.answers)) / programs,
        worker=(worker - execution) / programs,
        execution=execution / programs,
        learning=learning / programs,
    )


_INTERPRETER = LanguageInterpreter[Grid, Grid](arc)


def _mutation() -> Mutation[Grid, Grid]:
    return Mutation(arc, [seed.program for seed in load_seeds(PROGRAMS).values()])


def _execute(
    candidates: Iterable[Candidate], tasks: Tasks, executor: Recording | Replaying
) -> Iterator[Attempt[Grid, Grid]]:
    return execute(
        candidates,
        tasks,
        _INTERPRETER,
        budget=BUDGET,
        executor=executor,
        chunk_size=CHUNK,
        in_flight=1,
    )


def _outcomes(attempts: Sequence[Attempt[Grid, Grid]]) -> list[tuple[str, str, object]]:
    return [(each.task.id, each.candidate.program, each.outcomes) for each in attempts]


def _timed(work: Callable[[], R]) -> tuple[R, float]:
    gc.collect()
    begin = process_time()
    result = work()
    return result, process_time() - begin


def report(columns: Mapping[str, Costs]) -> Iterator[str]:
    """Yield the lines of the table."""
    every = list(columns.values())
    yield f"{every[0].programs:,} mutants; chunks of {CHUNK}; for each program:"
    yield f"{'':<32}" + "".join(f"{name:>12}" for name in columns)
    for name, unit, values in (
        ("seen by the coordinator", "%", [100 * costs.kept for costs in every]),
        ("sent", "bytes", [costs.sent for costs in every]),
        ("received", "bytes", [costs.received for costs in every]),
        ("work of the workers", "µs", [1e6 * costs.worker for costs in every]),
        ("sent, received and scored", "µs", [1e6 * costs.execution for costs in every]),
        ("relabeled and stored", "µs", [1e6 * costs.learning for costs in every]),
        ("workers for one coordinator", "", [costs.workers for costs in every]),
    ):
        yield f"{name:<26}{unit:>6}" + "".join(f"{value:>12,.1f}" for value in values)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coordinator", description=__doc__)
    parser.add_argument("--data", default="arc1-evaluation", help="the tasks' data set")
    parser.add_argument("--tasks", type=int, default=12, help="how many tasks")
    parser.add_argument("--programs", type=int, default=1024, help="mutants for each task")
    args = parser.parse_args(arguments)
    for name in ("tasks", "programs"):
        if getattr(args, name) < 1:
            parser.error(f"--{name} must be at least 1")
    dataset = load_dataset(args.data).tasks
    drawn = np.random.default_rng(_SEED).permutation(len(dataset))
    chosen = [dataset[index] for index in islice(drawn.tolist(), args.tasks)]
    programs = args.programs * len(chosen)
    columns = {
        make.__name__: measure(make(chosen, args.programs), programs)
        for make in (executed, screened)
    }
    for line in report(columns):
        print(line)


if __name__ == "__main__":
    main()
