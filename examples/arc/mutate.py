"""Makes mutated tasks: mutants of seeds, with what they give on the inputs of the seeds' tasks.

The work comes in blocks. Each draws a few seeds and tries some mutants of each, all from a random
stream of its own, so blocks can be made anywhere and in any order. They are written in order, and
what an earlier block holds already is left out: the file depends on the settings alone.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from itertools import count

import numpy as np

from examples.arc import presets
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.mutants import Block, Mutant, MutantFile
from examples.arc.seeds import Seed, SeedError
from examples.arc.tasks import ArcDataset
from exit_dsl.interfaces import Executor, Pending
from exit_dsl.language import LanguageInterpreter, MutationRates
from exit_dsl.language.editing import Editor
from exit_dsl.language.programs import Code, normalize
from exit_dsl.randomness import stream
from exit_dsl.types import Failure, Program

FAMILIES = 25
"""Seeds that a block draws."""
TRIES = 64
"""Mutants that a block tries of each seed."""
PATIENCE = 100
"""Blocks in a row that may give nothing new before the seeds count as exhausted."""
BUDGET = replace(presets.BUDGET, seconds=60.0)
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
        rates: how often each kind of edit is chosen.
    """

    origins: tuple[Origin, ...]
    data: str
    kind: Kind
    seed: int
    rates: MutationRates = field(default_factory=MutationRates)

    @classmethod
    def of(
        cls,
        seeds: Mapping[str, Seed],
        dataset: ArcDataset,
        kind: Kind,
        seed: int,
        rates: MutationRates | None = None,
    ) -> Plan:
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
        return cls(origins, dataset.version, kind, seed, rates or MutationRates())

    @property
    def settings(self) -> dict[str, object]:
        """All that determines the mutants."""
        programs = repr([(origin.task_id, origin.program) for origin in self.origins])
        return {
            "kind": self.kind.value,
            "rates": list(astuple(self.rates)),
            "seed": self.seed,
            "seeds": hashlib.sha256(programs.encode()).hexdigest()[:12],
            "data": self.data,
            "exit_dsl": version("exit_dsl"),
        }

    def trial(self, number: int) -> Trial:
        """Return what the block of this number tries."""
        rng = stream(self.seed, "families", number)
        drawn = min(FAMILIES, len(self.origins))
        chosen = rng.choice(len(self.origins), size=drawn, replace=False)
        origins = tuple(self.origins[index] for index in chosen)
        return Trial(origins, self.kind, self.rates, self.seed, number)


@dataclass(frozen=True, slots=True)
class Trial:
    """One block of tries: ``TRIES`` mutants of each of a few seeds, the donors of crossover."""

    origins: tuple[Origin, ...]
    kind: Kind
    rates: MutationRates
    seed: int
    number: int


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
            waiting.append(executor.submit(make_block, plan.trial(number)))
        made(file.append(waiting.popleft().result()))


def make_block(trial: Trial) -> Block:
    """Try mutants of the seeds of one block; this is the call that is sent to workers."""
    mutants = [
        Mutant(f"{task_id}/{trial.number}/{index}", task_id, program, outputs)
        for index, (task_id, program, outputs) in enumerate(mutated(trial))
    ]
    keyed = tuple((mutant.key, mutant.line()) for mutant in mutants)
    return Block(TRIES * len(trial.origins), keyed)


def mutated(trial: Trial) -> Iterator[tuple[str, Program, tuple[Grid, ...]]]:
    """Yield task, program and outputs of the mutants that are new in the block and valid."""
    rng = stream(trial.seed, "block", trial.number)
    codes = [normalize(arc.parse(origin.program)) for origin in trial.origins]
    for origin, code in zip(trial.origins, codes, strict=True):
        for program, outputs in _family(origin, code, codes, trial, rng):
            yield origin.task_id, program, outputs


def _family(
    origin: Origin, seed: Code, donors: Sequence[Code], trial: Trial, rng: np.random.Generator
) -> Iterator[tuple[Program, tuple[Grid, ...]]]:
    """Yield those of ``TRIES`` mutants that are new and valid on all inputs."""
    editor = _editor(trial.rates)
    parents = [seed]
    known = {arc.format(seed)}
    for _ in range(TRIES):
        parent = parents[int(rng.integers(len(parents)))]
        code = editor.edit(parent, rng, donors)
        if code is None:
            continue
        program = arc.format(code)
        if program in known:
            continue
        known.add(program)
        outputs = _interpreter().outputs(code, origin.inputs, BUDGET)
        if isinstance(outputs, Failure):
            continue
        if trial.kind is Kind.MUTANTS:
            parents.append(code)
        yield program, outputs


# A process has its editors and one interpreter, whose memory lives on from block to block.


@cache
def _editor(rates: MutationRates) -> Editor:
    return Editor(arc, rates)


@cache
def _interpreter() -> LanguageInterpreter[Grid, Grid]:
    return LanguageInterpreter(arc)
