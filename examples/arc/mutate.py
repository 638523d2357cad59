"""Makes mutated tasks: mutants of seeds, with what they give on the inputs of the seeds' tasks.

The work comes in blocks. Each draws a few seeds and tries some mutants of each, all from a random
stream of its own, so blocks can be made anywhere and in any order. They are written in order, and
what an earlier block holds already is left out: the file depends on the settings alone.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from itertools import count

import numpy as np

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.mutants import Block, Mutant, MutantFile
from examples.arc.seeds import Seed, SeedError
from examples.arc.tasks import ArcDataset
from exit_dsl.interfaces import Executor, Pending
from exit_dsl.language import LanguageInterpreter, MutationRates
from exit_dsl.language.editing import Editor
from exit_dsl.language.programs import normalize
from exit_dsl.randomness import stream
from exit_dsl.types import Budget, Program, Success

FAMILIES = 25
"""Seeds that a block draws."""
TRIES = 64
"""Mutants that a block tries of each seed."""
PATIENCE = 100
"""Blocks in a row that may give nothing new before the seeds count as exhausted."""
BUDGET = Budget(seconds=60.0, max_steps=20_000, max_size=10_000)
"""Of one run. The clock is far off, so that results do not depend on the machine."""


class Kind(StrEnum):
    """What is mutated."""

    SEEDS = "d1"
    """Seeds alone: every mutant is one edit away from a seed."""
    MUTANTS = "dm"
    """Seeds and mutants: a parent is drawn from the seed and those made of it in the block."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A seed with the demonstration inputs of the task that it solves."""

    task_id: str
    program: Program
    inputs: tuple[Grid, ...]


@dataclass(frozen=True)
class Plan:
    """What to mutate and how.

    Args:
        origins: seeds with inputs, in a fixed order.
        data: the version of the data that the inputs are from.
        kind: what is mutated.
        seed: determines every random choice.
    """

    origins: tuple[Origin, ...]
    data: str
    kind: Kind
    seed: int

    @classmethod
    def of(cls, seeds: Mapping[str, Seed], dataset: ArcDataset, kind: Kind, seed: int) -> Plan:
        """Take those seeds whose task is in the dataset.

        Raises:
            SeedError: there are none.
        """
        origins = tuple(
            Origin(task.id, seeds[task.id].program, task.inputs)
            for task in dataset.tasks
            if task.id in seeds
        )
        if not origins:
            raise SeedError(f"none of the {len(seeds)} seeds is for a task of {dataset.name}")
        return cls(origins, dataset.version, kind, seed)

    @property
    def settings(self) -> dict[str, object]:
        """All that determines the mutants."""
        programs = repr([(origin.task_id, origin.program) for origin in self.origins])
        return {
            "kind": self.kind.value,
            "seed": self.seed,
            "seeds": hashlib.sha256(programs.encode()).hexdigest()[:12],
            "data": self.data,
            "exit_dsl": version("exit_dsl"),
        }

    def draw(self, block: int) -> tuple[Origin, ...]:
        """Return the seeds that a block mutates."""
        rng = stream(self.seed, "families", block)
        drawn = min(FAMILIES, len(self.origins))
        chosen = rng.choice(len(self.origins), size=drawn, replace=False)
        return tuple(self.origins[index] for index in chosen)


def make_mutants(
    plan: Plan,
    file: MutantFile,
    n: int,
    *,
    executor: Executor,
    in_flight: int = 1,
    made: Callable[[int], object] = lambda tasks: None,
) -> None:
    """Append blocks to ``file`` until it holds ``n`` mutated tasks or no more are to be had.

    The last block is written whole, so there may be a few more than ``n``.

    Args:
        plan: what to mutate; the file was opened with its settings.
        file: where to go on.
        n: the number of mutated tasks that the file is to hold.
        executor: where the blocks are made: here or in processes, but not in threads.
        in_flight: blocks that are submitted at once; twice the number of workers is good.
        made: told the number of mutated tasks of each block that was written.
    """
    waiting: deque[Pending[Block]] = deque()
    numbers = count(file.blocks)
    while file.tasks < n and file.barren < PATIENCE:
        while len(waiting) < in_flight:
            number = next(numbers)
            waiting.append(
                executor.submit(make_block, plan.draw(number), plan.kind, plan.seed, number)
            )
        made(file.append(waiting.popleft().result()))


def make_block(origins: tuple[Origin, ...], kind: Kind, seed: int, number: int) -> Block:
    """Try mutants of the given seeds; this is the call that is sent to workers."""
    rng = stream(seed, "block", number)
    found = (mutant for origin in origins for mutant in _family(origin, kind, rng))
    mutants = [
        Mutant(f"{task_id}/{number}/{index}", task_id, program, outputs)
        for index, (task_id, program, outputs) in enumerate(found)
    ]
    keyed = tuple((mutant.key, mutant.line()) for mutant in mutants)
    return Block(TRIES * len(origins), keyed)


def _family(
    origin: Origin, kind: Kind, rng: np.random.Generator
) -> Iterator[tuple[str, Program, tuple[Grid, ...]]]:
    """Yield those of ``TRIES`` mutants that are new and valid on all inputs."""
    parents = [normalize(arc.parse(origin.program))]
    known = {arc.format(parents[0])}
    for _ in range(TRIES):
        parent = parents[int(rng.integers(len(parents)))]
        code = _editor().edit(parent, rng)
        if code is None:
            continue
        program = arc.format(code)
        if program in known:
            continue
        known.add(program)
        outputs = _outputs(program, origin.inputs)
        if outputs is None:
            continue
        if kind is Kind.MUTANTS:
            parents.append(code)
        yield origin.task_id, program, outputs


def _outputs(program: Program, inputs: tuple[Grid, ...]) -> tuple[Grid, ...] | None:
    """Run a program on all inputs; None if it fails on one of them."""
    outputs = []
    for item in inputs:
        (outcome,) = _interpreter().run(program, (item,), BUDGET)
        if not isinstance(outcome, Success):
            return None
        outputs.append(outcome.value)
    return tuple(outputs)


# A process has one editor and one interpreter, whose memory lives on from block to block.


@cache
def _editor() -> Editor:
    return Editor(arc, MutationRates())


@cache
def _interpreter() -> LanguageInterpreter[Grid, Grid]:
    return LanguageInterpreter(arc)
