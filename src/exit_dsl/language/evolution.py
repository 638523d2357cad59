"""A policy without a network: it breeds what comes nearest to solving each task."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np
from typing_extensions import override

from exit_dsl.interfaces import Policy
from exit_dsl.language.declaration import Language
from exit_dsl.language.editing import Editor, MutationRates
from exit_dsl.language.programs import Code, normalize
from exit_dsl.randomness import split, stream
from exit_dsl.types import Candidate, Experience, I, O, Program, Task

TRIES = 8
"""Tries to breed a new child before a known one is proposed again."""

_Ranked = tuple[float, int, Program]
"""A program of a population: minus its mean score, its number of lines, and its text."""


@final
class Evolution(Policy[I, O]):
    """Breeds a population of programs for each task by typed mutation and crossover.

    The fitness of a program is its mean score on the demonstrations of the original task, so a
    judge that gives partial credit helps it most. Of equals the shorter is fitter. For a task of
    which nothing is known yet, the seeds are the parents.

    What is proposed for a task depends on its population and on ``rng`` alone, not on the other
    tasks.

    Args:
        language: of all programs.
        seeds: parents for tasks without a population, and donors for crossover.
        population: programs kept for each task.
        exploration: the share of parents that are seeds although there is a population.
        crossover: the share of children that take over a part of another program.
        rates: how often each kind of edit is chosen.

    Raises:
        ValueError: there are no seeds, ``population`` is below 1, or a share is outside [0, 1].
        ProgramError: a seed is not a program of the language.
        IllTypedError: a seed can never run to an output.
    """

    def __init__(
        self,
        language: Language,
        seeds: Sequence[Program],
        *,
        population: int = 32,
        exploration: float = 0.2,
        crossover: float = 0.3,
        rates: MutationRates | None = None,
    ) -> None:
        if not seeds:
            raise ValueError("evolution needs at least one seed program")
        if population < 1:
            raise ValueError(f"population must be at least 1, not {population}")
        for name, share in (("exploration", exploration), ("crossover", crossover)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be in [0, 1], not {share}")
        self._language = language
        self._seeds = [normalize(language.parse(seed)) for seed in seeds]
        self._editor = Editor(language, rates or MutationRates())
        self._size = population
        self._exploration = exploration
        self._crossover = crossover
        self._populations: dict[str, list[_Ranked]] = {}
        for code in self._seeds:
            language.types(code)

    def population(self, task_id: str) -> list[Program]:
        """Return the programs kept for a task, the fittest first."""
        return [program for _, _, program in self._populations.get(task_id, ())]

    @override
    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Breed ``n`` children for each task, lazily and in the order of the tasks."""
        seed = split(rng)  # draws now, not when the children are first asked for
        return (
            Candidate(task.id, child)
            for task in tasks
            for child in self._children(task.id, n, stream(seed, task.id))
        )

    @override
    def update(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Let the fittest of each task live on.

        Returns:
            ``examples``, the number of ``tasks`` with a population, and their mean ``fitness``
            (of the best program of each, in [0, 1]).
        """
        for experience in batch:
            self._admit(experience)
        best = [-ranked[0][0] for ranked in self._populations.values()]
        return {
            "examples": float(len(batch)),
            "tasks": float(len(best)),
            "fitness": float(np.mean(best)) if best else 0.0,
        }

    @override
    def state_dict(self) -> dict[str, Any]:
        """Return the populations."""
        return {
            "populations": {
                task_id: [[-score, program] for score, _, program in ranked]
                for task_id, ranked in self._populations.items()
            }
        }

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over populations that :meth:`state_dict` returned."""
        self._populations = {
            task_id: sorted((-score, _lines(program), Program(program)) for score, program in kept)
            for task_id, kept in state["populations"].items()
        }

    def _admit(self, experience: Experience[I, O]) -> None:
        program = self._language.normalize(experience.program)
        fitness = sum(experience.scores) / len(experience.scores)
        ranked = self._populations.setdefault(experience.source_id, [])
        entry = (-fitness, _lines(program), program)
        if entry not in ranked:
            insort(ranked, entry)
            del ranked[self._size :]

    def _children(self, task_id: str, n: int, rng: np.random.Generator) -> Iterator[Program]:
        parents = [self._language.parse(program) for program in self.population(task_id)]
        known = set(self.population(task_id))
        for _ in range(n):
            child = self._new_child(parents, known, rng)
            known.add(child)
            yield child

    def _new_child(
        self, parents: Sequence[Code], known: set[Program], rng: np.random.Generator
    ) -> Program:
        child = self._language.format(self._seed(rng))
        for _ in range(TRIES):
            code = self._breed(parents, rng)
            if code is not None:
                child = self._language.format(code)
                if child not in known:
                    break
        return child

    def _breed(self, parents: Sequence[Code], rng: np.random.Generator) -> Code | None:
        parent = self._parent(parents, rng)
        if rng.random() < self._crossover:
            donor = self._seed(rng) if rng.random() < 0.5 else self._parent(parents, rng)
            return self._editor.cross(parent, donor, rng)
        return self._editor.edit(parent, rng)

    def _parent(self, parents: Sequence[Code], rng: np.random.Generator) -> Code:
        """Choose a parent: the fitter of two that are drawn, so that all have a chance."""
        if not parents or rng.random() < self._exploration:
            return self._seed(rng)
        return parents[int(rng.integers(len(parents), size=2).min())]

    def _seed(self, rng: np.random.Generator) -> Code:
        return self._seeds[int(rng.integers(len(self._seeds)))]


def _lines(program: str) -> int:
    return program.count("\n") + 1
