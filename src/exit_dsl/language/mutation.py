"""Type-directed mutation: programs near the given ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Generic

import numpy as np

from exit_dsl.language.declaration import Language
from exit_dsl.language.editing import Editor, MutationRates
from exit_dsl.language.programs import Code, normalize
from exit_dsl.randomness import split, stream
from exit_dsl.types import Candidate, I, O, Program, Task

PATIENCE = 200
"""Tries in a row that may give nothing new before a sampler gives up."""


class Mutation(Generic[I, O]):
    """A sampler of mutants: seed programs with one or more typed edits.

    Each task gets mutants of its own. To try the same on all of them, which is quicker, as a mutant
    is made and compiled once, put some of :meth:`mutants` into a :class:`~exit_dsl.search.Pool`.

    Args:
        language: of the seeds.
        seeds: the programs to start from.
        rates: how often each kind of edit is chosen; the seeds are the donors of crossover.
        depth: the largest number of edits; 1 is the paper's ``d1``. A mutant has each number of
            edits from 1 to ``depth`` equally often.

    Raises:
        ValueError: there are no seeds, or ``depth`` is below 1.
        ProgramError: a seed is not a program of the language.
        IllTypedError: a seed can never run to an output.
    """

    def __init__(
        self,
        language: Language,
        seeds: Sequence[Program],
        *,
        rates: MutationRates | None = None,
        depth: int = 1,
    ) -> None:
        if not seeds:
            raise ValueError("mutation needs at least one seed program")
        if depth < 1:
            raise ValueError(f"mutation depth must be at least 1, not {depth}")
        self._language = language
        self._seeds = [normalize(language.parse(seed)) for seed in seeds]
        self._known = frozenset(map(language.format, self._seeds))
        self._editor = Editor(language, rates or MutationRates())
        self._depth = depth
        for code in self._seeds:
            language.types(code)

    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose ``n`` distinct mutants for each task (fewer if there are no more).

        Those of a task depend on its id and on ``rng``, not on the other tasks.
        """
        seed = split(rng)  # draws now, not when the mutants are first asked for
        return (
            Candidate(task.id, mutant)
            for task in tasks
            for mutant in islice(self.mutants(stream(seed, task.id)), n)
        )

    def mutants(self, rng: np.random.Generator) -> Iterator[Program]:
        """Yield distinct mutants (by normal form) that differ from all seeds.

        They end when ``PATIENCE`` (200) tries in a row gave nothing new.

        Args:
            rng: draws the edits, as they are asked for.
        """
        seen = set(self._known)
        fruitless = 0
        while fruitless < PATIENCE:
            seed = self._seeds[int(rng.integers(len(self._seeds)))]
            code = self._mutate(seed, 1 + int(rng.integers(self._depth)), rng)
            program = None if code is None else self._language.format(code)
            if program is None or program in seen:
                fruitless += 1
                continue
            fruitless = 0
            seen.add(program)
            yield program

    def _mutate(self, code: Code, edits: int, rng: np.random.Generator) -> Code | None:
        for _ in range(edits):
            edited = self._editor.edit(code, rng, self._seeds)
            if edited is None:
                return None
            code = edited
        return code
