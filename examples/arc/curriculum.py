"""What lessons are made of: blocks of boards, each with programs to try on it.

The programs are seeds, mutants of seeds and random ones, and the beginnings of all of them. A board
holds the inputs of a task that is to be made: inputs of tasks there are, recoloured and turned. No
output of any task is needed, so evaluation tasks may lend their inputs as well.

A block draws all it needs from random streams of its own, so blocks can be made anywhere and in any
order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import islice

import numpy as np

from examples.arc.augmentation import (
    Recolouring,
    draw_board,
    draw_recolouring,
    held_colours,
    named_colours,
    recolour,
    rename,
)
from examples.arc.dsl import arc
from examples.arc.dsl.language import COLORS
from examples.arc.dsl.types import Grid
from examples.arc.mutate import Origin
from examples.arc.seeds import Seed, SeedError
from examples.arc.tasks import ArcTask
from exit_dsl.language import MutationRates, RandomPrograms, Vocabulary
from exit_dsl.language.editing import Editor
from exit_dsl.language.programs import Code, normalize
from exit_dsl.randomness import stream
from exit_dsl.types import Program

RECOLOURED = 0.5
"""The share of boards that are recoloured."""
MIXED = 0.25
"""The share of boards of other inputs that take them from two tasks."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What one block tries.

    Args:
        families: the seeds that are drawn; they are the donors of crossover.
        mutants: rows of edits that start at each seed; every program on the way is tried.
        depth: the most edits in a row; each number from 1 on is equally frequent.
        random: random programs.
        own: boards of the inputs of each seed's task, for the programs of its family.
        other: boards of the inputs of any tasks, for all programs of the block.
        tokens: the longest program that is worth learning, in tokens.
    """

    families: int = 8
    mutants: int = 12
    depth: int = 3
    random: int = 16
    own: int = 3
    other: int = 6
    tokens: int = 128


@dataclass(frozen=True)
class Curriculum:
    """What lessons are made of.

    Args:
        seeds: programs with the inputs of the tasks that they solve.
        pool: the inputs of any tasks, a row for each.
        seed: determines every random choice.
        effort: what one block tries.
        rates: how often each kind of edit is chosen.
    """

    seeds: tuple[Origin, ...]
    pool: tuple[tuple[Grid, ...], ...]
    seed: int
    effort: Effort = field(default_factory=Effort)
    rates: MutationRates = field(
        # Crossover hardly ever repeats itself, however many mutants are made.
        default_factory=lambda: MutationRates(0.4, 0.1, 0.3, 0.3)
    )

    @classmethod
    def of(
        cls,
        seeds: Mapping[str, Seed],
        training: Iterable[ArcTask],
        others: Iterable[ArcTask],
        seed: int,
        effort: Effort | None = None,
    ) -> Curriculum:
        """Take the inputs of tasks, and nothing else of them.

        Args:
            seeds: programs by the id of the training task that they solve.
            training: training tasks.
            others: more tasks to take inputs from, such as those that are to be solved.
            seed: determines every random choice.
            effort: what one block tries.

        Raises:
            SeedError: none of the seeds is for a training task.
        """
        inputs = {task.id: task.inputs for task in training}
        origins = tuple(
            Origin(task_id, seeds[task_id].program, grids)
            for task_id, grids in inputs.items()
            if task_id in seeds
        )
        if not origins:
            raise SeedError(f"none of the {len(seeds)} seeds is for a training task")
        pool = (*inputs.values(), *(task.inputs for task in others))
        return cls(origins, pool, seed, effort or Effort())

    def block(self, number: int) -> Block:
        """Return what the block of this number is made of."""
        rng = stream(self.seed, "block", number)
        drawn = min(self.effort.families, len(self.seeds))
        chosen = rng.choice(len(self.seeds), size=drawn, replace=False)
        return Block(
            number,
            tuple(self.seeds[index] for index in chosen),
            tuple(self._inputs(rng) for _ in range(self.effort.other)),
            self.seed,
            self.effort,
            self.rates,
        )

    def _inputs(self, rng: np.random.Generator) -> tuple[Grid, ...]:
        """Draw the inputs of a task, or of two whose grids are about equally large."""
        first = int(rng.integers(len(self.pool)))
        tasks = 2 if rng.random() < MIXED else 1
        return tuple(grid for grids in self._by_size[first : first + tasks] for grid in grids)

    @cached_property
    def _by_size(self) -> Sequence[tuple[Grid, ...]]:
        def cells(grids: tuple[Grid, ...]) -> float:
            return sum(len(grid) * len(grid[0]) for grid in grids) / len(grids)

        return sorted(self.pool, key=cells)


@dataclass(frozen=True, slots=True)
class Block:
    """What one block is made of; this travels to a worker.

    ``others`` holds the inputs of tasks, a row for each board that is not of a seed's own task.
    """

    number: int
    seeds: tuple[Origin, ...]
    others: tuple[tuple[Grid, ...], ...]
    seed: int
    effort: Effort
    rates: MutationRates

    def boards(self) -> Iterator[Board]:
        """Yield the boards: first those of the seeds' own tasks, then the others."""
        rng = stream(self.seed, "lessons", self.number)
        donors = [normalize(arc.parse(origin.program)) for origin in self.seeds]
        everything: list[Code] = []
        for origin, seed in zip(self.seeds, donors, strict=True):
            recolouring = _recolouring(held_colours(seed), rng)
            code = rename(seed, recolouring)
            family = [code, *self._mutants(code, donors, rng)]
            everything += family
            inputs = [recolour(grid, recolouring) for grid in origin.inputs]
            yield from self._boards(family, [inputs] * self.effort.own, named_colours(code), rng)
        random = islice(_random().programs(rng), self.effort.random)
        everything += [arc.parse(program) for program in random]
        others = [
            [recolour(grid, recolouring) for grid in inputs]
            for inputs in self.others
            for recolouring in [_recolouring((), rng)]
        ]
        yield from self._boards(everything, others, (), rng)

    def _boards(
        self,
        codes: Sequence[Code],
        rows: Iterable[Sequence[Grid]],
        held: Collection[int],
        rng: np.random.Generator,
    ) -> Iterator[Board]:
        programs = shortest_first(codes, self.effort.tokens)
        for inputs in rows:
            yield Board(draw_board(inputs, held, rng), programs)

    def _mutants(
        self, seed: Code, donors: Sequence[Code], rng: np.random.Generator
    ) -> Iterator[Code]:
        """Yield what rows of edits give on the way; an edit that comes to nothing ends a row."""
        editor = _editor(self.rates)
        for _ in range(self.effort.mutants):
            code = seed
            for _ in range(1 + int(rng.integers(self.effort.depth))):
                edited = editor.edit(code, rng, donors)
                if edited is None:
                    break
                yield edited
                code = edited


@dataclass(frozen=True, slots=True)
class Board:
    """Inputs, and the programs to be tried on them, the shortest first."""

    inputs: tuple[Grid, ...]
    programs: Sequence[Program]


def shortest_first(codes: Iterable[Code], tokens: int) -> list[Program]:
    """Return the distinct programs and beginnings of programs that are not too long."""
    lengths = {
        code: sum(1 + len(call.atoms) for call in code)
        for whole in dict.fromkeys(codes)
        for code in _beginnings(whole)
    }
    fitting = [code for code, length in lengths.items() if length <= tokens]
    return [arc.format(code) for code in sorted(fitting, key=lengths.__getitem__)]


def _beginnings(code: Code) -> Iterator[Code]:
    """Yield what leads to each line that gives a grid, and the whole."""
    inference = arc.inference
    for line, number in enumerate(inference.types(code)[:-1], 1):
        if inference.type_of(number) == arc.output_type:
            yield normalize(code[:line])
    yield code


def _recolouring(held: Collection[int], rng: np.random.Generator) -> Recolouring:
    """Draw one that changes nothing, or else all colours but those that are held."""
    return draw_recolouring(held if rng.random() < RECOLOURED else COLORS, rng)


# A process has its editors and one source of random programs, which remember types.


@cache
def _editor(rates: MutationRates) -> Editor:
    return Editor(arc, rates)


@cache
def _random() -> RandomPrograms[Grid, Grid]:
    return RandomPrograms(Vocabulary(arc))
