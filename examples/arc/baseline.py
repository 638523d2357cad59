"""Baselines without learning: how many tasks do blindly made programs solve?

The programs are mutants of the seeds (``d1``), mutants of mutants too (``dm``), or random. The same
programs are tried on all tasks. As in the paper, what counts as a mutant is one that gives valid
outputs on the demonstration inputs of its own training task.

The work comes in rounds. A round makes some blocks of programs, leaves out what was tried before,
and tries the rest on all tasks that can still be solved: on the first demonstration, and on the
others and the test pairs only what passes. Workers get the programs of a round with a few tasks and
go through them task by task, so that programs share their common expressions. Rounds are written in
order, and what is found depends on the settings alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from itertools import islice
from typing import Protocol

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.mutate import BUDGET, Kind, Plan, mutated
from examples.arc.rounds import ATTEMPTS, Hit, Key, Rounds, key_of
from examples.arc.seeds import Seed
from examples.arc.tasks import ArcDataset, ArcExample
from exit_dsl.interfaces import Executor, Pending
from exit_dsl.language import LanguageInterpreter, MutationRates, RandomPrograms, Vocabulary
from exit_dsl.randomness import stream
from exit_dsl.types import Program, Success

BLOCKS = 4
"""Blocks of programs that a round makes."""
RANDOM = 400
"""Random programs in a block."""
TASKS = 10
"""Tasks that travel to a worker together."""
PATIENCE = 10
"""Rounds in a row that may give nothing new before the programs count as exhausted."""


class Source(StrEnum):
    """Where the programs come from."""

    SEEDS = "d1"
    """Mutants of seeds."""
    MUTANTS = "dm"
    """Mutants of seeds and of mutants."""
    RANDOM = "random"
    """Random well-typed programs."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A task with its demonstrations, the smallest first, and its test pairs."""

    task_id: str
    examples: tuple[ArcExample, ...]
    tests: tuple[ArcExample, ...]


def problems_of(dataset: ArcDataset) -> tuple[Problem, ...]:
    """Return the tasks of a dataset as problems."""

    def cells(example: ArcExample) -> int:
        return sum(len(grid) * len(grid[0]) for grid in (example.input, example.output))

    return tuple(
        Problem(task.id, tuple(sorted(task.examples, key=cells)), dataset.tests[task.id])
        for task in dataset.tasks
    )


class Maker(Protocol):
    """Makes blocks of programs; it travels to workers."""

    def programs(self, block: int) -> Iterable[Program]:
        """Return the programs of a block; they may repeat those of other blocks."""
        ...

    @property
    def settings(self) -> Mapping[str, object]:
        """All that determines the programs."""
        ...


@dataclass(frozen=True)
class MutantMaker:
    """Makes mutants of seeds by a plan."""

    plan: Plan

    def programs(self, block: int) -> Iterator[Program]:
        """Return the valid mutants of a block."""
        return (program for _, program, _ in mutated(self.plan.trial(block)))

    @property
    def settings(self) -> Mapping[str, object]:
        """All that determines the programs."""
        return self.plan.settings


@dataclass(frozen=True)
class RandomMaker:
    """Makes random well-typed programs."""

    seed: int

    def programs(self, block: int) -> Iterator[Program]:
        """Return ``RANDOM`` programs, some of which may be equal."""
        return islice(_random().programs(stream(self.seed, "random", block)), RANDOM)

    @property
    def settings(self) -> Mapping[str, object]:
        """All that determines the programs."""
        return {"kind": "random", "seed": self.seed, "exit_dsl": version("exit_dsl")}


def make_maker(
    source: Source,
    seeds: Mapping[str, Seed],
    training: ArcDataset,
    seed: int,
    rates: MutationRates,
) -> Maker:
    """Return the maker of a source's programs.

    Raises:
        SeedError: mutants are wanted, but none of the seeds is for a training task.
    """
    if source is Source.RANDOM:
        return RandomMaker(seed)
    return MutantMaker(Plan.of(seeds, training, Kind(source), seed, rates))


def search(
    maker: Maker,
    problems: Sequence[Problem],
    rounds: Rounds,
    n: int,
    *,
    executor: Executor,
    tried: Callable[[int], object] = lambda programs: None,
) -> None:
    """Append rounds until ``n`` programs were tried or no more are to be had.

    The last round is done whole, so there may be some more than ``n``.

    Args:
        maker: of the programs; the file was opened with its settings.
        problems: the tasks.
        rounds: where to go on.
        n: the number of distinct programs to try on every task.
        executor: where the work is done: here or in processes, but not in threads.
        tried: told the number of programs of each round that was written.
    """
    making = _make(maker, rounds.count, executor)
    while rounds.programs < n and rounds.barren < PATIENCE:
        new = list(_new(making, rounds.known))
        open_ = [problem for problem in problems if rounds.is_open(problem.task_id)]
        searching = [
            executor.submit(try_programs, new, open_[at : at + TASKS])
            for at in range(0, len(open_), TASKS)
        ]
        # Made while the last of this round are tried, so that no worker has to wait.
        making = _make(maker, rounds.count + 1, executor)
        found = {
            task_id: [
                Hit(rounds.programs + index + 1, new[index], right) for index, right in passed
            ]
            for pending in searching
            for task_id, passed in pending.result()
        }
        rounds.append(new, found)
        tried(len(new))


def _make(maker: Maker, number: int, executor: Executor) -> list[Pending[list[Program]]]:
    first = number * BLOCKS
    return [executor.submit(make_programs, maker, block) for block in range(first, first + BLOCKS)]


def _new(making: Iterable[Pending[list[Program]]], known: Set[Key]) -> Iterator[Program]:
    """Yield the programs that are not known, each once."""
    fresh: set[Key] = set()
    for pending in making:
        for program in pending.result():
            key = key_of(program)
            if key not in known and key not in fresh:
                fresh.add(key)
                yield program


def make_programs(maker: Maker, block: int) -> list[Program]:
    """Make a block of programs; this is sent to workers."""
    return list(maker.programs(block))


def try_programs(
    programs: Sequence[Program], problems: Sequence[Problem]
) -> list[tuple[str, list[tuple[int, bool]]]]:
    """Try programs on some tasks; this is sent to workers.

    Returns:
        For each task with any, the first programs that solve all demonstrations, by index, and
        whether they give all test outputs.
    """
    found = (
        (problem.task_id, list(islice(_hits(programs, problem), ATTEMPTS))) for problem in problems
    )
    return [(task_id, hits) for task_id, hits in found if hits]


def _hits(programs: Sequence[Program], problem: Problem) -> Iterator[tuple[int, bool]]:
    for index, program in enumerate(programs):
        if all(_solves(program, example) for example in problem.examples):
            yield index, all(_solves(program, test) for test in problem.tests)


def _solves(program: Program, example: ArcExample) -> bool:
    (outcome,) = _interpreter().run(program, (example.input,), BUDGET)
    return isinstance(outcome, Success) and outcome.value == example.output


# A process has one interpreter, whose memory lives on from job to job.


@cache
def _interpreter() -> LanguageInterpreter[Grid, Grid]:
    return LanguageInterpreter(arc)


@cache
def _random() -> RandomPrograms[Grid, Grid]:
    return RandomPrograms(Vocabulary(arc))
